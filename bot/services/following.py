"""What open runs were last seen as, kept in memory: what has not changed costs nothing, and what stands still shows."""

from collections.abc import Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import datetime, timedelta

from bot.domain.model import Json, Run, Stage
from bot.domain.progress import Progress
from bot.ports import JobStatus, Observation, Store

SPAN_EPOCHS = 3
"""The pace is that of so many epochs."""
SLOW_FACTOR = 2.0
UNCLEAR_AFTER = timedelta(minutes=2)
"""Accounting lags behind the queue by seconds."""
SHORTEST_EPOCH_S = 10.0
"""Epochs shorter than this are not judged: their pace is noise."""
_STATUS = {Stage.QUEUED: JobStatus.PENDING, Stage.RUNNING: JobStatus.RUNNING}
_PROGRESS = {one.name for one in fields(Progress)}


@dataclass(slots=True)
class Followed:
    """A run as it was last seen."""

    seen: Observation
    progressed_at: datetime
    """When it was last seen to get on."""
    marks: list[tuple[int, float]] = field(default_factory=list)
    """Epochs, each with the seconds that had passed when it was first seen: those of the start and the newest."""
    is_told: bool = False
    """Ops know of its trouble."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """What is wrong with a run that still runs."""

    title: str
    cause: str
    next_step: str


async def recalled(store: Store, seen: Sequence[tuple[Run, Observation]]) -> dict[str, Observation]:
    """Return, by key, what was kept of runs before they were seen so: thus a restart makes no news.

    It is the run's stage and node, and the readings; SLURM's count of restarts is not kept.
    """
    if not seen:
        return {}
    numbers = [run.number for run, _ in seen]
    async with store.reading() as tx:
        said = await tx.readings(Run.kind, numbers, "slurm")
        progress = await tx.readings(Run.kind, numbers, "progress")
    return {run.key: _recalled(run, one, said.get(run.number), progress.get(run.number)) for run, one in seen}


def _recalled(run: Run, seen: Observation, said: Json, progress: Json) -> Observation:
    return replace(
        seen,
        status=_STATUS.get(run.stage, JobStatus.UNKNOWN),
        reason=str(said.get("reason")) if isinstance(said, dict) else "",
        node=run.node or "",
        progress=Progress(**progress) if isinstance(progress, dict) and progress.keys() == _PROGRESS else None,
    )


def after(before: Followed | None, seen: Observation, *, at: datetime) -> Followed:
    """Return the run as it stands after it was seen so."""
    if before is None:
        return Followed(seen, at, _marked([], seen.progress))
    is_on = (before.seen.progress, before.seen.status) != (seen.progress, seen.status)
    marks = _marked(before.marks, seen.progress)
    return Followed(seen, at if is_on else before.progressed_at, marks, before.is_told)


def _marked(marks: list[tuple[int, float]], progress: Progress | None) -> list[tuple[int, float]]:
    if progress is None:
        return marks
    earlier = [mark for mark in marks if mark[0] < progress.epoch]
    if len(earlier) < len(marks) and marks[-1][0] == progress.epoch:
        return marks
    kept = [*earlier, (progress.epoch, progress.elapsed_s)]
    return kept if len(kept) <= 2 * (SPAN_EPOCHS + 1) else [*kept[: SPAN_EPOCHS + 1], *kept[-SPAN_EPOCHS - 1 :]]


def trouble_of(run: Run, followed: Followed, *, now: datetime, stalled_after: timedelta) -> Trouble | None:
    """Return what is wrong with a run that has not ended: it is lost, stands still, or is far slower than it began."""
    if followed.seen.status is JobStatus.UNKNOWN and now - followed.progressed_at >= UNCLEAR_AFTER:
        return Trouble(
            f"RUN-{run.number} is not known to SLURM",
            f"What SLURM says of job {run.job_id} is not clear: {followed.seen.reason}. So the run has no end.",
            f"Look with `sacct -j {run.job_id}`. If the job is gone, cancel the run on its card, which then ends it.",
        )
    if followed.seen.status is not JobStatus.RUNNING:
        return None
    where = f" on {followed.seen.node}" if followed.seen.node else ""
    look = f"Look at `/train logs run:{run.number}` and `/cluster nodes`; then wait, or save and stop it on its card."
    still = now - followed.progressed_at
    if still >= stalled_after:
        minutes = int(still.total_seconds() // 60)
        cause = f"It runs{where}, but has written no progress for {minutes} minutes."
        return Trouble(f"RUN-{run.number} stands still", cause, look)
    pace = slowdown(followed.marks)
    if pace >= SLOW_FACTOR:
        cause = f"Its last {SPAN_EPOCHS} epochs{where} took {pace:.1f} times as long as its first {SPAN_EPOCHS}."
        return Trouble(f"RUN-{run.number} has become slow", cause, look)
    return None


def slowdown(marks: list[tuple[int, float]]) -> float:
    """Return how many times as long the newest epochs took as the first ones; 1 while that cannot be told."""
    if len(marks) < 2 * (SPAN_EPOCHS + 1):
        return 1.0
    first, newest = _epoch_s(marks[: SPAN_EPOCHS + 1]), _epoch_s(marks[-SPAN_EPOCHS - 1 :])
    return newest / first if first > 0 and newest >= SHORTEST_EPOCH_S else 1.0


def _epoch_s(marks: list[tuple[int, float]]) -> float:
    (first, began_s), (last, ended_s) = marks[0], marks[-1]
    return (ended_s - began_s) / (last - first)
