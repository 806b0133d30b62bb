"""Follows runs on the cluster: one round of asking for all that are open, then each is told what was seen of it."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

import structlog

from bot.app import App
from bot.config import Settings
from bot.core.values import Json, Ref
from bot.effects import health
from bot.effects.cluster import job_of
from bot.errors import BadResult, NoResult, Refused, Upstream
from bot.ports import JobStatus, Observation
from bot.services import following, incidents, sweeps, things, training
from bot.services.causes import failure_of
from bot.services.following import Followed, Trouble
from bot.things.incident import subjects, words
from bot.things.incident.subjects import Matter
from bot.things.model import servable
from bot.things.model.words import WRITE_WHAT_IS_MISSING
from bot.things.run import causes_words
from bot.things.run.causes import Cause, Failure
from bot.things.run.model import Run

log = structlog.get_logger()
LOG_LINES = 200
WORK = "following runs"
MOST_FAILURES = 3
"""When it fails so often in one round to ask more of ended runs, the others of them wait for the next round."""
BY_SOMEBODY = Observation(JobStatus.UNKNOWN, "it was cancelled on the cluster, by whom is not known yet")
AWAITED = Observation(JobStatus.UNKNOWN, "it has ended well, but its result cannot be seen yet")


def interval(settings: Settings) -> timedelta:
    """Return how often to ask."""
    return timedelta(seconds=settings.cluster.poll_interval_s)


async def tick(app: App) -> None:
    """Ask once for all open runs."""
    await sweeps.settle(app.record)
    async with app.store.reading() as tx:
        runs = await things.every(tx, Run, stages=training.OPEN_STAGES)
    jobs = {run.key: (run, job) for run in runs if (job := job_of(run)) is not None}
    if not jobs:
        health.ended(app, WORK)
        return
    try:
        seen = await app.cluster.observe([job for _, job in jobs.values()])
        before = {key: app.followed[key] for key in seen.keys() & app.followed.keys()}
        unknown = [(jobs[key][0], one) for key, one in seen.items() if key not in before]
        before |= await following.recalled(app.store, unknown, at=app.record.now())
        news = [
            (jobs[key][0], one.progress)
            for key, one in seen.items()
            if one.progress is not None and not one.status.is_final and one.progress != before[key].seen.progress
        ]
        failures = await _follow_each(app, [(jobs[key][0], one, before[key]) for key, one in seen.items()])
        await training.progressed(app.record, news)
    except Upstream as error:
        failures = [error]
    if failures:
        log.warning("cluster cannot be asked", error=str(failures[0]), count=len(failures))
        await health.failed(app, failures[0], work=WORK)
        return
    await health.answered(app, WORK)
    for key in app.followed.keys() - jobs.keys():
        del app.followed[key]


async def _follow_each(app: App, runs: Sequence[tuple[Run, Observation, Followed]]) -> list[Upstream]:
    """Follow each run, whatever becomes of the others; return how the cluster failed where it had to be asked more."""
    failures: list[Upstream] = []
    for run, seen, before in runs:
        if len(failures) >= MOST_FAILURES and seen.status.is_final:
            continue  # only of these more is asked, and each would wait as long as the others did
        try:
            await _follow(app, run, seen, before, may_ask=len(failures) < MOST_FAILURES)
        except Refused as refusal:
            log.error("run cannot be followed", run=run.number, error=str(refusal))
        except Upstream as error:
            if error.system != "cluster":
                raise
            failures.append(error)
    return failures


async def _follow(app: App, run: Run, seen: Observation, before: Followed, *, may_ask: bool) -> None:
    """Tell what is new of a run, and whether it gets on as it should."""
    now, followed = app.record.now(), before
    if run.key not in app.followed or before.seen != seen:
        waited = now - before.progressed_at if before.seen in (AWAITED, BY_SOMEBODY) else None
        seen = await _tell(app, run, seen, before.seen, waited=waited)
        followed = app.followed[run.key] = following.after(before, seen, at=now)
    is_over = seen.status.is_final
    trouble = following.trouble_of(run, followed, now=now, patience=following.patience_of(app.settings.cluster))
    if trouble is not None and seen.status is JobStatus.UNKNOWN and not seen.strange_word:  # what SLURM shows is there
        is_over = await training.cancelled_if_asked(app.record, run.number, reason=seen.reason)
        trouble = None if is_over else trouble
    kind, failure = trouble.kind if trouble else None, None
    if trouble is None and not is_over and following.stands(followed.told, before, followed):
        kind = followed.told
    if kind is not followed.told or is_over:
        about, resolution = Ref(Run.kind, run.number), words.RUN_ENDED() if is_over else words.GETS_ON()
        still = (subjects.of_trouble(about, kind),) if kind else ()
        besides = (Matter.TROUBLE, Matter.GIVEN_UP)
        await incidents.resolve_gone(app.record, *besides, of=about, still=still, resolution=resolution)
    if trouble is not None and kind is not followed.told:
        failure = await _tell_of_trouble(app, run, trouble, with_log=may_ask and seen.status is JobStatus.RUNNING)
    followed.told = kind
    if failure is not None:
        raise failure


async def _tell_of_trouble(app: App, run: Run, trouble: Trouble, *, with_log: bool) -> Upstream | None:
    """Tell Ops, with the log's end where it can be had; return why not, for others to be told."""
    tail, failure = "", None
    try:
        tail = await _log_tail(app, run) if with_log else ""
    except Upstream as error:
        failure = error
    said = {"title": trouble.title, "cause": trouble.cause, "next_step": trouble.next_step}
    about = subjects.of_trouble(Ref(Run.kind, run.number), trouble.kind)
    await incidents.open_once(app.record, about, **said, log_tail=tail)
    return failure


async def _tell(app: App, run: Run, seen: Observation, before: Observation, *, waited: timedelta | None) -> Observation:
    """Tell what a run was seen as, and return what it is to be remembered as."""
    match seen.status:
        case JobStatus.UNKNOWN:
            await training.unclear(app.record, run.number, seen.reason)
        case JobStatus.PENDING | JobStatus.RUNNING:
            if replace(before, progress=None) != replace(seen, progress=None):
                said = {"reason": seen.reason, "node": seen.node}
                await training.waits_or_runs(app.record, run.number, seen.status, **said, restarts=seen.restarts)
        case JobStatus.COMPLETED:
            return await _completed(app, run, seen, waited=waited)
        case JobStatus.CANCELLED:
            may_wait = (waited or timedelta()) < _patience(app)
            if not await training.cancelled(app.record, run.number, reason=seen.reason, may_wait=may_wait):
                return BY_SOMEBODY
        case _:
            tail = await _log_tail(app, run)
            ended = replace(seen, is_diverged=before.is_diverged)
            failure = failure_of(ended, log_tail=tail, last_words=await _last_words(app, run))
            await training.failed(app.record, run.number, failure, log_tail=tail, node=seen.node, recipes=app.recipes)
    return seen


async def _log_tail(app: App, run: Run) -> str:
    """Return the log's end; one that cannot be read must not keep its run from ending."""
    try:
        return await app.cluster.log_tail(run.key, lines=LOG_LINES)
    except BadResult as error:
        log.warning("log cannot be read", run=run.number, error=error.message)
        return ""


async def _last_words(app: App, run: Run) -> Mapping[str, Json]:
    try:
        return await app.cluster.last_words(run.key)
    except BadResult:
        return {}


def hints(app: App) -> AsyncIterator[str]:
    """Return what makes the next tick come at once: the cluster's word that a run has ended."""
    return app.cluster.ended()


async def _completed(app: App, run: Run, seen: Observation, *, waited: timedelta | None) -> Observation:
    """Take the run's result; one that is not there yet is awaited for a while."""
    try:
        result = await app.cluster.result(run.key)
    except BadResult as error:
        is_late = isinstance(error, NoResult) and (waited or timedelta()) < _patience(app)
        if is_late and waited is None:
            await training.unclear(app.record, run.number, AWAITED.reason)
        if is_late:
            return AWAITED
        cause = causes_words.BAD_RESULT(why=error.message)
        failure = Failure(cause, causes_words.LOOK_AT_RESULT(), Cause.BAD_RESULT)
        await training.failed(app.record, run.number, failure, log_tail=await _log_tail(app, run), recipes=app.recipes)
        return seen
    lacking = servable.findings(result.model) if result.model is not None else ()
    if lacking:
        failure = Failure(servable.sentence(lacking), WRITE_WHAT_IS_MISSING(), Cause.NOT_SERVABLE)
        await training.failed(app.record, run.number, failure, log_tail=await _log_tail(app, run), recipes=app.recipes)
        return seen
    await training.succeeded(app.record, run.number, result)
    return seen


def _patience(app: App) -> timedelta:
    return timedelta(seconds=app.settings.cluster.late_result_s)
