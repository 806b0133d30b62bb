"""What open runs were last seen as, kept in memory: what has not changed costs nothing, and what stands still shows."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from bot.config import ClusterSettings
from bot.core.said import Said
from bot.core.values import Stage
from bot.ports import JobStatus, Observation, Reader, Store
from bot.services.incidents import UNRESOLVED, cause_told
from bot.services.things import every
from bot.things.incident.model import Incident
from bot.things.incident.subjects import Matter
from bot.things.run import troubles_words as words
from bot.things.run.causes import Cause
from bot.things.run.model import Run
from bot.things.run.readings import CURVE, PROGRESS, SLURM, Curve, Progress, SlurmWords
from bot.things.run.waiting import Wait, wait_of

SPAN_EPOCHS = 3
"""The pace is that of so many epochs."""
SLOW_FACTOR = 2.0
UNCLEAR_AFTER = timedelta(minutes=2)
"""Accounting lags behind the queue by seconds."""
SHORTEST_EPOCH_S = 10.0
"""Epochs shorter than this are not judged: their pace is noise."""
GROWTH_FACTOR = 10
"""A loss so many times its best of the run is far from it."""
GROWTH_EPOCHS = 3
"""Of the newest, in each of which it must be."""
LEAST_BEST_SHARE = 0.01
"""Of the first loss: a best below it counts as this, for so near to nothing ten times as much is noise."""
_STATUS = {Stage.QUEUED: JobStatus.PENDING, Stage.RUNNING: JobStatus.RUNNING}


@dataclass(frozen=True, slots=True)
class Losses:
    """How the loss of a run has gone, as far as its growth is judged by it."""

    epoch: int
    """The newest."""
    first: float
    best: float
    newest: float
    far_count: int = 0
    """How many of the newest epochs, without one between, were far from the best."""

    @property
    def is_far(self) -> bool:
        """Whether the newest is far from the best; where a loss may be negative there is no telling."""
        return self.best > 0 and self.newest > GROWTH_FACTOR * max(self.best, LEAST_BEST_SHARE * self.first)


@dataclass(slots=True)
class Followed:
    """A run as it was last seen."""

    seen: Observation
    progressed_at: datetime
    """When it was last seen to get on; of one that waits, since when it does."""
    marks: list[tuple[int, float]] = field(default_factory=list)
    """Epochs, each with the seconds that had passed when it was first seen: those of the start and the newest."""
    losses: Losses | None = None
    told: Cause | None = None
    """The trouble that Ops know of."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """What is wrong with a run that has not ended."""

    kind: Cause
    title: Said
    cause: Said
    next_step: Said


@dataclass(frozen=True, slots=True)
class Patience:
    """After how long what does not get on is a trouble."""

    stalled: timedelta
    pending: timedelta


def patience_of(settings: ClusterSettings) -> Patience:
    """Return what the config says."""
    return Patience(timedelta(minutes=settings.stalled_after_min), timedelta(hours=settings.pending_after_h))


async def recalled(store: Store, seen: Sequence[tuple[Run, Observation]], *, at: datetime) -> dict[str, Followed]:
    """Return, by key, what was kept of runs before they were seen so: thus a restart makes no news.

    It is the run's stage and node, since when it waits, how often SLURM has requeued it, the readings, and what Ops
    know of.
    """
    if not seen:
        return {}
    numbers = [run.number for run, _ in seen]
    async with store.reading() as tx:
        said = await tx.readings(Run.kind, numbers, SLURM)
        progress = await tx.readings(Run.kind, numbers, PROGRESS)
        told = await _told(tx)
        grew = [number for number in numbers if told.get(number) is Cause.DIVERGED]
        curves = await tx.readings(Run.kind, grew, CURVE) if grew else {}
    return {
        run.key: _recalled(
            run,
            one,
            said.get(run.number),
            progress.get(run.number),
            curve=curves.get(run.number, ()),
            told=told.get(run.number),
            at=at,
        )
        for run, one in seen
    }


async def _told(tx: Reader) -> dict[int, Cause]:
    """Return the troubles that Ops know of and that are not over, by run."""
    told = [one.about for one in await every(tx, Incident, stages=UNRESOLVED, about_matter=Matter.TROUBLE.value)]
    return {about.thing.number: cause for about in told if about.thing and (cause := cause_told(about))}


def _judged_again(progress: Progress | None, curve: Curve) -> Losses | None:
    """Return how the loss has gone to this reading, from the curve where there is one: its best is in it."""
    if progress is None:
        return None
    losses = None
    for row in curve:
        if {"epoch", "loss"} <= row.keys():
            losses = _judged(losses, replace(progress, epoch=int(row["epoch"]), loss=row["loss"]))
    return losses or _judged(None, progress)


def _recalled(
    run: Run,
    seen: Observation,
    said: SlurmWords | None,
    progress: Progress | None,
    *,
    curve: Curve,
    told: Cause | None,
    at: datetime,
) -> Followed:
    before = replace(
        seen,
        restarts=said.restarts if said else seen.restarts,
        status=_STATUS.get(run.stage, JobStatus.UNKNOWN),
        reason=said.reason if said else "",
        node=run.node or "",
        progress=progress,
    )
    waits_since = said.since_at if said and run.stage is Stage.QUEUED else at
    return Followed(before, waits_since, losses=_judged_again(before.progress, curve), told=told)


def after(before: Followed | None, seen: Observation, *, at: datetime) -> Followed:
    """Return the run as it stands after it was seen so."""
    if before is None:
        return Followed(seen, at, _marked([], seen.progress), _judged(None, seen.progress))
    is_on = _gets_on(before.seen) != _gets_on(seen)
    marks = [] if seen.is_suspended else before.marks  # its pace before says nothing of that after
    since = at if is_on else before.progressed_at
    losses = _judged(before.losses, seen.progress)
    return Followed(seen, since, _marked(marks, seen.progress), losses, before.told)


def _gets_on(seen: Observation) -> tuple[object, ...]:
    return seen.progress, seen.status, seen.restarts, seen.is_suspended


def _marked(marks: list[tuple[int, float]], progress: Progress | None) -> list[tuple[int, float]]:
    if progress is None:
        return marks
    earlier = [mark for mark in marks if mark[0] < progress.epoch]
    if len(earlier) < len(marks) and marks[-1][0] == progress.epoch:
        return marks
    kept = [*earlier, (progress.epoch, progress.elapsed_s)]
    return kept if len(kept) <= 2 * (SPAN_EPOCHS + 1) else [*kept[: SPAN_EPOCHS + 1], *kept[-SPAN_EPOCHS - 1 :]]


def _judged(before: Losses | None, progress: Progress | None) -> Losses | None:
    """Return how the loss has gone with this reading; one of an earlier epoch is of an attempt that begins anew."""
    if progress is None or (before is not None and progress.epoch == before.epoch):
        return before
    epoch, loss = progress.epoch, progress.loss
    if before is None or epoch < before.epoch:
        return Losses(epoch, loss, loss, loss)
    seen = replace(before, epoch=epoch, best=min(before.best, loss), newest=loss)
    return replace(seen, far_count=before.far_count + 1 if seen.is_far else 0)


def stands(told: Cause | None, before: Followed, followed: Followed) -> bool:
    """Tell whether a trouble that was told may stand though it does not show: after a restart it is seen for no time.

    What needs no time shows at once.
    """
    seen = followed.seen
    match told:
        case Cause.LOST_SIGHT:
            return seen.status is JobStatus.UNKNOWN
        case Cause.SUSPENDED:
            return seen.is_suspended
        case Cause.STALLED:
            return _gets_on(before.seen) == _gets_on(seen)
        case Cause.SLOW:
            return seen.status is JobStatus.RUNNING and len(followed.marks) < 2 * (SPAN_EPOCHS + 1)
        case _:
            return False


def trouble_of(run: Run, followed: Followed, *, now: datetime, patience: Patience) -> Trouble | None:
    """Return what is wrong with a run that has not ended, or None."""
    since = now - followed.progressed_at
    match followed.seen.status:
        case JobStatus.UNKNOWN if since >= UNCLEAR_AFTER:
            return _unclear(run, followed.seen)
        case JobStatus.PENDING:
            return _waiting(run, followed.seen.reason, since, patience.pending)
        case JobStatus.RUNNING:
            return _running(run, followed, since, patience.stalled)
        case _:
            return None


def _unclear(run: Run, seen: Observation) -> Trouble:
    job, look = run.job_id or "", f"sacct -j {run.job_id}"
    if seen.strange_word:
        cause = words.STRANGE_STATE_CAUSE(job=job, state=seen.strange_word)
        step = words.STRANGE_STATE_STEP(command=look)
        return Trouble(Cause.LOST_SIGHT, words.STRANGE_STATE(run=run.ref), cause, step)
    cause, step = words.NOT_KNOWN_CAUSE(job=job, why=seen.reason), words.NOT_KNOWN_STEP(command=look)
    return Trouble(Cause.LOST_SIGHT, words.NOT_KNOWN(run=run.ref), cause, step)


def _waiting(run: Run, reason: str, since: timedelta, patience: timedelta) -> Trouble | None:
    wait = wait_of(reason)
    if wait is not None and wait.is_hopeless:
        cause = words.KEPT_WAITING(reason=reason, meaning=wait.said())
        return Trouble(Cause.PENDING_FOR_EVER, words.WILL_NOT_START(run=run.ref), cause, words.ASK_FOR_LESS())
    if since >= patience:
        cause = _waited(since // timedelta(hours=1), reason, wait)
        return Trouble(Cause.PENDING_FOR_EVER, words.WAITS_LONG(run=run.ref), cause, words.WAIT_ON())
    return None


def _waited(hours: int, reason: str, wait: Wait | None) -> Said:
    if wait is not None:
        return words.HAS_WAITED_WITH_MEANING(hours=hours, reason=reason, meaning=wait.said())
    return words.HAS_WAITED_WITH(hours=hours, reason=reason) if reason else words.HAS_WAITED(hours=hours)


def _running(run: Run, followed: Followed, since: timedelta, patience: timedelta) -> Trouble | None:
    seen, minutes = followed.seen, since // timedelta(minutes=1)
    where = words.AT_NODE(node=seen.node) if seen.node else ""
    look = words.LOOK_AT_RUN(number=run.number)
    if seen.is_suspended:
        cause, mend = words.SUSPENDED_CAUSE(where=where, minutes=minutes), words.SUSPENDED_STEP()
        return Trouble(Cause.SUSPENDED, words.SUSPENDED(run=run.ref), cause, mend) if since >= patience else None
    if divergence := _divergence(followed, where):
        return Trouble(Cause.DIVERGED, words.DIVERGED(run=run.ref), divergence, words.DIVERGED_STEP())
    if since >= patience:
        cause = words.NO_PROGRESS(where=where, minutes=minutes)
        return Trouble(Cause.STALLED, words.STANDS_STILL(run=run.ref), cause, look)
    pace = slowdown(followed.marks)
    if pace >= SLOW_FACTOR:
        cause = words.SLOW_CAUSE(epochs=SPAN_EPOCHS, where=where, pace=pace)
        return Trouble(Cause.SLOW, words.SLOW(run=run.ref), cause, look)
    return None


def _divergence(followed: Followed, where: Said | str) -> Said | None:
    """Return how it shows that the run has diverged; None while it does not."""
    if followed.seen.is_diverged:
        return words.NOT_FINITE(where=where)
    losses = followed.losses
    if losses is None or losses.far_count < GROWTH_EPOCHS:
        return None
    return words.FAR_FROM_BEST(
        where=where, factor=GROWTH_FACTOR, epochs=losses.far_count, newest=losses.newest, best=losses.best
    )


def slowdown(marks: list[tuple[int, float]]) -> float:
    """Return how many times as long the newest epochs took as the first ones; 1 while that cannot be told."""
    if len(marks) < 2 * (SPAN_EPOCHS + 1):
        return 1.0
    first, newest = _epoch_s(marks[: SPAN_EPOCHS + 1]), _epoch_s(marks[-SPAN_EPOCHS - 1 :])
    return newest / first if first > 0 and newest >= SHORTEST_EPOCH_S else 1.0


def _epoch_s(marks: list[tuple[int, float]]) -> float:
    (first, began_s), (last, ended_s) = marks[0], marks[-1]
    return (ended_s - began_s) / (last - first)
