"""The kind: its row, its rules and its card."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import ClassVar

from bot.core.cards import Card, Tone
from bot.core.kind import Effect, Event, ThingKind
from bot.core.said import Say
from bot.core.sample import Sample
from bot.core.values import SYSTEM_ONLY, Duty, Kind, PersonId, Stage, Thing
from bot.core.view import StageFace, View, headline, stage_line
from tickets import words


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket(Thing):
    """Something that somebody wants."""

    kind: ClassVar[Kind] = Kind("TKT", "TICKET")
    stage: Stage = Stage.OPEN
    text: str
    opened_by: PersonId


class TicketEvent(Event):
    """From open to closed."""

    OPENED = "ticket.opened"
    CLOSED = "ticket.closed"


class TicketEffect(Effect):
    """What is said to people."""

    THANK = "chat.thank"


FACES: Mapping[Stage, StageFace] = {
    Stage.OPEN: StageFace("🎫", Tone.BUSY, words.OPEN),
    Stage.RESOLVED: StageFace("✅", Tone.GOOD, words.CLOSED),
}


def card(view: View[Ticket], say: Say) -> Card:
    """Return the card."""
    face = FACES[view.thing.stage]
    return Card(headline(view.thing, view.thing.text, say), [stage_line(face, view.since, say)], face.tone)


WANTED = Ticket(number=1, text="Longer lists", opened_by=PersonId(7))
TICKET = ThingKind(
    model=Ticket,
    events=TicketEvent,
    steps={(None, TicketEvent.OPENED): Stage.OPEN, (Stage.OPEN, TicketEvent.CLOSED): Stage.RESOLVED},
    duties={TicketEvent.OPENED: frozenset({Duty.ANALYST, Duty.SYSTEM}), TicketEvent.CLOSED: SYSTEM_ONLY},
    follows={TicketEvent.CLOSED: (TicketEffect.THANK,)},
    gives_up={TicketEffect.THANK: None},
    card=card,
    samples=(
        Sample("open", WANTED, by=Duty.ANALYST),
        Sample("closed", replace(WANTED, stage=Stage.RESOLVED)),
    ),
    channel="requirements",
)
