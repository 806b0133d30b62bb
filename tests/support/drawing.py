"""Draws a thing for tests, by its kind's own card."""

from typing import Any

from bot.core.cards import Card
from bot.core.said import ENGLISH, Say
from bot.core.view import View
from bot.lifecycle import RULES


def draw(view: View[Any], say: Say = ENGLISH) -> Card:
    """Return the card of a thing with what is around it."""
    return RULES[view.thing.kind].card(view, say)
