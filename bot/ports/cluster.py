"""The cluster: where runs run."""

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from bot.core.values import Json
from bot.things.model.servable import ModelDescription
from bot.things.recipe.recipe import Code
from bot.things.run.model import Resources
from bot.things.run.readings import Progress, Use
from bot.things.run.waiting import is_a_word


class JobStatus(StrEnum):
    """SLURM's job states as far as we tell them apart; each adapter maps every word of its own."""

    PENDING = "pending"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    OUT_OF_MEMORY = "out of memory"
    TIMEOUT = "time limit"
    DEADLINE = "deadline"
    NODE_FAIL = "node lost"
    LAUNCH_FAILED = "launch failed"
    PREEMPTED = "preempted"
    CANCELLED = "cancelled"
    UNKNOWN = "unknown"
    """Could not be asked, or the answer was not conclusive. Never an end."""

    @property
    def is_final(self) -> bool:
        """Tell whether the job has ended for good."""
        return self not in (JobStatus.PENDING, JobStatus.RUNNING, JobStatus.UNKNOWN)


@dataclass(frozen=True, slots=True)
class Task:
    """One run of an array."""

    key: str
    """Names its folder, where the run's own files are."""
    spec: Mapping[str, Json]


@dataclass(frozen=True, slots=True)
class Order:
    """One attempt of a run, or an array of runs, as the cluster needs it."""

    key: str
    """Unique job name; submitting the same key twice gives the same job."""
    recipe: str
    spec: Mapping[str, Json]
    """Written as spec.json for the payload."""
    resources: Resources
    code: Code | None = None
    """The team's own training code; None for the payload that ships with the bot."""
    payload: str = ""
    """SHA-256 of the bot's own training code that is to run, if the cluster still has it; empty for the present one."""
    resume_from: str | None = None
    """Key of an earlier attempt whose checkpoint is copied before the start."""
    tasks: Sequence[Task] = ()
    """Runs of an array, by index; task `i` becomes the job `<id>_<i>`. Empty for a single run."""
    at_once: int = 0
    """How many tasks may run at the same time."""
    made_for: str = ""
    """Tells this order from any other that goes by the same key, as of an earlier database or another installation.
    Only a folder that was made for it is taken."""


@dataclass(frozen=True, slots=True)
class Forecast:
    """What the cluster would do with an order, without taking it."""

    script: str
    starts_at: datetime | None
    """As `sbatch --test-only` expects it; None where it does not say."""
    said: str
    """Its words, for people."""


@dataclass(frozen=True, slots=True)
class Offers:
    """What may be asked for by name."""

    partitions: Sequence[str] = ()
    gpu_types: Sequence[str] = ()
    accounts: Sequence[str] = ()
    """That the bot's user may charge; empty without accounting."""
    qos: Sequence[str] = ()
    """That these accounts may use."""
    qos_of: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """The same for each account."""


@dataclass(frozen=True, slots=True)
class Node:
    """A node as it stands."""

    name: str
    state: str
    """SLURM's word, as in `mixed` or `drained*`."""
    partition: str
    gpus: int
    gpus_used: int
    cpus: int
    cpus_used: int
    memory_gib: float
    memory_used_gib: float
    reason: str
    """Why it is down or drained, empty otherwise."""
    time_limit_min: int | None = None
    """The longest that a job may ask for in the partition; None for no limit."""


@dataclass(frozen=True, slots=True)
class Queued:
    """A job of anybody in the queue."""

    job_id: str
    name: str
    user: str
    state: str
    reason: str
    gpus: int
    starts_at: datetime | None
    """Started, or expected to; None where SLURM does not say."""


@dataclass(frozen=True, slots=True)
class Share:
    """The shared folder's file system."""

    size_gib: float
    used_gib: float
    inodes: int
    inodes_used: int
    complaint: str = ""
    """Why nothing can be written there, in the login node's words; empty when it can."""


@dataclass(frozen=True, slots=True)
class Job:
    """A job we follow: our key and SLURM's id."""

    key: str
    job_id: str
    """`123`, or `123_7` for a task of an array."""
    name: str = ""
    """SLURM's job name where it is not the key: a task has its array's."""


@dataclass(frozen=True, slots=True)
class Observation:
    """What is known of a job after one round of asking."""

    status: JobStatus
    reason: str = ""
    """SLURM's reason while it waits, or the evidence of its end (exit code, signal)."""
    node: str = ""
    progress: Progress | None = None
    restarts: int = 0
    """How often SLURM has requeued the job."""
    is_suspended: bool = False
    """SLURM has stopped its processes for a while; the status is that of a running job."""
    is_diverged: bool = False
    """The newest line of its progress has a loss or measure that is NaN or infinite."""

    @property
    def strange_word(self) -> str:
        """SLURM's word for its state when no table has it; empty otherwise."""
        return self.reason if self.status is JobStatus.UNKNOWN and is_a_word(self.reason) else ""


@dataclass(frozen=True, slots=True)
class FolderHash:
    """What own code in a folder was as it began."""

    digest: str = ""
    """SHA-256 over the content and names of the files that are code; empty where it was not taken."""
    complaint: str = ""
    """Why it was not, as in `it has more than 256 MiB`."""


@dataclass(frozen=True, slots=True)
class Result:
    """A run's result.json, checked."""

    metrics: Mapping[str, float]
    parameter_count: int
    digest: str
    """SHA-256 of the model directory as the payload wrote it."""
    test_rows: int
    curve: Sequence[Mapping[str, float]]
    """One row per epoch: epoch, loss, and the validation metrics."""
    fingerprint: Mapping[str, Json] = field(default_factory=dict)
    """What the run was made of, as the payload wrote it; empty for code that does not."""
    folder: FolderHash | None = None
    """None for code that is not in a folder of its own."""
    model: ModelDescription | None = None
    """What the model says of itself; None where nobody looked."""


class Cluster(Protocol):
    """Where runs run."""

    async def submit(self, order: Order) -> str:
        """Submit once under `order.key` and return the job id.

        Raises:
            Refused: the request is impossible, or a folder of that name was made for another order.
            NotItsTurn: the bot's account has as many jobs as it may have.
        """
        ...

    async def observe(self, jobs: Collection[Job]) -> Mapping[str, Observation]:
        """Return an observation for each job, by key, from one round of commands however many there are."""
        ...

    async def result(self, key: str) -> Result:
        """Read result.json and what the model says of itself. Raises BadResult when it is missing or out of form."""
        ...

    async def log_tail(self, key: str, *, lines: int) -> str:
        """Return the last lines of the run's log, decoded leniently, control characters removed; may be empty."""
        ...

    async def cancel(self, job: Job, *, keep: bool = False) -> None:
        """Cancel the job; one that has ended is left alone. With `keep` it is told to save and stop by itself."""
        ...

    async def withdraw(self, key: str, made_for: str) -> None:
        """End whatever was submitted of the order, also what the cluster has taken without our hearing of it."""
        ...

    async def forecast(self, order: Order) -> Forecast:
        """Return the script and what the cluster would do. Raises Refused when the request is impossible."""
        ...

    async def curve(self, key: str) -> Sequence[Mapping[str, float]]:
        """Return a run's progress lines so far, one row per epoch: epoch, loss, its measure; empty before the first."""
        ...

    async def last_words(self, key: str) -> Mapping[str, Json]:
        """Return what the payload said of its end (end.json); empty when it could not or does not."""
        ...

    async def log_search(self, key: str, text: str, *, lines: int) -> str:
        """Return the last lines of the log that contain the text, each with its line number."""
        ...

    async def log_file(self, key: str, *, limit_bytes: int) -> bytes:
        """Return the whole log, or its end when it is longer than the limit."""
        ...

    async def ended(self) -> AsyncIterator[str]:
        """Yield the key of each run of ours soon after it ends: a hint to ask at once, never an authority."""
        ...
        yield ""

    async def offers(self) -> Offers:
        """Return what may be asked for by name."""
        ...

    async def nodes(self) -> Sequence[Node]:
        """Return every node once for each partition it is in."""
        ...

    async def queue(self) -> Sequence[Queued]:
        """Return all jobs that wait or run, of everybody."""
        ...

    async def share(self) -> Share:
        """Return the shared folder's space and whether it can be written."""
        ...

    async def uses(self, *, since: datetime) -> Sequence[Use]:
        """Return the jobs that ended since then, with what they took; empty without accounting."""
        ...

    async def fetch_model(self, key: str, into: Path, *, digest: str) -> Path:
        """Copy the run's model directory to `into`, check it against the digest, and return it."""
        ...

    async def check(self) -> str:
        """Return a sentence on what was reached."""
        ...

    async def close(self) -> None:
        """Close the connection."""
        ...
