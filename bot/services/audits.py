"""Audits: decided by auditors who did not train the model."""

from bot.domain.lifecycle import Event
from bot.domain.model import Actor, Audit
from bot.domain.text import is_blank
from bot.errors import Refused
from bot.services.desk import Desk

REASON_LIMIT = 1000


async def decide(desk: Desk, number: int, verdict: Event, *, reason: str, by: Actor) -> Audit:
    """Give a verdict with its reason. Raises Refused for an empty or too long reason, and as `Decision.move` does."""
    reason = checked_reason(reason)
    async with desk.decide(by) as decision:
        return await decision.move(
            Audit,
            number,
            verdict,
            details={"reason": reason},
            decided_by=by.id,
            reason=reason,
        )


def checked_reason(reason: str) -> str:
    """Return the reason without outer blanks. Raises Refused when it is empty or too long."""
    reason = reason.strip()
    if is_blank(reason):
        raise Refused("A decision needs its reason; say it in a sentence, for those who come after.")
    if len(reason) > REASON_LIMIT:
        raise Refused(f"The reason has {len(reason)} characters; at most {REASON_LIMIT} fit. Shorten it.")
    return reason
