"""Attempts: a failed run is tried again with what its cause calls for, by a press or by its recipe's policy."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

from bot.config import ClusterSettings
from bot.core.record import Decision, Record
from bot.core.values import Actor, Kind, Ref, Stage
from bot.core.words import STAGES
from bot.errors import Refused, WrongStage
from bot.ports import Reader
from bot.services import sweep_failures
from bot.services.incidents import UNRESOLVED
from bot.services.planning import OPEN, must_be_trainable, must_fit_budget
from bot.services.recipes import of_name
from bot.services.things import found
from bot.things.incident import words as of_incident
from bot.things.incident.model import Incident
from bot.things.incident.rules import IncidentEvent
from bot.things.incident.subjects import of_failure
from bot.things.recipe.recipe import Recipe
from bot.things.requirement.model import Requirement
from bot.things.run import answers_words
from bot.things.run.causes import REMEDIES, Cause, Failure, Remedy
from bot.things.run.events import RunEvent
from bot.things.run.model import Resources, Run
from bot.things.sweep.events import SweepEvent
from bot.things.sweep.model import Sweep

RESUMED_BY_ITSELF = frozenset({Cause.PREEMPTED, Cause.NODE_LOST, Cause.TIME_LIMIT})
"""Causes after which a policy's retry goes on from the checkpoint."""


def on_cluster(run: Run, attempt: int | None) -> Run:
    """Return a run as it was in an attempt that the cluster has had: the newest, or the one that is named.

    Raises:
        Refused: there was none, or not that one.
    """
    newest = run.attempt if run.job_id is not None else run.attempt - 1
    if newest < 1:
        raise WrongStage(answers_words.NEVER_ON_CLUSTER(run=run.ref, stage=STAGES[run.stage]()))
    if attempt is not None and attempt > newest:
        raise Refused(answers_words.NO_ATTEMPT(run=run.ref, had=newest, attempt=attempt))
    return replace(run, attempt=attempt or newest)


async def again(record: Record, number: int, remedy: Remedy, *, cluster: ClusterSettings, by: Actor) -> Run:
    """Begin the next attempt of a run that failed, or was cancelled and kept.

    Raises:
        Refused: the remedy cannot be had, or is beyond the requirement's budget, told with the limit.
    """
    async with record.decide(by) as decision:
        resume = remedy is not Remedy.RETRY
        run = await decision.check(Run, number, RunEvent.RESUMED if resume else RunEvent.RETRIED)
        await must_count(decision.tx, run)
        changed = replace(run, resources=CHANGES[remedy](run, cluster))
        await must_fit_budget(decision.tx, await found(decision.tx, Requirement, run.requirement), changed.resources)
        return await next_attempt(decision, changed, resume=resume)


async def next_attempt(decision: Decision, run: Run, *, resume: bool, delay: timedelta = timedelta(0)) -> Run:
    """Order the next attempt within a transaction; what was open about the last one is resolved.

    With `resume` it goes on from the last attempt's checkpoint, where there is one. After an attempt that the cluster
    never had it goes on from where that one would have.
    """
    [moved] = await next_attempts(decision, [run], resume=resume, delay=delay)
    return moved


async def next_attempts(
    decision: Decision, runs: Sequence[Run], *, resume: bool, delay: timedelta = timedelta(0)
) -> list[Run]:
    """Order the next attempts of a run, or of runs of one sweep, whose other runs are looked at once for all."""
    moved = [await _next_attempt(decision, run, resume=resume, delay=delay) for run in runs]
    await sweep_failures.tried_again(decision, moved)
    return moved


async def _next_attempt(decision: Decision, run: Run, *, resume: bool, delay: timedelta) -> Run:
    event = RunEvent.RESUMED if resume else RunEvent.RETRIED
    resume_from = run.resume_from if run.job_id is None else run.key if resume else None
    moved = await decision.move(
        Run,
        run.number,
        event,
        details={"attempt": run.attempt + 1, "from": resume_from},
        delay=delay,
        attempt=run.attempt + 1,
        resources=run.resources,
        resume_from=resume_from,
        job_id=None,
        cause=None,
        failure=None,
        node=None,
    )
    system = decision.by_system()
    for incident in await decision.tx.select(Incident, about=of_failure(Ref(Run.kind, run.number)), stages=UNRESOLVED):
        await system.move(
            Incident,
            incident.number,
            IncidentEvent.RESOLVED,
            resolution=of_incident.NEXT_ATTEMPT(attempt=moved.attempt, run=run.ref),
        )
    return moved


async def by_policy(decision: Decision, run: Run, failure: Failure, recipes: Mapping[str, Recipe]) -> Run | None:
    """Order the next attempt of a run that just failed, if its recipe's policy says so and the budget allows it."""
    recipe = await of_name(decision.tx, run.recipe, recipes)
    if recipe is None or failure.kind.value not in recipe.retry.causes or run.attempt > recipe.retry.limit:
        return None
    if not await counts(decision.tx, run):
        return None
    try:
        await must_fit_budget(decision.tx, await found(decision.tx, Requirement, run.requirement), run.resources)
    except Refused:
        return None  # Ops hear of the failure; who presses Retry then is told the numbers
    wait = timedelta(minutes=recipe.retry.wait_min) * 2 ** (run.attempt - 1)
    return await next_attempt(decision, run, resume=failure.kind in RESUMED_BY_ITSELF, delay=wait)


async def must_count(tx: Reader, run: Run) -> None:
    """Raise WrongStage when nothing could come of another attempt: nobody wants it, or its sweep has had its end."""
    must_be_trainable(await found(tx, Requirement, run.requirement))
    if run.sweep is None:
        return
    sweep = await found(tx, Sweep, run.sweep)
    if sweep.best_run is not None:
        best = Ref(Kind.RUN, sweep.best_run)
        raise WrongStage(
            answers_words.OTHER_PROMOTED(best=best, sweep=sweep.ref, run=run.ref, requirement=run.requirement)
        )
    if sweep.stage is Stage.RUNNING and await is_being_cancelled(tx, sweep):
        raise WrongStage(answers_words.SWEEP_BEING_CANCELLED(sweep=sweep.ref, run=run.ref))


async def is_being_cancelled(tx: Reader, sweep: Sweep) -> bool:
    """Tell whether somebody asked to cancel a sweep."""
    return any(fact.event == SweepEvent.CANCEL_REQUESTED for fact in await tx.history(Ref(Sweep.kind, sweep.number)))


async def fitting(tx: Reader, run: Run, trouble: Cause | None = None) -> tuple[Remedy, ...]:
    """Return the presses that fit how a run ended, or its trouble, without those of which nothing could come."""
    remedies = remedies_of(run, trouble)
    return remedies if await counts(tx, run) else tuple(one for one in remedies if one not in CHANGES)


async def counts(tx: Reader, run: Run) -> bool:
    """Tell whether something could come of another attempt."""
    try:
        await must_count(tx, run)
    except WrongStage:
        return False
    return True


def remedies_of(run: Run, trouble: Cause | None = None) -> tuple[Remedy, ...]:
    """Return the presses that fit how a run ended, or the trouble of one that has not, likeliest first."""
    cause = trouble or (Cause(run.failure) if run.failure else None)
    return tuple(remedy for remedy in REMEDIES.get(cause, ()) if _fits(remedy, run)) if cause else ()


def _fits(remedy: Remedy, run: Run) -> bool:
    match remedy:
        case Remedy.CANCEL:
            return run.stage in OPEN
        case Remedy.STOP:
            return run.stage is Stage.RUNNING
        case Remedy.EXCLUDE_NODE:
            is_one = bool(run.node) and not set("[,") & set(run.node or "")  # of several nobody knows which it was
            return is_one and run.stage in (Stage.FAILED, Stage.RUNNING)
        case Remedy.RESUME:
            return run.stage in (Stage.FAILED, Stage.CANCELLED)
        case _:
            return run.stage is Stage.FAILED


def _same(run: Run, _: ClusterSettings) -> Resources:
    return run.resources


def _more_memory(run: Run, cluster: ClusterSettings) -> Resources:
    most = cluster.max_memory_gib_per_node
    if run.resources.memory_gib >= most:
        raise Refused(answers_words.MOST_MEMORY(run=run.ref, most=most))
    return replace(run.resources, memory_gib=min(most, run.resources.memory_gib * 2))


def _more_time(run: Run, cluster: ClusterSettings) -> Resources:
    most = cluster.max_time_limit_min
    if run.resources.time_limit_min >= most:
        raise Refused(answers_words.MOST_TIME(run=run.ref, most=most))
    return replace(run.resources, time_limit_min=min(most, run.resources.time_limit_min * 2))


def elsewhere(run: Run, _: ClusterSettings | None = None) -> Resources:
    """Return what it asks for, without the node that it is on or was on. Raises Refused when it was on none."""
    if not run.node:
        raise Refused(answers_words.WAS_ON_NO_NODE(run=run.ref))
    return replace(run.resources, exclude=tuple(sorted({*run.resources.exclude, run.node})))


CHANGES: Mapping[Remedy, Callable[[Run, ClusterSettings], Resources]] = {
    Remedy.RETRY: _same,
    Remedy.RESUME: _same,
    Remedy.MORE_MEMORY: _more_memory,
    Remedy.MORE_TIME: _more_time,
    Remedy.EXCLUDE_NODE: elsewhere,
}
"""What a next attempt asks for, by the press that begins it."""
