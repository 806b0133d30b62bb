"""What is decided about rollouts and others at once: proposed, approved, failed with an incident, gone live."""

from datetime import datetime

from bot.config import MonitoringSettings
from bot.core.reason import checked_reason
from bot.core.record import Decision, Record
from bot.core.said import Said
from bot.core.secrets import redacted_said
from bot.core.values import SYSTEM, Actor, Kind, Ref, Stage
from bot.core.words import QUOTED
from bot.errors import Refused, WrongStage
from bot.lifecycle import moves
from bot.ports import Reader, Schedule, Store
from bot.services import things
from bot.services.incidents import UNRESOLVED, open_in
from bot.services.schedules import MONITOR_JOB, next_time
from bot.services.things import found
from bot.things.audit.model import Audit
from bot.things.incident.model import Incident
from bot.things.incident.subjects import of_failure, of_given_up
from bot.things.monitor.model import Monitor
from bot.things.monitor.rules import MonitorEvent
from bot.things.recommendation import words as of_recommendation
from bot.things.recommendation.model import Recommendation
from bot.things.recommendation.rules import RecommendationEvent
from bot.things.requirement.model import Requirement
from bot.things.requirement.rules import RequirementEvent
from bot.things.rollout import words
from bot.things.rollout.model import UNDER_WAY as ROLLING
from bot.things.rollout.model import Rollout
from bot.things.rollout.readings import TRAFFIC_ASKED, TrafficAsked
from bot.things.rollout.rules import RolloutEvent
from bot.things.run.events import RunEffect
from bot.things.run.model import Run

FOLLOWED_STAGES = (Stage.CREATING.value, Stage.RAMPING.value)
"""Rollouts that wait for the cloud."""
UNDER_WAY = tuple(stage.value for stage in ROLLING)
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
        await _must_be_wanted(decision.tx, trained.requirement, way_out=words.FILE_ANEW())
        audit = await _approved_audit(decision, trained)
        if trained.model_version is None:
            raise WrongStage(await _not_recorded(decision.tx, trained.ref))
        on_its_way = await decision.tx.select(
            Rollout, requirement=trained.requirement, stages=UNDECIDED_OR_ROLLING, limit=1
        )
        if on_its_way:
            other = on_its_way[0]
            requirement = Ref(Kind.REQUIREMENT, other.requirement)
            told = words.IS_ON_ITS_WAY(rollout=other.ref, requirement=requirement, stage=other.stage.value)
            raise WrongStage(told)
        live = await decision.tx.select(Rollout, run=run, stages=(Stage.LIVE.value,), limit=1)
        if live:
            raise WrongStage(words.IS_LIVE(run=trained.ref, rollout=live[0].ref))
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
        )


async def _not_recorded(tx: Reader, run: Ref) -> Said:
    not_recorded = of_given_up(run, RunEffect.RECORD)
    for incident in await tx.select(Incident, about=not_recorded, stages=UNRESOLVED, limit=1):
        return words.NOT_RECORDED(run=run, incident=incident.ref)
    return words.IS_BEING_RECORDED(run=run)


async def _must_be_wanted(tx: Reader, requirement: int, *, way_out: Said) -> None:
    wanted = await found(tx, Requirement, requirement)
    if wanted.stage is Stage.WITHDRAWN:
        raise WrongStage(words.NOT_WANTED(requirement=wanted.ref, way_out=way_out))


async def _approved_audit(decision: Decision, run: Run) -> Audit:
    audits = await decision.tx.select(Audit, run=run.number, limit=1)
    if not audits:
        raise WrongStage(words.NO_AUDIT(run=run.ref, stage=run.stage.value))
    audit = audits[0]
    if audit.stage is not Stage.APPROVED:
        raise WrongStage(words.AUDIT_NOT_APPROVED(audit=audit.ref, run=run.ref, stage=audit.stage.value))
    if audit.model_digest != run.model_digest:
        raise Refused(words.ANOTHER_MODEL(run=run.ref, audit=audit.ref))
    return audit


async def approve(record: Record, number: int, *, reason: str, by: Actor) -> Rollout:
    """Let a proposed rollout begin. Raises Refused when its model is not wanted any more."""
    reason = checked_reason(reason)
    async with record.decide(by) as decision:
        rollout = await decision.check(Rollout, number, RolloutEvent.APPROVED)
        way_out = words.MAY_BE_DECLINED(rollout=rollout.ref)
        await _must_be_wanted(decision.tx, rollout.requirement, way_out=way_out)
        return await decision.move(Rollout, number, RolloutEvent.APPROVED, decided_by=by.id, decision=reason)


async def weights_of_live(store: Store, rollout: Rollout) -> dict[str, int]:
    """Return the traffic of the rollout's endpoint as it is without it: all to what is live, if anything is."""
    async with store.reading() as tx:
        live = await tx.select(Rollout, endpoint=rollout.endpoint, stages=(Stage.LIVE.value,), limit=1)
    return {one.deployment: FULL_TRAFFIC_PCT for one in live}


async def stands_since(store: Store, rollout: Rollout) -> datetime:
    """Return since when a rollout stands at its stage."""
    history = await things.history(store, Rollout.kind, rollout.number)
    return max(fact.at for fact in history if moves(Rollout.kind, fact.event))


async def traffic_asked(record: Record, rollout: Rollout, *, failure: Said | None) -> TrafficAsked:
    """Note that the cloud was asked for the rollout's traffic; return since when it is, and why that failed last.

    What nobody could ask for while the cloud was away was not late.
    """
    about = Ref(Rollout.kind, rollout.number)
    stands_at = await stands_since(record.store, rollout)
    async with record.store.writing() as tx:
        before = await tx.reading(about, TRAFFIC_ASKED)
        if before is None or before.since_at < stands_at:  # before it was paused
            before = TrafficAsked(record.now(), failure=None)
        asked = TrafficAsked(before.since_at, failure or before.failure)
        await tx.put_reading(about, TRAFFIC_ASKED, asked, at=record.now())
    return asked


async def must_go_on(store: Store, number: int) -> None:
    """Raise WrongStage when a rollout has ended, or its model is not wanted any more: for the step before the cloud."""
    async with store.reading() as tx:
        rollout = await found(tx, Rollout, number)
        await _must_be_wanted(tx, rollout.requirement, way_out=words.FILE_ANEW())
    if rollout.stage not in ROLLING:
        raise WrongStage(words.HAS_ENDED(rollout=rollout.ref, stage=rollout.stage.value))


def quoted(told: str) -> Said:
    """Return what a machine said; what looks like a secret is not kept."""
    return redacted_said(QUOTED(text=told))


async def failed(record: Record, number: int, *, cause: Said, log_tail: str = "") -> None:
    """Note that a rollout failed and open its incident; what was live before stays live."""
    async with record.decide(SYSTEM) as decision:
        rollout = await found(decision.tx, Rollout, number)
        if rollout.stage not in ROLLING:
            return
        await decision.move(Rollout, number, RolloutEvent.FAILED, cause=cause)
        await open_in(
            decision,
            of_failure(rollout.ref),
            title=words.HAS_FAILED(rollout=rollout.ref),
            cause=cause,
            next_step=words.MEND_IT(what_serves=_what_serves(rollout)),
            log_tail=log_tail,
        )


def _what_serves(failed: Rollout) -> Said:
    match failed.stage:
        case Stage.RAMPING | Stage.PAUSED:
            return words.TRAFFIC_MAY_HAVE_MOVED(deployment=failed.deployment, endpoint=failed.endpoint)
        case Stage.APPROVED:
            return words.KEEPS_SERVING()
        case _:
            return words.MAY_STILL_STAND(deployment=failed.deployment)


async def went_live(record: Record, number: int, *, monitoring: MonitoringSettings, zone: str) -> None:
    """Note full traffic: what was live is superseded, the requirement is fulfilled, and watching begins."""
    async with record.decide(SYSTEM) as decision:
        rollout = await found(decision.tx, Rollout, number)
        if rollout.stage is not Stage.RAMPING:
            return
        for earlier in await decision.tx.select(Rollout, requirement=rollout.requirement, stages=(Stage.LIVE.value,)):
            cause = words.ANOTHER_WENT_LIVE(rollout=rollout.ref)
            await decision.move(Rollout, earlier.number, RolloutEvent.SUPERSEDED, cause=cause, traffic_pct=0)
            await _end_monitors(decision, earlier.number, by=rollout)
        await decision.move(Rollout, number, RolloutEvent.WENT_LIVE, traffic_pct=FULL_TRAFFIC_PCT)
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


async def _end_monitors(decision: Decision, rollout: int, *, by: Rollout) -> None:
    """End the watch over a rollout that another one supersedes, and advice on a model that serves no more."""
    for monitor in await decision.tx.select(Monitor, rollout=rollout, stages=(Stage.WATCHING.value,)):
        await decision.move(Monitor, monitor.number, MonitorEvent.ENDED)
        await decision.tx.drop_schedule(f"monitor:{monitor.number}")
        cause = of_recommendation.ANOTHER_WENT_LIVE(rollout=by.ref)
        for advice in await decision.tx.select(Recommendation, monitor=monitor.number, stages=(Stage.OPEN.value,)):
            await decision.move(Recommendation, advice.number, RecommendationEvent.EXPIRED, cause=cause)
