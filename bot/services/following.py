"""What open runs were last seen as, kept in memory: what has not changed costs nothing, and what stands still shows."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from bot.config import ClusterSettings
from bot.core.values import Stage
from bot.ports import JobStatus, Observation, Reader, Store
from bot.services.incidents import UNRESOLVED, cause_told
from bot.services.things import every
from bot.things.incident.model import Incident
from bot.things.incident.subjects import Matter
from bot.things.run.causes import Cause
from bot.things.run.model import Run
from bot.things.run.readings import CURVE, PROGRESS, SLURM, Curve, Progress, SlurmWords
from bot.things.run.waiting import wait_of

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
    title: str
    cause: str
    next_step: str


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
    if seen.strange_word:
        return Trouble(
            Cause.LOST_SIGHT,
            f"RUN-{run.number} is in a state that Slipway does not know",
            f"SLURM shows job {run.job_id} as {seen.strange_word}, which no table of ours has. So the run has no end.",
            f"Look with `sacct -j {run.job_id}`, and in SLURM's manual what that state means. If the job has ended, "
            "cancel the run, which then ends it.",
        )
    return Trouble(
        Cause.LOST_SIGHT,
        f"RUN-{run.number} is not known to SLURM",
        f"What SLURM says of job {run.job_id} is not clear: {seen.reason}. So the run has no end.",
        f"Look with `sacct -j {run.job_id}`. If the job is gone, cancel the run, which then ends it.",
    )


def _waiting(run: Run, reason: str, since: timedelta, patience: timedelta) -> Trouble | None:
    wait = wait_of(reason)
    said = f"the reason {reason}" + (f": {wait.said}" if wait else "")
    if wait is not None and wait.is_hopeless:
        return Trouble(
            Cause.PENDING_FOR_EVER,
            f"RUN-{run.number} will not start by itself",
            f"SLURM keeps it waiting with {said}.",
            "Cancel it and launch it with what the cluster allows, or have an administrator lift the reason.",
        )
    if since >= patience:
        return Trouble(
            Cause.PENDING_FOR_EVER,
            f"RUN-{run.number} waits for very long",
            f"It has waited in the queue for {since // timedelta(hours=1)} hours"
            + (f", with {said}." if reason else "."),
            "Look at `/cluster queue` and `/cluster nodes`; wait on, or cancel it and ask for less.",
        )
    return None


def _running(run: Run, followed: Followed, since: timedelta, patience: timedelta) -> Trouble | None:
    seen, minutes = followed.seen, since // timedelta(minutes=1)
    where = f" on {seen.node}" if seen.node else ""
    look = f"Look at `/train logs run:{run.number}` and `/cluster nodes`; then wait, or press what fits."
    if seen.is_suspended:
        cause = f"SLURM suspended it{where} {minutes} minutes ago: it keeps its GPUs' memory and does not go on."
        mend = "An administrator lets it go on with `scontrol resume`, unless SLURM does so by itself."
        return Trouble(Cause.SUSPENDED, f"RUN-{run.number} is suspended", cause, mend) if since >= patience else None
    if divergence := _divergence(followed, where):
        mend = "Cancel it, and launch it again with a lower learning rate."
        return Trouble(Cause.DIVERGED, f"RUN-{run.number} has diverged", divergence, mend)
    if since >= patience:
        cause = f"It runs{where}, but has written no progress for {minutes} minutes."
        return Trouble(Cause.STALLED, f"RUN-{run.number} stands still", cause, look)
    pace = slowdown(followed.marks)
    if pace >= SLOW_FACTOR:
        cause = f"Its last {SPAN_EPOCHS} epochs{where} took {pace:.1f} times as long as its first {SPAN_EPOCHS}."
        return Trouble(Cause.SLOW, f"RUN-{run.number} has become slow", cause, look)
    return None


def _divergence(followed: Followed, where: str) -> str:
    """Return how it shows that the run has diverged; empty while it does not."""
    if followed.seen.is_diverged:
        return f"The newest line of its progress{where} has a loss or measure that is NaN or infinite."
    losses = followed.losses
    if losses is None or losses.far_count < GROWTH_EPOCHS:
        return ""
    return (
        f"Its loss{where} has been more than {GROWTH_FACTOR} times its best for {losses.far_count} epochs: "
        f"it is {losses.newest:.4g}, and was {losses.best:.4g}."
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
