"""What is decided about rollouts by themselves: they are declined or aborted, and move on by what the cloud shows."""

from bot.core.kind import Event
from bot.core.reason import checked_reason
from bot.core.record import Record
from bot.core.values import SYSTEM, Actor, Stage
from bot.core.words import QUOTED
from bot.things.rollout.model import Rollout
from bot.things.rollout.rules import RolloutEvent


async def decline(record: Record, number: int, *, reason: str, by: Actor) -> Rollout:
    """Turn a proposed rollout down."""
    reason = checked_reason(reason)
    async with record.decide(by) as decision:
        return await decision.move(Rollout, number, RolloutEvent.DECLINED, decided_by=by.id, decision=reason)


async def abort(record: Record, number: int, *, reason: str, by: Actor) -> Rollout:
    """Stop a rollout before it is live; what was begun in the cloud is removed."""
    cause = QUOTED(text=checked_reason(reason))
    async with record.decide(by) as decision:
        return await decision.move(Rollout, number, RolloutEvent.ABORTED, cause=cause)


async def cleared(record: Record, number: int) -> None:
    """Note that nothing of an aborted rollout is left in the cloud."""
    async with record.decide(SYSTEM) as decision:
        await decision.move(Rollout, number, RolloutEvent.CLEARED, is_cleared=True)


async def begun(record: Record, number: int) -> None:
    """Note that the cloud was asked; from now on the rollout is followed."""
    await _move_if(record, number, Stage.APPROVED, RolloutEvent.BEGUN)


async def created(record: Record, number: int) -> None:
    """Note that the deployment stands, at 0% traffic."""
    await _move_if(record, number, Stage.CREATING, RolloutEvent.CREATED)


async def verified(record: Record, number: int, *, latency_ms: float) -> None:
    """Note that the smoke request was answered by the new deployment."""
    await _move_if(record, number, Stage.VERIFYING, RolloutEvent.VERIFIED, latency_ms=latency_ms)


async def _move_if(record: Record, number: int, stage: Stage, event: Event, *, latency_ms: float | None = None) -> None:
    async with record.decide(SYSTEM) as decision:
        rollout = await decision.tx.find(Rollout, number)
        assert rollout is not None, f"there is no DEP-{number}"
        if rollout.stage is stage:
            await decision.move(Rollout, number, event, latency_ms=latency_ms)
