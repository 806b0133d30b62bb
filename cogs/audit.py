"""The audit card's buttons: Approve, Request changes, Reject."""

from functools import partial

from discord.ext import commands

from bot.client import Client
from bot.core.kind import Event
from bot.core.record import Record
from bot.core.values import Actor
from bot.things.audit import decisions as audits
from bot.things.audit import words
from bot.things.audit.model import Audit
from bot.things.audit.rules import AuditEvent as E
from cogs._decisions import Decision, register


async def _decide(record: Record, number: int, reason: str, by: Actor, *, verdict: Event) -> Audit:
    return await audits.decide(record, number, verdict, reason=reason, by=by)


VERDICTS = tuple(
    Decision(action, Audit, event, form, hint, done, partial(_decide, verdict=event))
    for action, event, form, hint, done in (
        ("audit_approve", E.APPROVED, words.APPROVE_FORM, words.APPROVE_HINT, words.DONE_APPROVED),
        (
            "audit_request_changes",
            E.CHANGES_REQUESTED,
            words.REQUEST_CHANGES_FORM,
            words.REQUEST_CHANGES_HINT,
            words.DONE_CHANGES_REQUESTED,
        ),
        ("audit_reject", E.REJECTED, words.REJECT_FORM, words.REJECT_HINT, words.DONE_REJECTED),
    )
)


class AuditCog(commands.Cog):
    """What auditors decide."""


async def setup(client: Client) -> None:
    """Have the buttons answered."""
    for verdict in VERDICTS:
        register(client, verdict)
    await client.add_cog(AuditCog())
