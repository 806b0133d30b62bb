"""What auditors decide, who did not train the model."""

from bot.core.kind import Event
from bot.core.reason import checked_reason
from bot.core.record import Record
from bot.core.values import Actor
from bot.things.audit.model import Audit


async def decide(record: Record, number: int, verdict: Event, *, reason: str, by: Actor) -> Audit:
    """Give a verdict with its reason. Raises Refused for an empty or too long reason, and as `Decision.move` does."""
    reason = checked_reason(reason)
    async with record.decide(by) as decision:
        return await decision.move(
            Audit,
            number,
            verdict,
            details={"reason": reason},
            decided_by=by.id,
            reason=reason,
        )
