"""What runs and the cluster say of them: readings, never facts."""

from dataclasses import dataclass


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
