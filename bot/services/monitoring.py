"""Monitors and recommendations: what was measured, and what people make of it."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace

import structlog

from bot.config import ClusterSettings
from bot.core.reason import checked_reason
from bot.core.record import Decision, Record
from bot.core.values import SYSTEM, Actor, Kind, Ref, Stage
from bot.domain.model import Monitor, Recommendation, Rollout, Run
from bot.domain.recipes import Recipe
from bot.domain.text import plain
from bot.ports import Comparison, Drift, Schedule
from bot.services.repeating import retrain
from bot.services.schedules import MONITOR_JOB, next_time
from bot.services.things import found
from bot.things.monitor.readings import MEASUREMENT, Measurement
from bot.things.monitor.rules import MonitorEvent
from bot.things.recommendation.rules import RecommendationEvent

log = structlog.get_logger()


async def call(record: Record, number: int, *, by: Actor) -> Monitor:
    """Ask for a measurement now."""
    async with record.decide(by) as decision:
        return await decision.move(Monitor, number, MonitorEvent.CALLED)


async def fire_due(record: Record) -> int:
    """Fire every schedule whose time has come, once each whoever else looks, and return how many.

    A time that passed while nobody looked is fired once, late, not as often as it was missed.
    """
    fired = 0
    async with record.decide(SYSTEM) as decision:
        for schedule in await decision.tx.due_schedules(decision.at):
            next_at = next_time(schedule.cron, schedule.zone, after=decision.at)
            if await decision.tx.fire(schedule, next_at=next_at, now=decision.at):
                start = STARTS.get(schedule.job)
                if start is None:  # written by a newer version: its time moves on, and it is not deleted
                    log.error("unknown schedule job", schedule=schedule.name, job=schedule.job)
                    continue
                await start(decision, schedule)
                fired += 1
    return fired


async def reschedule(record: Record, *, cron: str, zone: str) -> None:
    """Have all monitors measured at the config's times. One that is due already is measured now, as it was promised."""
    async with record.decide(SYSTEM) as decision:
        for schedule in await decision.tx.schedules():
            if schedule.job == MONITOR_JOB and (schedule.cron, schedule.zone) != (cron, zone):
                is_due = schedule.next_at <= decision.at
                next_at = schedule.next_at if is_due else next_time(cron, zone, after=decision.at)
                await decision.tx.put_schedule(replace(schedule, cron=cron, zone=zone, next_at=next_at))


async def _start_monitor(decision: Decision, schedule: Schedule) -> None:
    number = schedule.arguments["monitor"]
    assert isinstance(number, int)
    await decision.move(Monitor, number, MonitorEvent.CALLED, details={"scheduled": schedule.next_at.isoformat()})


STARTS: Mapping[str, Callable[[Decision, Schedule], Awaitable[None]]] = {MONITOR_JOB: _start_monitor}
"""What a schedule's `job` starts."""


async def measured(record: Record, number: int, comparison: Comparison, *, chart: str) -> Recommendation | None:
    """Keep a measurement; on drift open a recommendation unless one is open. Returns a new one.

    `chart` is the picture's file name below the data directory.
    """
    at = record.now()
    about = Ref(Kind.MONITOR, number)
    async with record.decide(SYSTEM) as decision:
        monitor = await found(decision.tx, Monitor, number)
        rows = {"reference_rows": comparison.reference_rows, "current_rows": comparison.current_rows}
        measurement = Measurement(at, chart, **rows, drifts=tuple(comparison.drifts))
        await decision.tx.put_reading(about, MEASUREMENT, measurement, at=at)
        await decision.tx.mark_card(about, not_before=at)
        if not comparison.is_drifted or monitor.stage is not Stage.WATCHING:
            return None
        still_open = await decision.tx.select(Recommendation, monitor=number, stages=(Stage.OPEN.value,), limit=1)
        if still_open:
            await decision.tx.mark_card(Ref(Kind.RECOMMENDATION, still_open[0].number), not_before=at)
            return None
        return await decision.open(
            Recommendation(
                monitor=number,
                requirement=monitor.requirement,
                rollout=monitor.rollout,
                findings=tuple(finding(drift) for drift in comparison.drifts if drift.is_drifted),
            ),
            RecommendationEvent.OPENED,
        )


def finding(drift: Drift) -> str:
    """Return a drifted measure as a sentence."""
    moved = ""
    if drift.reference_mean is not None and drift.current_mean is not None:
        moved = f": {drift.reference_mean:.3g} → {drift.current_mean:.3g} on average"
    return f"**{plain(drift.measure)}** drifted{moved} ({drift.method} {drift.score:.3g}, limit {drift.threshold:g})"


async def start_retraining(
    record: Record, number: int, *, recipes: Mapping[str, Recipe], cluster: ClusterSettings, by: Actor
) -> tuple[Recommendation, Run]:
    """Follow a recommendation: the live model's training is ordered again, on the data as it is now.

    Raises:
        Refused: it cannot be trained again, as in `repeating.retrain`.
    """
    async with record.decide(by) as decision:
        recommendation = await decision.check(Recommendation, number, RecommendationEvent.ACCEPTED)
        rollout = await found(decision.tx, Rollout, recommendation.rollout)
        trained = await found(decision.tx, Run, rollout.run)
        run = await retrain(
            decision,
            trained,
            hypothesis=f"Retraining on the advice of REC-{number}.",
            recipes=recipes,
            cluster=cluster,
            by=by.id,
        )
        recommendation = await decision.move(
            Recommendation,
            number,
            RecommendationEvent.ACCEPTED,
            details={"run": run.number},
            decided_by=by.id,
            run=run.number,
        )
        return recommendation, run


async def dismiss(record: Record, number: int, *, reason: str, by: Actor) -> Recommendation:
    """Turn a recommendation down, with the reason."""
    reason = checked_reason(reason)
    async with record.decide(by) as decision:
        return await decision.move(
            Recommendation,
            number,
            RecommendationEvent.DISMISSED,
            details={"reason": reason},
            decided_by=by.id,
            reason=reason,
        )
