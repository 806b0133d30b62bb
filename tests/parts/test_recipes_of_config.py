"""The recipes: those that ship, a team's own in the config, and retry policies for both."""

import json
from pathlib import Path

import pytest

from bot.config import load
from bot.errors import Misconfigured
from bot.things.recipe.recipe import Recipe, RetryPolicy, read_recipes
from bot.wiring import PAYLOAD, recipes_of
from tests.support.ports import EXAMPLE

OWN = """
title = "Reads forms"
command = ["python", "{spec}"]
folder = "/shared/forms"
"""
RETRY = """
[recipes.image_classifier.retry]
causes = ["node lost"]
limit = 3
wait_min = 5
"""


def _recipes(tmp_path: Path, text: str) -> dict[str, Recipe]:
    config = tmp_path / "config.toml"
    config.write_text(EXAMPLE.read_text(encoding="utf-8") + text, encoding="utf-8")
    return recipes_of(load(config), PAYLOAD)


def test_a_recipe_that_ships_takes_a_retry_policy(tmp_path: Path):
    """The policy is all that changes, and the others have none."""
    shipped, given = recipes_of(load(EXAMPLE), PAYLOAD), _recipes(tmp_path, RETRY)

    assert RetryPolicy(("node lost",), 3, 5.0) == given["image_classifier"].retry
    assert shipped["image_classifier"].parameters == given["image_classifier"].parameters
    assert shipped["text_classifier"] == given["text_classifier"]


def test_the_examples_policy_can_be_used(tmp_path: Path):
    """Its lines without their signs of a comment."""
    lines = EXAMPLE.read_text(encoding="utf-8").splitlines()
    start = lines.index("# [recipes.image_classifier.retry]")
    given = _recipes(tmp_path, "\n".join(line.removeprefix("# ") for line in lines[start:]))

    assert RetryPolicy(("node lost", "preempted"), 2, 1.0) == given["image_classifier"].retry


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (f"[recipes.image_classifier]{OWN}", "recipes.image_classifier: a recipe of that name ships with the bot"),
        (f"[recipes.image_classifier]{OWN}{RETRY}", "recipes.image_classifier: a recipe of that name ships"),
        (f'[recipes.image_classifier]\ntitle = "x"{RETRY}', "recipes.image_classifier.command: Field required"),
        (f"{RETRY}colour = 1", "recipes.image_classifier.retry.colour: no such setting"),
        (RETRY.replace("node lost", "bad luck"), "recipes.image_classifier.retry.causes.0: Input should be"),
        (RETRY.replace("image_classifier", "forms"), "recipes.forms: no recipe of that name ships with the bot"),
        ("[recipes.forms]\ncolour = 1", "recipes.forms.colour: no such setting"),
    ],
    ids=lambda value: str(value)[-30:],
)
def test_anything_else_of_it_is_refused(tmp_path: Path, text: str, said: str):
    """By its name in the config."""
    with pytest.raises(Misconfigured) as refusal:
        _recipes(tmp_path, text)

    assert said in str(refusal.value)


def test_the_payloads_recipes_have_a_script_each_and_defaults_that_they_accept():
    """Each default, written as text, is read back as itself."""
    recipes = read_recipes(json.loads((PAYLOAD / "recipes.json").read_text(encoding="utf-8")))

    for recipe in recipes.values():
        defaults = {name: parameter.default for name, parameter in recipe.parameters.items()}
        written = " ".join(f"{name}={value}" for name, value in defaults.items())
        assert (PAYLOAD / f"{recipe.name}.py").is_file()
        assert defaults == recipe.read_parameters(written)
