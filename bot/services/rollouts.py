"""Rollouts: proposed by creators, approved by someone else, then moved on by what the cloud shows, or aborted."""

from datetime import datetime

from bot.config import MonitoringSettings
from bot.core.kind import Event
from bot.core.reason import checked_reason
from bot.core.record import Decision, Record
from bot.core.values import SYSTEM, Actor, Ref, Stage
from bot.domain.lifecycle import moves
from bot.domain.model import Audit, Incident, Monitor, Recommendation, Requirement, Rollout, Run
from bot.domain.secrets import redacted
from bot.domain.subjects import of_failure, of_given_up
from bot.domain.text import clip
from bot.errors import Refused, WrongStage
from bot.ports import Reader, Schedule, Store
from bot.services import things
from bot.services.incidents import UNRESOLVED, open_in
from bot.services.schedules import MONITOR_JOB, next_time
from bot.services.things import found
from bot.things.monitor.rules import MonitorEvent
from bot.things.recommendation import words as of_recommendation
from bot.things.recommendation.rules import RecommendationEvent
from bot.things.requirement.rules import RequirementEvent
from bot.things.rollout.readings import TRAFFIC_ASKED, TrafficAsked
from bot.things.rollout.rules import RolloutEvent
from bot.things.run.rules import RunEffect

FOLLOWED_STAGES = (Stage.CREATING.value, Stage.RAMPING.value)
"""Rollouts that wait for the cloud."""
UNDER_WAY = tuple(
    stage.value for stage in (Stage.APPROVED, Stage.CREATING, Stage.VERIFYING, Stage.RAMPING, Stage.PAUSED)
)
UNDECIDED_OR_ROLLING = (Stage.REQUESTED.value, *UNDER_WAY)
FULL_TRAFFIC_PCT = 100


def model_name(requirement: int) -> str:
    """Return the registry's name for the models of a requirement."""
    return f"req-{requirement}"


async def propose(record: Record, run: int, *, reason: str, endpoint_prefix: str, by: Actor) -> Rollout:
    """Propose to bring a run's audited model to its endpoint.

    Raises:
        Refused: the run has no approved audit, is not recorded yet, or another rollout is on its way.
    """
    reason = checked_reason(reason)
    async with record.decide(by) as decision:
        trained = await found(decision.tx, Run, run)
        await _must_be_wanted(decision.tx, trained.requirement)
        audit = await _approved_audit(decision, trained)
        if trained.model_version is None:
            raise WrongStage(await _not_recorded(decision.tx, run))
        on_its_way = await decision.tx.select(
            Rollout, requirement=trained.requirement, stages=UNDECIDED_OR_ROLLING, limit=1
        )
        if on_its_way:
            other = on_its_way[0]
            raise WrongStage(
                f"DEP-{other.number} for REQ-{trained.requirement} is already *{other.stage.value}*; "
                "wait until it ends."
            )
        live = await decision.tx.select(Rollout, run=run, stages=(Stage.LIVE.value,), limit=1)
        if live:
            raise WrongStage(f"The model of RUN-{run} is live already, as DEP-{live[0].number}.")
        return await decision.open(
            Rollout(
                requirement=trained.requirement,
                run=run,
                audit=audit.number,
                model_name=model_name(trained.requirement),
                model_version=trained.model_version,
                model_digest=audit.model_digest,
                endpoint=f"{endpoint_prefix}-req-{trained.requirement}",
                requested_by=by.id,
                reason=reason,
            ),
            RolloutEvent.REQUESTED,
            details={"reason": reason, "digest": audit.model_digest},
        )


async def _not_recorded(tx: Reader, run: int) -> str:
    not_recorded = of_given_up(Ref(Run.kind, run), RunEffect.RECORD)
    for incident in await tx.select(Incident, about=not_recorded, stages=UNRESOLVED, limit=1):
        return (
            f"The model of RUN-{run} could not be recorded in the registry; INC-{incident.number} says why, and an "
            "operator can press **Try again** there."
        )
    return f"The model of RUN-{run} is still being recorded in the registry; try again in a minute."


async def _must_be_wanted(tx: Reader, requirement: int, way_out: str = "File a new requirement instead.") -> None:
    if (await found(tx, Requirement, requirement)).stage is Stage.WITHDRAWN:
        raise WrongStage(f"REQ-{requirement} was *withdrawn*; no model of it is deployed any more. {way_out}")


async def _approved_audit(decision: Decision, run: Run) -> Audit:
    audits = await decision.tx.select(Audit, run=run.number, limit=1)
    if not audits:
        raise WrongStage(
            f"RUN-{run.number} is *{run.stage.value}* and has no audit; only an audited model may be deployed."
        )
    audit = audits[0]
    if audit.stage is not Stage.APPROVED:
        raise WrongStage(
            f"AUD-{audit.number} of RUN-{run.number} is *{audit.stage.value}*; "
            "only a model whose audit was approved may be deployed."
        )
    if audit.model_digest != run.model_digest:
        raise Refused(
            f"The model of RUN-{run.number} is not the one that AUD-{audit.number} approved; train and audit anew."
        )
    return audit


async def approve(record: Record, number: int, *, reason: str, by: Actor) -> Rollout:
    """Let a proposed rollout begin. Raises Refused when its model is not wanted any more."""
    return await _decide(record, number, RolloutEvent.APPROVED, reason=reason, by=by)


async def decline(record: Record, number: int, *, reason: str, by: Actor) -> Rollout:
    """Turn a proposed rollout down."""
    return await _decide(record, number, RolloutEvent.DECLINED, reason=reason, by=by)


async def abort(record: Record, number: int, *, reason: str, by: Actor) -> Rollout:
    """Stop a rollout before it is live; what was begun in the cloud is removed."""
    reason = checked_reason(reason)
    async with record.decide(by) as decision:
        return await decision.move(Rollout, number, RolloutEvent.ABORTED, details={"reason": reason}, cause=reason)


async def was_begun(store: Store, number: int) -> bool:
    """Tell whether the cloud may have been asked for anything."""
    history = await things.history(store, Rollout.kind, number)
    return any(fact.event == RolloutEvent.APPROVED.value for fact in history)


async def weights_of_live(store: Store, rollout: Rollout) -> dict[str, int]:
    """Return the traffic of the rollout's endpoint as it is without it: all to what is live, if anything is."""
    async with store.reading() as tx:
        live = await tx.select(Rollout, endpoint=rollout.endpoint, stages=(Stage.LIVE.value,), limit=1)
    return {one.deployment: FULL_TRAFFIC_PCT for one in live}


async def cleared(record: Record, number: int) -> None:
    """Note that nothing of an aborted rollout is left in the cloud."""
    async with record.decide(SYSTEM) as decision:
        await decision.move(Rollout, number, RolloutEvent.CLEARED)


async def stands_since(store: Store, rollout: Rollout) -> datetime:
    """Return since when a rollout stands at its stage."""
    history = await things.history(store, Rollout.kind, rollout.number)
    return max(fact.at for fact in history if moves(Rollout.kind, fact.event))


async def traffic_asked(record: Record, rollout: Rollout, *, failure: str) -> TrafficAsked:
    """Note that the cloud was asked for the rollout's traffic; return since when it is, and why that failed last.

    What nobody could ask for while the cloud was away was not late.
    """
    about = Ref(Rollout.kind, rollout.number)
    stands_at = await stands_since(record.store, rollout)
    async with record.store.writing() as tx:
        before = await tx.reading(about, TRAFFIC_ASKED)
        if before is None or before.since_at < stands_at:  # before it was paused
            before = TrafficAsked(record.now(), failure="")
        asked = TrafficAsked(before.since_at, failure or before.failure)
        await tx.put_reading(about, TRAFFIC_ASKED, asked, at=record.now())
    return asked


async def _decide(record: Record, number: int, event: Event, *, reason: str, by: Actor) -> Rollout:
    reason = checked_reason(reason)
    async with record.decide(by) as decision:
        rollout = await decision.check(Rollout, number, event)
        if event is RolloutEvent.APPROVED:
            await _must_be_wanted(decision.tx, rollout.requirement, f"You may decline DEP-{number}.")
        return await decision.move(
            Rollout, number, event, details={"reason": reason}, decided_by=by.id, decision=reason
        )


async def must_go_on(store: Store, number: int) -> None:
    """Raise WrongStage when a rollout has ended, or its model is not wanted any more: for the step before the cloud."""
    async with store.reading() as tx:
        rollout = await found(tx, Rollout, number)
        await _must_be_wanted(tx, rollout.requirement)
    if rollout.stage.value not in UNDER_WAY:
        raise WrongStage(f"DEP-{number} is *{rollout.stage.value}*; nothing more is done for it.")


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
        rollout = await found(decision.tx, Rollout, number)
        if rollout.stage is stage:
            await decision.move(Rollout, number, event, latency_ms=latency_ms)


async def failed(record: Record, number: int, *, cause: str, log_tail: str = "") -> None:
    """Note that a rollout failed and open its incident; what was live before stays live."""
    cause = redacted(cause)
    async with record.decide(SYSTEM) as decision:
        rollout = await found(decision.tx, Rollout, number)
        if rollout.stage.value not in UNDER_WAY:
            return
        await decision.move(Rollout, number, RolloutEvent.FAILED, details={"cause": cause}, cause=clip(cause, 800))
        await open_in(
            decision,
            of_failure(Ref(Rollout.kind, number)),
            title=f"DEP-{number} failed",
            cause=cause,
            next_step=f"{_what_serves(rollout)} Read the cause and the log; mend it and propose the rollout again.",
            log_tail=log_tail,
        )


def _what_serves(failed: Rollout) -> str:
    if failed.stage in (Stage.RAMPING, Stage.PAUSED):
        return (
            f"Traffic may have moved to `{failed.deployment}`, or may still: look at endpoint `{failed.endpoint}` in "
            "Azure, and give it to what was live if that is to serve."
        )
    remains = (
        f" `{failed.deployment}` may still stand in Azure, at 0% traffic; remove it there once you have read its log."
    )
    return f"What was live keeps serving.{'' if failed.stage is Stage.APPROVED else remains}"


async def went_live(record: Record, number: int, *, monitoring: MonitoringSettings, zone: str) -> None:
    """Note full traffic: what was live is superseded, the requirement is fulfilled, and watching begins."""
    async with record.decide(SYSTEM) as decision:
        rollout = await found(decision.tx, Rollout, number)
        if rollout.stage is not Stage.RAMPING:
            return
        for earlier in await decision.tx.select(Rollout, requirement=rollout.requirement, stages=(Stage.LIVE.value,)):
            await decision.move(Rollout, earlier.number, RolloutEvent.SUPERSEDED, details={"by": number}, traffic_pct=0)
            await _end_monitors(decision, earlier.number, by=number)
        await decision.move(
            Rollout,
            number,
            RolloutEvent.WENT_LIVE,
            details={"traffic_pct": FULL_TRAFFIC_PCT},
            traffic_pct=FULL_TRAFFIC_PCT,
        )
        await decision.move(Requirement, rollout.requirement, RequirementEvent.FULFILLED, details={"rollout": number})
        monitor = await decision.open(
            Monitor(
                requirement=rollout.requirement,
                rollout=number,
                endpoint=rollout.endpoint,
                deployment=rollout.deployment,
            ),
            MonitorEvent.STARTED,
        )
        await decision.tx.put_schedule(
            Schedule(
                name=f"monitor:{monitor.number}",
                job=MONITOR_JOB,
                cron=monitoring.cron,
                zone=zone,
                arguments={"monitor": monitor.number},
                next_at=next_time(monitoring.cron, zone, after=decision.at),
            )
        )


async def _end_monitors(decision: Decision, rollout: int, *, by: int) -> None:
    """End the watch over a rollout that another one supersedes, and advice on a model that serves no more."""
    for monitor in await decision.tx.select(Monitor, rollout=rollout, stages=(Stage.WATCHING.value,)):
        await decision.move(Monitor, monitor.number, MonitorEvent.ENDED)
        await decision.tx.drop_schedule(f"monitor:{monitor.number}")
        cause = of_recommendation.ANOTHER_WENT_LIVE(rollout=Ref(Rollout.kind, by))
        for advice in await decision.tx.select(Recommendation, monitor=monitor.number, stages=(Stage.OPEN.value,)):
            await decision.move(Recommendation, advice.number, RecommendationEvent.EXPIRED, cause=cause)
