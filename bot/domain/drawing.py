"""The cards: each a pure function of stored facts. One order everywhere: stage, what it is about, evidence, people."""

from collections.abc import Callable, Mapping
from typing import cast

from bot.core.cards import Button, ButtonStyle, Card, File
from bot.core.text import fence, plain, tail
from bot.core.values import Kind, Stage
from bot.domain.drawing_parts import (
    View,
    field,
    head,
)
from bot.domain.drawing_remedies import remedy_buttons, remedy_words
from bot.domain.drawing_runs import run_card, sweep_card
from bot.things.incident.model import Incident
from bot.things.incident.subjects import Matter

S = Stage


def draw(view: View) -> Card:
    """Return the card of a thing."""
    return _DRAWERS[view.thing.kind](view)


SHOWN_LOG = 1200
"""Characters of log on an incident's card; what there is before them is in its file."""


def _incident(view: View) -> Card:
    incident = cast("Incident", view.thing)
    headline, tone, stage = head(view, incident.title)
    paragraphs = [stage, field("Cause", plain(incident.cause))]
    if incident.stage in (S.OPEN, S.ACKNOWLEDGED):
        paragraphs.append("\n".join([field("Next step", incident.next_step), *remedy_words(view)]))
    if view.many:
        newest = "\n".join(f"- {plain(one)}" for one in view.many.newest)
        paragraphs.append(field(f"{view.many.count} runs, the newest", newest))
    if incident.log_tail:
        paragraphs.append("**Last log lines**\n" + fence(_last_lines(incident.log_tail), limit=SHOWN_LOG + 100))
    if incident.resolution:
        paragraphs.append(field("Resolution", plain(incident.resolution)))
    if incident.handled_by:
        paragraphs.append(f"Handled by <@{incident.handled_by}>")
    number, about = incident.number, incident.about
    primary = ButtonStyle.PRIMARY
    again = (Button("Try again", f"try_again:INC-{number}", primary),) if about.matter is Matter.GIVEN_UP else ()
    has_remedy = view.remedies or again
    acknowledge = Button("Acknowledge", f"acknowledge:INC-{number}", ButtonStyle.SECONDARY if has_remedy else primary)
    resolve = Button("Resolve", f"resolve:INC-{number}", ButtonStyle.SUCCESS)
    assign = Button("Assign", f"assign:INC-{number}")
    presses = {S.OPEN: (acknowledge, assign, resolve), S.ACKNOWLEDGED: (assign, resolve)}.get(incident.stage, ())
    remedies = remedy_buttons(view, about.thing) if about.thing else ()
    files = (File(f"inc-{number}-log.txt", incident.log_tail.encode()),) if incident.log_tail else ()
    return Card(headline, paragraphs, tone, files=files, buttons=(*remedies, *again, *presses) if presses else ())


def _last_lines(log: str) -> str:
    """Return the end of a log that a card has room for, from the beginning of a line if there is one."""
    end = tail(log, SHOWN_LOG)
    return end.partition("\n")[2] or end if len(log) > SHOWN_LOG else end


_DRAWERS: Mapping[Kind, Callable[[View], Card]] = {
    Kind.RUN: run_card,
    Kind.INCIDENT: _incident,
    Kind.SWEEP: sweep_card,
}
