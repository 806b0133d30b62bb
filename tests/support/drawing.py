"""Draws a thing for tests, by its kind's own card or by those that all kinds had; the latter get fewer."""

from dataclasses import replace
from typing import Any

from bot.core.cards import Card
from bot.core.said import ENGLISH, Say
from bot.core.sample import Sample
from bot.core.values import Kind
from bot.core.view import View
from bot.domain import drawing
from bot.domain.drawing_parts import View as OldView
from bot.lifecycle import RULES
from bot.things.recipe.card import RecipeView
from bot.things.recipe.model import RecipeVersion
from bot.things.recipe.sample import FORMS_READER
from bot.things.requirement.card import SHOWN_RUNS, RequirementView
from bot.things.requirement.model import Requirement
from tests.gallery.things import THINGS, Around


def draw(view: OldView | View[Any], say: Say = ENGLISH) -> Card:
    """Return the card of a thing with what is around it."""
    card = RULES[view.thing.kind].card
    if card is not None:
        return card(seen(view), say)
    assert isinstance(view, OldView)
    return drawing.draw(view)


def seen(view: OldView | View[Any], like: Sample | None = None) -> View[Any]:
    """Return what a kind's own card is drawn from, with what an example has beside it: by default the stage's first."""
    if isinstance(view, View):
        return view
    rules = RULES[view.thing.kind]
    links = {}
    for name, reference in rules.links.items():
        number = getattr(view.thing, name)
        if number is not None:
            glance = RULES[reference.to].glance(getattr(view, name, None) or THINGS[reference.to])
            links[reference.role] = replace(glance, ref=replace(glance.ref, number=number))
    since = next(iter(view.history), None)
    if isinstance(view.thing, Requirement):
        runs = [RULES[Kind.RUN].glance(run) for run in view.runs[:SHOWN_RUNS]]
        return RequirementView(view.thing, since, links, runs=runs, budget=view.budget)
    if isinstance(view.thing, RecipeVersion):
        return RecipeView(view.thing, since, links, recipe=view.recipe if isinstance(view, Around) else FORMS_READER)
    bare = View(view.thing, since, links)
    like = like or next((one for one in rules.samples if one.thing.stage is view.thing.stage), None)
    return bare if like is None else like.seen(bare)
