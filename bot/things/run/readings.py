"""What runs and the cluster say of them: readings, never facts."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from bot.core.readings import Reading
from bot.core.said import Said


@dataclass(frozen=True, slots=True)
class Progress:
    """The newest line of a run's progress.jsonl: a reading, not a fact."""

    epoch: int
    epochs: int
    loss: float
    metric: str
    """Name of the metric that follows, as in `accuracy`."""
    value: float
    elapsed_s: float
    left_s: float | None
    gpu_memory_gib: float | None = None
    """At its highest so far, over all GPUs of the first rank."""
    gpu_memory_total_gib: float | None = None
    """What there is of it."""
    gpu_share: float | None = None
    """Of the GPU's time in this attempt that it was busy, 0 to 1."""
    rows_per_s: float | None = None
    memory_gib: float | None = None
    """Of the host, at its highest so far, of the first rank."""


@dataclass(frozen=True, slots=True)
class Use:
    """What a finished job took, beside what it had asked for."""

    key: str
    job_id: str
    user: str
    gpu_h: float
    elapsed_s: float
    cpu_share: float | None
    """CPU time used of the time that was allocated, 0 to 1."""
    memory_share: float | None
    """Highest resident memory of what was asked for, 0 to 1."""
    gpus: int = 0
    """What it had of all nodes together, as the next two; 0 where accounting does not say."""
    cpus: int = 0
    memory_gib: float = 0.0


@dataclass(frozen=True, slots=True)
class SlurmWords:
    """What SLURM says of a run that has not ended."""

    reason: str
    """Why it waits, as SLURM has it, or why it cannot be told where it stands."""
    is_unclear: bool
    """It cannot be told where it stands."""
    since_at: datetime
    """When the run came to the stage that it is at."""
    restarts: int = 0
    """How often SLURM has requeued it."""


@dataclass(frozen=True, slots=True)
class Outlook:
    """What the cluster would do with a planned run: when it would start, or why it would not be taken."""

    at: datetime
    """When it said so."""
    script: str | None = None
    """The batch script that it was asked about; None for what would not be taken."""
    is_at_once: bool = False
    starts_at: datetime | None = None
    """None for at once too, and where SLURM cannot say."""
    said: str = ""
    """What SLURM said besides."""
    refused: Said | None = None
    """Why it would not be taken."""
    nearest: Said | None = None
    """The nearest request that would be taken, where there is one."""


@dataclass(frozen=True, slots=True)
class Asked:
    """How often, and when, the cluster was asked about a planned run."""

    answer_count: int
    at: datetime
    """The last time."""
    again_at: datetime
    """When it is to be asked again."""


@dataclass(frozen=True, slots=True)
class Tracked:
    """Where an attempt stands in the registry."""

    attempt: int
    url: str


@dataclass(frozen=True, slots=True)
class LineEnd:
    """How far a line of a chart goes, which tells one state of it from another."""

    measure: str
    point_count: int
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Chart:
    """The picture that there is of a run's curve."""

    name: str
    """Its file, below the data directory."""
    drawn_at: datetime
    ends: tuple[LineEnd, ...]


@dataclass(frozen=True, slots=True)
class Unaccounted:
    """What ended attempts took by our own clock, until accounting says what it was."""

    gpu_h: Mapping[str, float]
    """By the name of the reading that will say what accounting has, as `use_of` gives it."""


@dataclass(frozen=True, slots=True)
class HeldBack:
    """Why an attempt of a run, or a sweep, is not sent yet."""

    attempt: int
    """1 for a sweep."""
    why: Said


Curve: TypeAlias = tuple[Mapping[str, float], ...]
"""One row for each epoch: `epoch`, `loss` and the validation measures, by name."""

PROGRESS = Reading("progress", Progress)
CURVE = Reading("curve", tuple[Mapping[str, float], ...])
CHART = Reading("chart", Chart)
SLURM = Reading("slurm", SlurmWords)
HELD_BACK = Reading("held back", HeldBack)
TEST_ROWS = Reading("test_rows", int)
OUTLOOK = Reading("forecast", Outlook)
ASKED = Reading("asked about", Asked)
"""Beside `OUTLOOK`, which has a script: every tick reads this of every plan."""
TRACKED = Reading("tracking", Tracked)
UNACCOUNTED = Reading("unaccounted", Unaccounted)


def use_of(key: str, job_id: str) -> Reading[Use]:
    """Return the reading of what a job took; where it is there, that is added up to its run."""
    return Reading(f"use {key} {job_id}", Use)
