"""What Slipway needs from the outside, in its own words. Adapters fill these; services and effects know nothing else.

Every method may raise `Upstream`; those of Cluster, Registry and Endpoints are safe to call twice with equal arguments.
"""

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Protocol, TypeVar

from bot.domain.cards import Card
from bot.domain.model import Fact, Json, Kind, Progress, Ref, Resources, Thing
from bot.domain.recipes import Code

T = TypeVar("T", bound=Thing)


# ---------------------------------------------------------------- the store


@dataclass(frozen=True, slots=True)
class Due:
    """An outbox row that has been claimed: one effect of one event, to be acted on before `until`."""

    id: int
    about: Ref
    effect: str
    lane: str
    details: Mapping[str, Json]
    attempt: int
    """1 for the first."""
    until: datetime
    """The lease: after this another bot may take the row."""


@dataclass(frozen=True, slots=True)
class CardRow:
    """Where a thing's card stands in its channel."""

    about: Ref
    channel: str | None
    """The config's name of the channel it stands in; None before it is posted."""
    message: str | None
    drawn_digest: str | None
    """Digest of the content as last drawn; equal content is not sent again."""
    due_version: int
    """Rises with each fact or reading; the drawer marks how far it has come."""
    failures: int


@dataclass(frozen=True, slots=True)
class Schedule:
    """A recurring job as data. An unknown `job` is parked, never deleted."""

    name: str
    """Unique, as in `monitor:MON-3`."""
    job: str
    cron: str
    """Five fields, as cron reads them."""
    zone: str
    """IANA name."""
    arguments: Mapping[str, Json]
    next_at: datetime


class Reader(Protocol):
    """Reads within one transaction."""

    async def find(self, kind: type[T], number: int) -> T | None:
        """Return the thing, or None."""
        ...

    async def select(
        self, kind: type[T], *, limit: int = 100, stages: Collection[str] = (), **equal: int | str | None
    ) -> tuple[T, ...]:
        """Return things whose columns equal the given values, newest first. An empty `stages` means any stage."""
        ...

    async def history(self, about: Ref) -> tuple[Fact, ...]:
        """Return the thing's events, oldest first."""
        ...

    async def facts(self, *, after: int = 0, limit: int = 1000) -> tuple[Fact, ...]:
        """Return events of all things by sequence, for verifying the chain."""
        ...

    async def head(self) -> tuple[int, str]:
        """Return sequence and hash of the last event as noted beside the log, which shows what was cut off its end."""
        ...

    async def reading(self, about: Ref, name: str) -> Json:
        """Return the latest reading of that name, or None."""
        ...

    async def counts(self, kind: Kind) -> Mapping[str, int]:
        """Return how many things of the kind stand at each stage."""
        ...

    async def failing_effects(self, *, limit: int = 20) -> tuple[tuple[Due, str], ...]:
        """Return outbox rows that failed at least once and are not done, with their last error."""
        ...


class Writer(Reader, Protocol):
    """Reads and writes within one transaction, which is committed when its block ends without an error."""

    async def lock(self, kind: type[T], number: int) -> T | None:
        """Return the thing with its row locked until the end of the transaction, or None."""
        ...

    async def add(self, thing: T) -> T:
        """Insert the thing and return it with its number."""
        ...

    async def save(self, thing: Thing) -> None:
        """Write the thing's row."""
        ...

    async def append(self, about: Ref, event: str, *, by: int, details: Mapping[str, Json], at: datetime) -> Fact:
        """Append an event to the hash chain. The chain's head is locked, so the order is total."""
        ...

    async def enqueue(self, fact: Fact, effect: str, *, lane: str, details: Mapping[str, Json], at: datetime) -> None:
        """Add an outbox row. (event, effect) is unique: the idempotency key."""
        ...

    async def mark_card(self, about: Ref, *, not_before: datetime) -> None:
        """Mark the thing's card as due for a redraw, no sooner than `not_before` (the earlier of two marks wins)."""
        ...

    async def put_reading(self, about: Ref, name: str, value: Json, *, at: datetime) -> None:
        """Overwrite a reading."""
        ...

    async def put_schedule(self, schedule: Schedule) -> None:
        """Insert or replace a schedule by name."""
        ...

    async def drop_schedule(self, name: str) -> None:
        """Delete a schedule; its firings stay."""
        ...

    async def due_schedules(self, now: datetime) -> tuple[Schedule, ...]:
        """Return schedules whose time has come, locked (skipping what another bot holds)."""
        ...

    async def fire(self, schedule: Schedule, *, next_at: datetime, now: datetime) -> bool:
        """Record the firing of `schedule.next_at` and move the schedule on; False if it was recorded before."""
        ...


class Store(Protocol):
    """Where facts are kept."""

    def reading(self) -> AbstractAsyncContextManager[Reader]:
        """Open a read transaction."""
        ...

    def writing(self) -> AbstractAsyncContextManager[Writer]:
        """Open a write transaction. Writers queue first come, first served."""
        ...

    async def claim_effects(
        self, *, now: datetime, lease: timedelta, limit: int, lanes: Collection[str]
    ) -> tuple[Due, ...]:
        """Lease due outbox rows: for each thing and lane only the oldest unfinished row, in one short statement."""
        ...

    async def effect_done(self, due: Due, *, now: datetime) -> None:
        """Mark the row done."""
        ...

    async def effect_failed(self, due: Due, error: str, *, retry_at: datetime | None, now: datetime) -> None:
        """Keep the error; due again at `retry_at`, or given up when that is None."""
        ...

    async def claim_cards(self, *, now: datetime, lease: timedelta, limit: int) -> tuple[CardRow, ...]:
        """Lease cards that are due for a redraw."""
        ...

    async def card_drawn(self, row: CardRow, *, channel: str, message: str, digest: str, not_before: datetime) -> None:
        """Note what was drawn; a mark that came meanwhile keeps the card due, no sooner than `not_before`."""
        ...

    async def card_failed(self, row: CardRow, error: str, *, retry_at: datetime) -> None:
        """Keep the error and try again later."""
        ...

    async def card_gone(self, channel: str, message: str) -> None:
        """Forget a message that was deleted and mark its card as due, so that it comes back."""
        ...

    async def release_leases(self) -> None:
        """Make what a dead bot had leased due at once. For the start of the one bot that works on the database."""
        ...

    async def hasten(self, lanes: Collection[str], *, now: datetime) -> None:
        """Make due at once what failed in these lanes and waits to be tried again; with the lane `chat`, cards too."""
        ...

    async def next_due(self, *, now: datetime) -> None:
        """Return when a commit of this process made work due (a hint to wake early); may return at any time."""
        ...

    async def check(self) -> str:
        """Return a sentence on what was reached, for `check`."""
        ...

    async def close(self) -> None:
        """Close all connections."""
        ...


# ---------------------------------------------------------------- the cluster


class JobStatus(StrEnum):
    """SLURM's job states as far as we tell them apart; each adapter maps every word of its own."""

    PENDING = "pending"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    OUT_OF_MEMORY = "out of memory"
    TIMEOUT = "time limit"
    NODE_FAIL = "node lost"
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
    resume_from: str | None = None
    """Key of an earlier attempt whose checkpoint is copied before the start."""
    tasks: Sequence[Task] = ()
    """Runs of an array, by index; task `i` becomes the job `<id>_<i>`. Empty for a single run."""
    at_once: int = 0
    """How many tasks may run at the same time."""


@dataclass(frozen=True, slots=True)
class Forecast:
    """What the cluster would do with an order, without taking it."""

    script: str
    starts_at: datetime | None
    """As `sbatch --test-only` expects it; None where it does not say."""
    said: str
    """Its words, for people."""


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
    is_writable: bool


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


class Cluster(Protocol):
    """Where runs run."""

    async def submit(self, order: Order) -> str:
        """Submit once under `order.key` and return the job id. Raises Refused when the request is impossible."""
        ...

    async def observe(self, jobs: Collection[Job]) -> Mapping[str, Observation]:
        """Return an observation for each job, by key, from one round of commands however many there are."""
        ...

    async def result(self, key: str) -> Result:
        """Read result.json. Raises BadResult when it is missing, torn or out of form."""
        ...

    async def log_tail(self, key: str, *, lines: int) -> str:
        """Return the last lines of the run's log, decoded leniently, control characters removed; may be empty."""
        ...

    async def cancel(self, job: Job, *, keep: bool = False) -> None:
        """Cancel the job; one that has ended is left alone. With `keep` it is told to save and stop by itself."""
        ...

    async def forecast(self, order: Order) -> Forecast:
        """Return the script and what the cluster would do. Raises Refused when the request is impossible."""
        ...

    async def curve(self, key: str) -> Sequence[Mapping[str, float]]:
        """Return a run's progress lines so far, one row per epoch: epoch, loss, value; empty before the first."""
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


# ---------------------------------------------------------------- the registry


@dataclass(frozen=True, slots=True)
class TrainedModel:
    """What a run leaves in the registry."""

    key: str
    """Tag under which a second recording finds the first."""
    name: str
    """Registered model name, as in `req-12`."""
    parameters: Mapping[str, Json]
    metrics: Mapping[str, float]
    curve: Sequence[Mapping[str, float]]
    tags: Mapping[str, str]
    directory: Path
    """An MLflow model directory (with its MLmodel file)."""


@dataclass(frozen=True, slots=True)
class RegisteredModel:
    """Where a model is in the registry."""

    name: str
    version: str
    url: str


class Registry(Protocol):
    """Where experiments and model versions are recorded."""

    async def record(self, model: TrainedModel) -> RegisteredModel:
        """Record run, metrics, artifacts and model version once under `model.key`."""
        ...

    async def download(self, name: str, version: str, into: Path) -> Path:
        """Copy the model version's directory to `into` (unless it is there) and return it."""
        ...

    async def check(self) -> str:
        """Return a sentence on what was reached."""
        ...

    async def close(self) -> None:
        """End the worker."""
        ...


# ---------------------------------------------------------------- the endpoints


@dataclass(frozen=True, slots=True)
class Plan:
    """How an endpoint's deployment should stand. Derived names make it harmless to ask twice."""

    endpoint: str
    deployment: str
    model_name: str
    model_version: str
    model_digest: str
    directory: Path
    """Local MLflow model directory to register from."""
    tags: Mapping[str, str]


class DeploymentStatus(StrEnum):
    """How far the cloud has come."""

    CREATING = "creating"
    READY = "ready"
    FAILED = "failed"
    ABSENT = "absent"


@dataclass(frozen=True, slots=True)
class Deployment:
    """What the cloud says of a deployment."""

    status: DeploymentStatus
    traffic: Mapping[str, int]
    """Per cent by deployment of the endpoint, zeros included."""
    error: str = ""


@dataclass(frozen=True, slots=True)
class Probe:
    """One scoring request to one deployment."""

    answered_by: str
    latency_ms: float
    output: Json


@dataclass(frozen=True, slots=True)
class Collected:
    """Production inputs and outputs, as the endpoint's data collector stored them."""

    inputs: Sequence[Mapping[str, Json]]
    """One row per request row, by column."""
    outputs: Sequence[Mapping[str, Json]]
    """Aligned with `inputs`."""


class Endpoints(Protocol):
    """Where models serve."""

    async def converge(self, plan: Plan) -> Deployment:
        """Take the next step that is missing (model, endpoint, deployment at 0 %) and return how far it is."""
        ...

    async def shift_traffic(self, endpoint: str, weights: Mapping[str, int]) -> Deployment:
        """Ask for these weights unless they hold already; READY when the endpoint shows them."""
        ...

    async def probe(self, endpoint: str, deployment: str, directory: Path) -> Probe:
        """Send the model's own input example to one deployment, past the traffic split."""
        ...

    async def collected(self, endpoint: str, deployment: str, *, since: datetime, limit: int) -> Collected:
        """Return the newest collected rows since that time."""
        ...

    async def logs(self, endpoint: str, deployment: str, *, lines: int) -> str:
        """Return the end of the deployment's log."""
        ...

    async def check(self) -> str:
        """Return a sentence on what was reached."""
        ...

    async def close(self) -> None:
        """End the worker."""
        ...


# ---------------------------------------------------------------- the meter


@dataclass(frozen=True, slots=True)
class Drift:
    """One measure compared with its reference."""

    measure: str
    """Such as `brightness`, `confidence`, `predicted class`."""
    method: str
    """The statistic's name, as Evidently names it."""
    score: float
    threshold: float
    is_drifted: bool
    reference_mean: float | None
    current_mean: float | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """Production beside its reference."""

    drifts: Sequence[Drift]
    reference_rows: int
    current_rows: int
    chart_png: bytes
    """1600 x 900 pixels."""

    @property
    def is_drifted(self) -> bool:
        """Tell whether any measure drifted."""
        return any(drift.is_drifted for drift in self.drifts)


class Meter(Protocol):
    """What measures drift and draws it."""

    async def compare(self, directory: Path, current: Collected, *, title: str) -> Comparison:
        """Compare production rows with the model directory's reference. Raises Refused for too few rows."""
        ...

    async def close(self) -> None:
        """End the worker."""
        ...


# ---------------------------------------------------------------- the charts


@dataclass(frozen=True, slots=True)
class Series:
    """A line or a row of bars with its name."""

    name: str
    x: Sequence[float]
    y: Sequence[float]


class Charts(Protocol):
    """What draws pictures for cards: PNG, dark, legible at the width that Discord shows them in."""

    async def curves(
        self, panels: Mapping[str, Sequence[Series]], *, title: str, x_label: str, is_small: bool = False
    ) -> bytes:
        """Draw one panel by name, such as `loss` and `accuracy`, each with its lines on one axis.

        1600 x 900 pixels; with `is_small` 1200 x 500, for a run's own card.
        """
        ...

    async def bars(self, groups: Mapping[str, Mapping[str, float]], *, title: str, unit: str) -> bytes:
        """Draw horizontal bars, for each group its parts stacked, with the unit on the axis. 1600 x 900 pixels."""
        ...

    async def close(self) -> None:
        """End the worker."""
        ...


# ---------------------------------------------------------------- the chat


class Gone(Exception):  # it is news, not an error
    """The message that was to be edited has been deleted."""


class Chat(Protocol):
    """Where people are."""

    async def post(self, channel: str, card: Card, *, nonce: str) -> str:
        """Post once under the nonce (25 characters at most) in the channel of that name and return the message id."""
        ...

    async def edit(self, channel: str, message: str, card: Card) -> None:
        """Replace the message's content. Raises Gone when it was deleted."""
        ...
