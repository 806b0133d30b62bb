"""Parameters of a recipe are read by their kind, and refused in a sentence that says what would do."""

from dataclasses import replace

import pytest

from bot.errors import Refused
from bot.recipe_table import ParameterTable
from bot.services.spaces import parameter_sets
from bot.things.recipe.recipe import Parameter, Recipe

PRECISION = Parameter("choice", "fp32", choices=("fp32", "bf16"))
ENCODER = Parameter("path", "")
RECIPE = Recipe(
    *("r", "", ()),
    {"epochs": Parameter("int", 3, 1, 9), "precision": PRECISION, "encoder": ENCODER},
)
FREE = {
    "amp": Parameter("bool", False),
    "warmup": Parameter("float", 0.0),
    "patience": Parameter("int", 3, minimum=1),
    "tag": Parameter("str", "a"),
}


def test_choices_and_paths_are_taken_as_they_are():
    """What is not given keeps its default."""
    read = RECIPE.read_parameters("precision=bf16 encoder=/shared/xlm-r")

    assert {"epochs": 3, "precision": "bf16", "encoder": "/shared/xlm-r"} == read
    assert {"epochs": 3, "precision": "fp32", "encoder": ""} == RECIPE.read_parameters("encoder=")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("precision=int4", "must be one of `fp32`, `bf16`; `int4` is not"),
        ("encoder=xlm-r", "must be an absolute path on the cluster"),
        ("encoder=/a`b", "must be an absolute path on the cluster"),
        ("epochs=ten", "must be a whole number"),
        ("epochs=10", "must be between 1 and 9"),
        (f"epochs={'9' * 400}", "must be between 1 and 9"),
        ("amp=yes", "must be `true` or `false`; `yes` is not"),
        ("warmup=nan", "must be a finite number"),
        ("warmup=1e999", "must be a finite number"),
        ("patience=0", "must be at least 1"),
    ],
)
def test_what_is_not_of_the_kind_is_refused(text, said):
    """The refusal says what would be right."""
    with pytest.raises(Refused, match=said):
        replace(RECIPE, parameters={**RECIPE.parameters, **FREE}).read_parameters(text)


def test_numbers_need_no_range_and_there_are_words_and_switches():
    """A team's own code takes what it takes."""
    read = replace(RECIPE, parameters=FREE).read_parameters("amp=True warmup=-1e6 patience=900 tag=baseline")

    assert {"amp": True, "warmup": -1e6, "patience": 900, "tag": "baseline"} == read


@pytest.mark.parametrize(
    ("table", "default"),
    [
        ({"type": "int", "default": "5"}, 5),
        ({"type": "float", "default": 1}, 1.0),
        ({"type": "bool", "default": True}, True),
        ({"type": "str", "default": "x"}, "x"),
    ],
)
def test_a_default_is_what_the_code_is_told(table, default):
    """Of the kind that the table says, however it was written."""
    told = ParameterTable(**table).parameter().default

    assert (type(default), default) == (type(told), told)


def test_a_sweep_tries_choices_and_draws_numbers_only():
    """A grid goes over choices; a random search needs a range, which a choice has not."""
    sets = parameter_sets("grid", "precision=fp32|bf16", RECIPE, count=1, seed=1)

    assert ["fp32", "bf16"] == [one["precision"] for one in sets]
    with pytest.raises(Refused, match="must be one of `epochs`"):
        parameter_sets("random", "precision=fp32..bf16", RECIPE, count=2, seed=1)
