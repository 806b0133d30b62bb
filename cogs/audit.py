"""The audit card's buttons: Approve, Request changes, Reject."""

from functools import partial

from discord.ext import commands

from bot.client import Client
from bot.core.kind import Event
from bot.core.values import Actor
from bot.domain.model import Audit
from bot.services import audits
from bot.services.record import Record
from bot.things.audit.rules import AuditEvent
from cogs._decisions import Decision, register


async def _decide(record: Record, number: int, reason: str, by: Actor, *, verdict: Event) -> Audit:
    return await audits.decide(record, number, verdict, reason=reason, by=by)


VERDICTS = tuple(
    Decision(action, Audit, event, title, hint, partial(_decide, verdict=event))
    for action, event, title, hint in (
        ("audit_approve", AuditEvent.APPROVED, "Approve", "What convinced you"),
        (
            "audit_request_changes",
            AuditEvent.CHANGES_REQUESTED,
            "Request changes",
            "What has to be better, and by how much",
        ),
        ("audit_reject", AuditEvent.REJECTED, "Reject", "Why this model is not fit for its purpose"),
    )
)


class AuditCog(commands.Cog):
    """What auditors decide."""


async def setup(client: Client) -> None:
    """Have the buttons answered."""
    for verdict in VERDICTS:
        register(client, verdict)
    await client.add_cog(AuditCog())
