"""What is typed as parameters or as a space: read to allowed values, or refused in a sentence; the same every time."""

import contextlib
import math
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import Refused
from bot.services.spaces import METHODS, MOST_RUNS, parameter_sets
from bot.things.recipe.recipe import Parameter, Recipe

PARAMETERS = {
    "epochs": Parameter("int", 12, 1, 1000, ""),
    "hidden": Parameter("int", 64, 8, 4096, ""),
    "learning_rate": Parameter("float", 0.001, 1e-6, 10.0, ""),
    "dropout": Parameter("float", 0.0, 0.0, 0.9, ""),
    "optimizer": Parameter("choice", "adam", choices=("adam", "sgd")),
    "folder": Parameter("path", ""),
}
RECIPE = Recipe(name="classifier", title="", datasets=(), parameters=PARAMETERS)
NAMES = st.sampled_from([*PARAMETERS, "epoch", "", "`"])
NUMBERS = st.one_of(
    st.integers(-5, 5000).map(str),
    st.floats(0, 12).map(str),
    st.sampled_from(
        ["", "adam", "sgd", "/data", "nan", "inf", "1e400", "-0", "١٢", "1_0", "0x10", "`", "๕", "9" * 5000]
    ),
)
SIGNS = st.sampled_from(["|", "..", ";", "=", " ", ",", "\n", "…"])
TYPED = st.one_of(
    st.text(max_size=40),
    st.lists(st.one_of(st.builds("{}={}".format, NAMES, NUMBERS), NUMBERS, SIGNS), max_size=8).map("".join),
)


def is_allowed(values: dict[str, int | float | str]) -> bool:
    """Tell whether these are all the recipe's parameters, each of its kind and in its range."""
    return values.keys() == PARAMETERS.keys() and all(
        PARAMETERS[name].read(name, str(value)) == value for name, value in values.items()
    )


@given(TYPED)
def test_parameters_are_read_to_allowed_values_or_refused(typed: str):
    """Nothing else can come of what somebody types."""
    with contextlib.suppress(Refused):
        assert is_allowed(RECIPE.read_parameters(typed))


@given(st.fixed_dictionaries({}, optional={"epochs": st.integers(1, 1000), "dropout": st.floats(0, 0.9)}))
def test_what_is_given_stands_in_place_of_the_default(given_values: dict[str, int | float]):
    """And everything else is the recipe's."""
    typed = " ".join(f"{name}={value}" for name, value in given_values.items())

    assert RECIPE.read_parameters(typed) == {name: row.default for name, row in PARAMETERS.items()} | given_values


@pytest.mark.parametrize("method", [*METHODS, "bayes"])
@given(typed=TYPED, count=st.integers(-1, MOST_RUNS + 1))
def test_a_space_is_read_to_some_allowed_sets_or_refused(method: str, typed: str, count: int):
    """At least one and at most so many, whatever is typed; a refusal is a sentence with one piece of code at least."""
    try:
        sets = parameter_sets(method, typed, RECIPE, count=count, seed=7)
    except Refused as refusal:
        said = str(refusal)

        assert said.endswith(".")
        assert said.count("`") % 2 == 0
        assert len(said) < 600
        return

    assert 1 <= len(sets) <= MOST_RUNS
    assert all(map(is_allowed, sets))


@given(
    st.lists(st.integers(1, 1000), min_size=1, max_size=6, unique=True),
    st.lists(st.floats(0, 0.9), min_size=1, max_size=6, unique=True),
)
def test_a_grid_is_every_combination_once(epochs: list[int], dropouts: list[float]):
    """In the order in which they are typed."""
    space = f"epochs={'|'.join(map(str, epochs))} dropout={'|'.join(map(str, dropouts))}"
    sets = parameter_sets("grid", space, RECIPE, count=1, seed=7)

    assert [(one["epochs"], one["dropout"]) for one in sets] == [(a, b) for a in epochs for b in dropouts]


@given(
    st.tuples(st.floats(1e-6, 10.0), st.floats(1e-6, 10.0)),
    st.tuples(st.integers(8, 4096), st.integers(8, 4096)),
    st.integers(0, 2**31 - 1),
)
def test_random_draws_lie_between_their_ends_and_come_again(
    rates: tuple[float, float], sizes: tuple[int, int], seed: int
):
    """Either end may come first; the seed alone decides."""
    space = f"learning_rate={rates[0]}..{rates[1]} hidden={sizes[0]}..{sizes[1]}"
    sets: Sequence[Mapping[str, Any]] = parameter_sets("random", space, RECIPE, count=20, seed=seed)

    assert 1 <= len(sets) <= 20
    assert all(min(rates) <= one["learning_rate"] <= max(rates) for one in sets)
    assert all(min(sizes) <= one["hidden"] <= max(sizes) for one in sets)
    assert sets == parameter_sets("random", space, RECIPE, count=20, seed=seed)


def test_a_wide_range_is_drawn_by_its_decades():
    """As many draws below a thousandth as above, where the range is 1e-5 to 1e-1."""
    sets: Sequence[Mapping[str, Any]] = parameter_sets(
        "random", "learning_rate=0.00001..0.1", RECIPE, count=1000, seed=7
    )
    small = sum(one["learning_rate"] < 1e-3 for one in sets)

    assert 450 < small < 550
    assert math.isclose(min(one["learning_rate"] for one in sets), 1e-5, rel_tol=0.2)


@pytest.mark.parametrize(("method", "space"), [("grid", "epochs=|"), ("list", ";"), ("list", " ; \n"), ("grid", ",")])
def test_a_space_of_nothing_is_refused(method: str, space: str):
    """Signs without values are no runs; the sentence says how to write it."""
    with pytest.raises(Refused, match="write it as"):
        parameter_sets(method, space, RECIPE, count=1, seed=7)


@pytest.mark.parametrize("space", ["optimizer=adam..sgd", "folder=/a../b", "epochs=1", "epochs=1..2..3", "epoch=1..2"])
def test_only_numbers_have_a_range(space: str):
    """Choices and paths are searched with a grid; the refusal names what can be drawn."""
    with pytest.raises(Refused, match="must be one of `epochs`, `hidden`, `learning_rate`, `dropout`"):
        parameter_sets("random", space, RECIPE, count=2, seed=7)


def test_the_same_set_twice_is_one_run():
    """GPU hours are not spent on what is known already."""
    assert len(parameter_sets("grid", "epochs=5|5|05", RECIPE, count=1, seed=7)) == 1
    assert len(parameter_sets("list", "epochs=5; epochs=5 dropout=0", RECIPE, count=1, seed=7)) == 1
    assert len(parameter_sets("random", "epochs=1..3", RECIPE, count=50, seed=7)) == 3
