"""The suite that plugins' authors run holds for the bot's own kinds, and finds what is wrong with one."""

from dataclasses import replace
from typing import Any

import pytest

from bot.core.cards import Button, Card
from bot.core.kind import ThingKind
from bot.core.said import Say
from bot.core.view import View
from bot.lifecycle import KINDS
from bot.suites.things import problems_of
from bot.things.audit.rules import AUDIT


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.kind.name.lower())
def test_the_bots_own_kinds_hold_it(kind: ThingKind):
    assert [] == list(problems_of(kind))


def drawn(**changes: Any) -> Any:
    """Return a card that is drawn wrongly."""

    def card(view: View[Any], say: Say) -> Card:
        assert AUDIT.card is not None
        return replace(AUDIT.card(view, say), **changes)

    return card


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"samples": AUDIT.samples[:-1]}, "AUDIT has no sample at the stage expired"),
        ({"card": drawn(footer="Next: look")}, "AUDIT, in review: ['Next', 'look'] is in no phrase"),
        ({"card": drawn(paragraphs=["x" * 5000])}, "AUDIT, in review: its card is too long for Discord"),
        (
            {"card": drawn(buttons=[Button("a", "b:AUD-1"), Button("c", "b:AUD-1")])},
            "AUDIT, in review: two buttons have the id b:AUD-1",
        ),
        (
            {"card": drawn(buttons=[Button("", "b:AUD-1")])},
            "AUDIT, in review: the button b:AUD-1 has no label or id that Discord takes",
        ),
        ({"card": drawn(paragraphs=["🔎 ⟦α⟧"])}, "AUDIT has the sign 🔎 at two stages"),
    ],
    ids=["no sample", "text", "too long", "one id twice", "no label", "one sign twice"],
)
def test_what_is_wrong_with_a_kind_is_said(changes: dict[str, Any], problem: str):
    assert problem in list(problems_of(replace(AUDIT, **changes)))
