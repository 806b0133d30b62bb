"""A plugin as another team would write it: tickets that people open and the bot closes."""

from collections.abc import Iterator

from bot.core.flow import flow
from bot.core.judging import Check, Evidence, Production
from bot.core.plugin import Plugin
from bot.core.record import Decision
from bot.core.values import SYSTEM
from bot.things.audit.model import Audit
from bot.things.audit.rules import AuditEvent
from tickets import words
from tickets.ticket import TICKET, Ticket, TicketEvent


@flow(on=(AuditEvent.REJECTED,), causes=(TicketEvent.OPENED,))
async def an_audit_rejected_so_a_ticket_is_opened(decision: Decision, audit: Audit) -> None:
    """Have somebody ask why."""
    await decision.open(Ticket(text=f"{audit.ref} was rejected", opened_by=SYSTEM.id), TicketEvent.OPENED)


def enough_rows(evidence: Evidence) -> Iterator[Check]:
    """Yield whether there were a thousand rows to measure on."""
    yield Check(words.ENOUGH_ROWS(), evidence.test_rows >= 1000, words.ROWS(rows=evidence.test_rows))


def asked_often(production: Production) -> Iterator[Check]:
    """Yield whether anybody asked the model."""
    rows = len(production.inputs)
    yield Check(words.ASKED_OFTEN(), rows > 0, words.ROWS(rows=rows))


PLUGIN = Plugin(
    name="tickets",
    kinds=(TICKET,),
    flows=(an_audit_rejected_so_a_ticket_is_opened,),
    checks=(enough_rows,),
    measures=(asked_often,),
    cogs=("tickets.cog",),
    effects=("tickets.effects",),
    jobs=("tickets.job",),
)
