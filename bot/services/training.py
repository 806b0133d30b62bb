"""Runs: ordered by creators, moved on by what the cluster says."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from bot.config import ClusterSettings
from bot.core.record import Decision, Record
from bot.core.said import Said
from bot.core.secrets import redacted_said
from bot.core.values import SYSTEM, Actor, Fact, Json, Kind, Ref, Stage
from bot.errors import Refused, WrongStage
from bot.lifecycle import step
from bot.ports import JobStatus, Result, Writer
from bot.services import attempts, repeating, sweep_failures, unaccounted
from bot.services.incidents import open_in
from bot.services.planning import (
    HYPOTHESIS_LIMIT,
    OPEN,
    must_fit_budget,
    must_not_be_a_sweeps_plan,
)
from bot.services.things import found
from bot.things.audit.model import Audit
from bot.things.incident import words as of_incident
from bot.things.incident.subjects import of_failure
from bot.things.recipe.recipe import Code, Recipe
from bot.things.requirement.model import Requirement
from bot.things.run import answers_words, causes_words
from bot.things.run.causes import Cause, Failure, Remedy
from bot.things.run.curves import grown
from bot.things.run.events import RunEvent
from bot.things.run.model import Run
from bot.things.run.readings import CURVE, HELD_BACK, PROGRESS, SLURM, TEST_ROWS, HeldBack, Progress, SlurmWords
from bot.things.sweep.events import SweepEvent
from bot.things.sweep.model import Sweep

OPEN_STAGES = tuple(stage.value for stage in OPEN)
"""Runs that the cluster knows and that have not ended."""
BATCH = 40
"""Readings kept in one transaction."""
REDRAW_INTERVAL = timedelta(seconds=3)
"""Readings may redraw a card this often; facts redraw it at once."""
OLD_AFTER_S, OLD_REDRAW_INTERVAL = 3300.0, timedelta(minutes=1)
"""When a run has trained so long, its card comes to the age at which Discord takes few edits."""
REDRAW_SHARE = timedelta(seconds=2)
"""Of a channel's edits for each run with news: Discord takes one a second, and half of them are kept for facts."""


async def cancel(record: Record, number: int, *, keep: bool = False, by: Actor) -> Run:
    """Cancel a run: at once if the cluster does not know it yet, otherwise by asking the cluster.

    With `keep` it is told to save a checkpoint first, and can be resumed.
    """
    async with record.decide(by) as decision:
        run = await found(decision.tx, Run, number)
        must_not_be_a_sweeps_plan(run)
        if run.stage.value not in OPEN_STAGES:  # one that has ended is refused there, with the stage it is at
            return await decision.move(Run, number, RunEvent.CANCELLED)
        asked = await _cancel_asked(decision, number)
        if asked is not None and (keep or not asked.details.get("keep")):  # one that does not stop by itself is ended
            raise WrongStage(answers_words.CANCELLING_ASKED(run=run.ref))
        return await decision.move(Run, number, RunEvent.CANCEL_REQUESTED, details={"keep": keep})


async def elsewhere(record: Record, number: int, *, cluster: ClusterSettings, by: Actor) -> Run:
    """Have a run go on on another node: one that runs after it has saved and stopped, one that failed at once.

    Raises:
        Refused: it never got to a node, or the next attempt is beyond the requirement's budget.
    """
    async with record.decide(by) as decision:
        run = await found(decision.tx, Run, number)
        if run.stage is Stage.RUNNING:
            await attempts.must_count(decision.tx, run)
            wanted = await found(decision.tx, Requirement, run.requirement)
            await must_fit_budget(decision.tx, wanted, attempts.elsewhere(run))
            asked = await _cancel_asked(decision, number)
            if asked is not None and not asked.details.get("keep"):
                raise WrongStage(answers_words.CANCELLING_ASKED(run=run.ref))
            keep = asked is None or "then" not in asked.details  # one that does not stop by itself is ended
            details: dict[str, Json] = {"keep": keep, "then": Remedy.EXCLUDE_NODE.value}
            return await decision.move(Run, number, RunEvent.CANCEL_REQUESTED, details=details)
    return await attempts.again(record, number, Remedy.EXCLUDE_NODE, cluster=cluster, by=by)


async def _cancel_asked(decision: Decision, number: int) -> Fact | None:
    """Return the last wish to cancel the run's present attempt, or None."""
    for fact in reversed(await decision.tx.history(Ref(Run.kind, number))):
        if fact.event == RunEvent.CANCEL_REQUESTED:
            return fact
        if fact.event in (RunEvent.RETRIED, RunEvent.RESUMED):
            return None
    return None


async def submitted(record: Record, number: int, *, attempt: int, job_id: str, code: Code | None = None) -> Run:
    """Note the job that the cluster gave the attempt, and what own code it runs.

    A run that was cancelled meanwhile is returned as it is.
    """
    async with record.decide(SYSTEM) as decision:
        run = await found(decision.tx, Run, number)
        if run.stage is not Stage.ORDERED or run.attempt != attempt:
            return run
        details = {"job": job_id, "attempt": attempt, **repeating.on_record(code)}
        return await decision.move(Run, number, RunEvent.SUBMITTED, details=details, job_id=job_id)


_STAGE_EVENTS = {JobStatus.PENDING: RunEvent.QUEUED, JobStatus.RUNNING: RunEvent.STARTED}


async def waits_or_runs(
    record: Record, number: int, status: JobStatus, *, reason: str, node: str, restarts: int = 0
) -> None:
    """Move an open run on to queued or running; where it stands already, only what SLURM says is kept."""
    event, about = _STAGE_EVENTS[status], Ref(Run.kind, number)
    async with record.decide(SYSTEM) as decision:
        run = await found(decision.tx, Run, number)
        moves = step(Run.kind, run.stage, event) is not None
        await _keep_said(decision.tx, about, status, reason, at=decision.at, is_new=moves, restarts=restarts)
        if moves:
            details: dict[str, Json] = {"reason": reason, "node": node, "attempt": run.attempt}
            await decision.move(Run, number, event, details=details, node=node or run.node)
            if event is RunEvent.STARTED:  # what an earlier attempt wrote last is not where this one stands
                await decision.tx.put_reading(about, PROGRESS, None, at=decision.at)


async def held_back(record: Record, about: Ref, why: Said, *, attempt: int = 1) -> None:
    """Keep, for its card, why an ordered run or sweep is not sent yet."""
    said = HeldBack(attempt, why)
    async with record.store.reading() as tx:
        if said == await tx.reading(about, HELD_BACK):
            return
    async with record.store.writing() as tx:
        await tx.put_reading(about, HELD_BACK, said, at=record.now())
        await tx.mark_card(about, not_before=record.now())


async def unclear(record: Record, number: int, reason: str) -> None:
    """Keep why it cannot be told where a run stands: it stays where it stood."""
    async with record.store.writing() as tx:
        await _keep_said(tx, Ref(Run.kind, number), JobStatus.UNKNOWN, reason, at=record.now(), is_new=False)


async def _keep_said(
    tx: Writer,
    about: Ref,
    status: JobStatus,
    reason: str,
    *,
    at: datetime,
    is_new: bool,
    restarts: int | None = None,
) -> None:
    """Keep what SLURM says; `since` is when the run came to the stage that it is at.

    Where SLURM does not say how often it has requeued the job, it is as before.
    """
    before = None if is_new else await tx.reading(about, SLURM)
    before = before or SlurmWords(reason, is_unclear=False, since_at=at)
    is_unclear, restarts = status is JobStatus.UNKNOWN, before.restarts if restarts is None else restarts
    said = replace(before, reason=reason, is_unclear=is_unclear, restarts=restarts)
    await tx.put_reading(about, SLURM, said, at=at)
    await tx.mark_card(about, not_before=at)


async def progressed(record: Record, news: Sequence[tuple[Run, Progress]]) -> None:
    """Keep runs' newest readings and their curves, and let their cards follow soon, or their sweep's.

    Many in one transaction, for a commit costs more than they do; not all in one, for others want to write too.
    """
    wait = max(REDRAW_INTERVAL, REDRAW_SHARE * len({run.shown_on for run, _ in news}))
    longer = max(wait, OLD_REDRAW_INTERVAL)
    for start in range(0, len(news), BATCH):
        now = record.now()
        batch = news[start : start + BATCH]
        newest = {Ref(Run.kind, run.number): progress for run, progress in batch}
        async with record.store.writing() as tx:
            curves = await tx.readings(Run.kind, [about.number for about in newest], CURVE)
            longer_by_one = {about: grown(curves.get(about.number, ()), one) for about, one in newest.items()}
            await tx.put_readings(CURVE, longer_by_one, at=now)
            await tx.put_readings(PROGRESS, newest, at=now)
            old = {run.shown_on for run, progress in batch if progress.elapsed_s > OLD_AFTER_S}
            await tx.mark_card(*{run.shown_on for run, _ in batch} - old, not_before=now + wait)
            await tx.mark_card(*old, not_before=now + longer)


async def succeeded(record: Record, number: int, result: Result) -> Audit | None:
    """Note a run's success and return the audit that follows, if one does. A run that has ended is left alone."""
    async with record.decide(SYSTEM) as decision:
        run = await found(decision.tx, Run, number)
        if run.stage.value not in OPEN_STAGES:
            return None
        about = Ref(Run.kind, number)
        await decision.tx.put_reading(about, CURVE, tuple(result.curve), at=decision.at)
        await decision.tx.put_reading(about, TEST_ROWS, result.test_rows, at=decision.at)
        code = await repeating.code_that_ran(decision.tx, run)
        made_of = repeating.made_of(result, code)
        await unaccounted.ended(decision, run, RunEvent.SUCCEEDED)
        await decision.move(
            Run,
            number,
            RunEvent.SUCCEEDED,
            details={
                "metrics": result.metrics,
                "digest": result.digest,
                "made_of": made_of,
                "attempt": run.attempt,
            },
            metrics=dict(result.metrics),
            model_digest=result.digest,
            fingerprint=made_of or None,
        )
        return next(iter(await decision.tx.select(Audit, run=number, limit=1)), None)


async def recorded(record: Record, number: int, *, version: str, url: str) -> None:
    """Note where the registry keeps the run's model."""
    async with record.decide(SYSTEM) as decision:
        await decision.move(
            Run, number, RunEvent.RECORDED, details={"version": version}, model_version=version, tracking_url=url
        )


async def failed(
    record: Record,
    number: int,
    failure: Failure,
    *,
    log_tail: str = "",
    node: str = "",
    recipes: Mapping[str, Recipe] | None = None,
) -> None:
    """Note a failure: the recipe's policy tries again, or Ops get an incident. A run that has ended is left alone."""
    failure = replace(failure, cause=redacted_said(failure.cause))
    async with record.decide(SYSTEM) as decision:
        run = await found(decision.tx, Run, number)
        if step(Run.kind, run.stage, RunEvent.FAILED) is None:
            return
        await unaccounted.ended(decision, run, RunEvent.FAILED)
        run = await decision.move(
            Run,
            number,
            RunEvent.FAILED,
            details={"attempt": run.attempt},
            cause=failure.cause,
            failure=failure.kind.value,
            node=node or run.node,
        )
        is_given_up = await _sweep_is_cancelled(decision, run)
        is_wanted = await _cancel_asked(decision, number) is None and not is_given_up
        if is_wanted and await attempts.by_policy(decision, run, failure, recipes or {}) is not None:
            return
        if await _sweep_tells(decision, run):
            await sweep_failures.noted(decision, run, log_tail=log_tail, may_tell=not is_given_up)
            return
        await open_in(
            decision,
            of_failure(Ref(Run.kind, number)),
            title=of_incident.RUN_FAILED(run=run.ref),
            cause=failure.cause,
            next_step=failure.next_step,
            log_tail=log_tail,
        )


async def cancelled(record: Record, number: int, *, reason: str, may_wait: bool = False) -> bool:
    """Note that the cluster has ended the run on someone's wish; one that nobody told us of is told to Ops.

    Returns False when it waits to be told who it was, which accounting knows some seconds later.
    """
    async with record.decide(SYSTEM) as decision:
        run = await found(decision.tx, Run, number)
        if step(Run.kind, run.stage, RunEvent.CANCELLED) is None:
            return True
        asked = await _cancel_asked(decision, number)
        if asked is None and not await _sweep_is_cancelled(decision, run):
            if may_wait and not reason:
                return False
            await _cancelled_by_others(decision, run, reason)
            return True
        details: dict[str, Json] = {"reason": reason, "attempt": run.attempt}
        await unaccounted.ended(decision, run, RunEvent.CANCELLED)
        run = await decision.move(Run, number, RunEvent.CANCELLED, details=details)
        is_wanted = asked is not None and not await _sweep_is_cancelled(decision, run)
        if is_wanted and asked is not None and "then" in asked.details and await attempts.counts(decision.tx, run):
            hand = replace(decision, by=Actor(asked.by, SYSTEM.duties))  # the wish was theirs; four eyes must find them
            await attempts.next_attempt(hand, replace(run, resources=attempts.elsewhere(run)), resume=True)
        return True


async def _sweep_is_cancelled(decision: Decision, run: Run) -> bool:
    """Tell whether somebody cancelled the whole sweep that the run is of, since its present attempt was ordered."""
    if run.sweep is None:
        return False
    begun = [fact for fact in await decision.tx.history(Ref(Run.kind, run.number)) if fact.event in _BEGINNINGS]
    history = await decision.tx.history(Ref(Kind.SWEEP, run.sweep))
    return any(fact.event in _SWEEPS_END and fact.sequence > begun[-1].sequence for fact in history)


_BEGINNINGS = frozenset({RunEvent.SWEPT.value, RunEvent.RETRIED.value, RunEvent.RESUMED.value})
_SWEEPS_END = frozenset({SweepEvent.CANCEL_REQUESTED.value, SweepEvent.CANCELLED.value})


async def _sweep_tells(decision: Decision, run: Run) -> bool:
    """Tell whether its sweep's incident tells of a run; of one that was resumed after its sweep's end its own does."""
    if run.sweep is None:
        return False
    is_over = (await found(decision.tx, Sweep, run.sweep)).stage is Stage.CANCELLED
    return not is_over or await _sweep_is_cancelled(decision, run)


async def _cancelled_by_others(decision: Decision, run: Run, reason: str) -> None:
    """Note that somebody has cancelled the run on the cluster itself."""
    cause = causes_words.CANCELLED_BY(who=reason) if reason else causes_words.CANCELLED_BY_OTHERS()
    failure = Cause.CANCELLED_BY_OTHERS.value
    details: dict[str, Json] = {"reason": reason, "attempt": run.attempt}
    await unaccounted.ended(decision, run, RunEvent.CANCELLED)
    run = await decision.move(Run, run.number, RunEvent.CANCELLED, details=details, cause=cause, failure=failure)
    if await _sweep_tells(decision, run):
        await sweep_failures.noted(decision, run)
        return
    await open_in(
        decision,
        of_failure(Ref(Run.kind, run.number)),
        title=of_incident.RUN_CANCELLED(run=run.ref),
        cause=cause,
        next_step=causes_words.ASK_WHO(),
    )


async def cancelled_if_asked(record: Record, number: int, *, reason: str) -> bool:
    """End a run that somebody wished to cancel and of which the cluster knows nothing any more; tell whether it was."""
    async with record.decide(SYSTEM) as decision:
        run = await found(decision.tx, Run, number)
        if run.stage.value not in OPEN_STAGES or await _cancel_asked(decision, number) is None:
            return False
        details: dict[str, Json] = {"reason": reason, "attempt": run.attempt}
        await unaccounted.ended(decision, run, RunEvent.CANCELLED)
        await decision.move(Run, number, RunEvent.CANCELLED, details=details)
        return True


async def note(record: Record, number: int, *, hypothesis: str | None, conclusion: str | None, by: Actor) -> Run:
    """Write down what a run is to show, or what it showed."""
    if hypothesis is None and conclusion is None:
        raise Refused(answers_words.NOTHING_TO_NOTE())
    for too_long, text in (
        (answers_words.HYPOTHESIS_TOO_LONG, hypothesis),
        (answers_words.CONCLUSION_TOO_LONG, conclusion),
    ):
        if text is not None and len(text) > HYPOTHESIS_LIMIT:
            raise Refused(too_long(length=len(text), limit=HYPOTHESIS_LIMIT))
    async with record.decide(by) as decision:
        run = await found(decision.tx, Run, number)
        return await decision.move(
            Run,
            number,
            RunEvent.NOTED,
            details={"hypothesis": hypothesis, "conclusion": conclusion},
            hypothesis=run.hypothesis if hypothesis is None else hypothesis.strip(),
            conclusion=run.conclusion if conclusion is None else conclusion.strip(),
        )
