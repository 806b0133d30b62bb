"""Recipes as examples: a registered version, a retired one, and what its table says."""

from dataclasses import replace
from typing import Any

from bot.core.sample import PEOPLE, Sample
from bot.core.values import Duty, Stage
from bot.core.view import View
from bot.things.recipe.card import RecipeView
from bot.things.recipe.model import RecipeVersion
from bot.things.recipe.recipe import Code, Environment, Parameter, Recipe, RetryPolicy

FORMS_READER = Recipe(
    name="forms_reader@2",
    title="Reads forms with our own network",
    datasets=("forms",),
    parameters={
        "epochs": Parameter("int", 20, 1, 500, "passes over the training rows"),
        "learning_rate": Parameter("float", 0.001, 0.00001, 0.1, "step size at the start"),
        "precision": Parameter("choice", "fp32", help="of the computation", choices=("fp32", "bf16")),
    },
    code=Code(
        ("python", "-m", "forms.train", "{spec}"),
        repository="https://git.example.com/ml/forms.git",
        commit="0123456789abcdef0123456789abcdef01234567",
        environment=Environment(modules=("rocm/6.2",), venv="/shared/venvs/forms"),
    ),
    retry=RetryPolicy(("node lost", "preempted"), 2),
)
"""What the table of the version below says."""
_REGISTERED = RecipeVersion(
    number=2, name="forms_reader", version=2, definition="{}", registered_by=PEOPLE[Duty.CREATOR]
)


def _with_its_table(view: View[Any]) -> View[Any]:
    return RecipeView(view.thing, view.since, view.links, recipe=FORMS_READER)


SAMPLES = (
    Sample("registered", _REGISTERED, by=Duty.CREATOR, seen=_with_its_table),
    Sample("retired", replace(_REGISTERED, stage=Stage.RETIRED), by=Duty.CREATOR, seen=_with_its_table),
)
