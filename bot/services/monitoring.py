"""What is measured and when, the advice that comes of it, and the retraining that follows the advice."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace

import structlog

from bot.config import ClusterSettings
from bot.core.judging import Check
from bot.core.readings import CHART, Chart
from bot.core.record import Decision, Record
from bot.core.said import Said
from bot.core.values import SYSTEM, Actor, Kind, Ref, Stage
from bot.ports import Comparison, Drift, Schedule
from bot.services.repeating import retrain
from bot.services.schedules import MONITOR_JOB, next_time
from bot.services.things import found
from bot.things.monitor import words as of_monitor
from bot.things.monitor.model import Monitor
from bot.things.monitor.readings import MEASUREMENT, Measurement
from bot.things.monitor.rules import MonitorEvent
from bot.things.recipe.recipe import Recipe
from bot.things.recommendation import words
from bot.things.recommendation.model import Recommendation
from bot.things.recommendation.rules import RecommendationEvent
from bot.things.rollout.model import Rollout
from bot.things.run.model import Run

log = structlog.get_logger()


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


async def measured(
    record: Record, number: int, comparison: Comparison, *, chart: str, checks: Sequence[Check] = ()
) -> Recommendation | None:
    """Keep a measurement; on drift open a recommendation unless one is open. Returns a new one.

    `chart` is the picture's file name below the data directory.
    """
    at = record.now()
    about = Ref(Kind.MONITOR, number)
    async with record.decide(SYSTEM) as decision:
        monitor = await found(decision.tx, Monitor, number)
        rows = comparison.current_rows
        measurement = Measurement(at, comparison.reference_rows, rows, tuple(comparison.drifts), tuple(checks))
        picture = Chart(chart, of_monitor.CHART(rows=rows))
        await decision.tx.put_reading(about, MEASUREMENT, measurement, at=at)
        await decision.tx.put_reading(about, CHART, picture, at=at)
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


def finding(drift: Drift) -> Said:
    """Return a drifted measure as it is told."""
    measure, method, score, limit = drift.measure, drift.method, drift.score, drift.threshold
    before, after = drift.reference_mean, drift.current_mean
    if before is None or after is None:
        return words.DRIFTED(measure=measure, method=method, score=score, limit=limit)
    return words.DRIFTED_ON_AVERAGE(
        measure=measure, method=method, score=score, limit=limit, before=before, after=after
    )


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
            hypothesis=str(words.ON_ADVICE(recommendation=recommendation.ref)),  # a run keeps it as text
            recipes=recipes,
            cluster=cluster,
            by=by.id,
        )
        recommendation = await decision.move(
            Recommendation,
            number,
            RecommendationEvent.ACCEPTED,
            decided_by=by.id,
            run=run.number,
        )
        return recommendation, run
