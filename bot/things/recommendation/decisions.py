"""What people decide about recommendations."""

from bot.core.reason import checked_reason
from bot.core.record import Record
from bot.core.values import Actor
from bot.things.recommendation.model import Recommendation
from bot.things.recommendation.rules import RecommendationEvent


async def dismiss(record: Record, number: int, *, reason: str, by: Actor) -> Recommendation:
    """Turn a recommendation down, with the reason. Raises Refused for an empty or too long one."""
    reason = checked_reason(reason)
    async with record.decide(by) as decision:
        return await decision.move(
            Recommendation, number, RecommendationEvent.DISMISSED, decided_by=by.id, reason=reason
        )
