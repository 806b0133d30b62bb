"""Draws a thing for tests, by its kind's own card or by those that all kinds had; the latter get fewer."""

from dataclasses import replace
from typing import Any

from bot.core.cards import Card
from bot.core.said import ENGLISH, Say
from bot.core.values import Kind
from bot.core.view import View
from bot.domain import drawing
from bot.domain.drawing_parts import View as OldView
from bot.domain.lifecycle import RULES
from bot.domain.model import Requirement
from bot.things.requirement.card import SHOWN_RUNS, RequirementView


def draw(view: OldView, say: Say = ENGLISH) -> Card:
    """Return the card of a thing with what is around it."""
    card = RULES[view.thing.kind].card
    return drawing.draw(view) if card is None else card(seen(view), say)


def seen(view: OldView) -> View[Any]:
    """Return what a kind's own card is drawn from."""
    rules = RULES[view.thing.kind]
    links = {}
    for name, reference in rules.links.items():
        own = RULES[reference.to].samples
        other = getattr(view, name, None) or (own[0].thing if own else None)
        if other is not None:
            glance = RULES[reference.to].glance(other)
            links[reference.role] = replace(glance, ref=replace(glance.ref, number=getattr(view.thing, name)))
    since = next(iter(view.history), None)
    if isinstance(view.thing, Requirement):
        runs = [RULES[Kind.RUN].glance(run) for run in view.runs[:SHOWN_RUNS]]
        return RequirementView(view.thing, since, links, runs=runs, budget=view.budget)
    return View(view.thing, since, links)
