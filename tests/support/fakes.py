"""Fakes of what Slipway talks to: in a test's own process, whole, and as the test tells them to be."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from bot.core.cards import Card
from bot.core.values import Json
from bot.errors import NoResult, Upstream
from bot.ports import (
    Collected,
    Comparison,
    Deployment,
    DeploymentStatus,
    EndpointPlan,
    Forecast,
    Gone,
    Job,
    JobStatus,
    Node,
    Observation,
    Offers,
    Order,
    Probe,
    Queued,
    RegisteredModel,
    Result,
    Series,
    Share,
    TrackedRun,
    TrainedModel,
    Use,
)
from tests.support.mlflow_model import write_small_model

T = TypeVar("T")
LOST = Observation(JobStatus.UNKNOWN, "neither squeue nor sacct shows it")
WELL = Share(size_gib=1000, used_gib=100, inodes=1000, inodes_used=10)


@dataclass
class FakeChat:
    """A chat as Discord keeps it: messages by id, one for each nonce. Fills `bot.ports.Chat`."""

    fails: Callable[[], None] = lambda: None
    """Called before each act; raises to refuse it."""
    fails_after: Callable[[], None] = lambda: None
    """Called once a message was made; raises as if it had not been."""
    messages: dict[str, Card] = field(default_factory=dict)
    nonces: dict[str, str] = field(default_factory=dict)
    posts: list[str] = field(default_factory=list)
    """The channel of each message that was made."""
    edits: list[str] = field(default_factory=list)
    answer_is_lost: bool = False
    """The message is made, but whoever made it never hears of it."""

    async def post(self, channel: str, card: Card, *, nonce: str, is_again: bool = False) -> str:
        assert len(nonce) <= 25
        self.fails()
        if is_again and (found := [one for one, shown in self.messages.items() if shown.mark == card.mark]):
            return found[0]
        if nonce not in self.nonces:
            self.nonces[nonce] = str(10**18 + len(self.posts))
            self.posts.append(channel)
            self.messages[self.nonces[nonce]] = card
        if self.answer_is_lost:
            await asyncio.Event().wait()
        self.fails_after()
        return self.nonces[nonce]

    async def edit(self, channel: str, message: str, card: Card) -> None:
        self.fails()
        if message not in self.messages:
            raise Gone
        self.edits.append(message)
        self.messages[message] = card


@dataclass
class FakeCluster:
    """A cluster that takes what it is given and has seen none of it since. Fills `bot.ports.Cluster`."""

    fails: Callable[[], None] = lambda: None
    """Called before each act; raises to refuse it."""
    while_submitting: Callable[[Order], Awaitable[object]] | None = None
    """What happens before an order is taken."""
    done: list[str] = field(default_factory=list)
    orders: list[Order] = field(default_factory=list)
    """What was submitted."""
    rows: Sequence[Mapping[str, float]] = ()
    """How far each run has come."""
    ends: Sequence[str] = ()
    """Whose ends it tells of."""
    has_nodes: Sequence[Node] | Upstream = ()
    has_share: Share = WELL
    has_uses: Sequence[Use] | Upstream = ()
    leaves_out: Sequence[str] = ()
    """Files that its models do not have."""

    async def submit(self, order: Order) -> str:
        if self.while_submitting is not None:
            await self.while_submitting(order)
        job_id = self._do(f"submit {order.key}")
        self.orders.append(order)
        return job_id

    async def observe(self, jobs: Collection[Job]) -> Mapping[str, Observation]:
        return {job.key: LOST for job in jobs}

    async def result(self, key: str) -> Result:
        raise NoResult("the run left no result.json")

    async def log_tail(self, key: str, *, lines: int) -> str:
        return ""

    async def cancel(self, job: Job, *, keep: bool = False) -> None:
        self._do(f"cancel {job.key}{' and keep' if keep else ''}")

    async def withdraw(self, key: str, made_for: str) -> None:
        self._do(f"withdraw {key}")

    async def forecast(self, order: Order) -> Forecast:
        return Forecast(self._do(f"forecast {order.key}"), None, "")

    async def curve(self, key: str) -> Sequence[Mapping[str, float]]:
        self._do(f"curve {key}")
        return self.rows

    async def last_words(self, key: str) -> Mapping[str, Json]:
        return {}

    async def log_search(self, key: str, text: str, *, lines: int) -> str:
        return ""

    async def log_file(self, key: str, *, limit_bytes: int) -> bytes:
        return b""

    async def ended(self) -> AsyncIterator[str]:
        for key in self.ends:
            yield key

    async def offers(self) -> Offers:
        return Offers()

    async def nodes(self) -> Sequence[Node]:
        return had(self.has_nodes)

    async def queue(self) -> Sequence[Queued]:
        return ()

    async def share(self) -> Share:
        return self.has_share

    async def uses(self, *, since: datetime) -> Sequence[Use]:
        return had(self.has_uses)

    async def fetch_model(self, key: str, into: Path, *, digest: str) -> Path:
        self._do(f"fetch {key}")
        return _without(write_small_model(into), self.leaves_out)

    async def check(self) -> str:
        return "a fake cluster"

    async def close(self) -> None:
        """Nothing is open."""

    def _do(self, what: str) -> str:
        self.fails()
        self.done.append(what)
        return str(len(self.done))


def _without(model: Path, names: Sequence[str]) -> Path:
    for name in names:
        (model / name).unlink()
    return model


@dataclass
class FakeRegistry:
    """A registry that has every model and remembers which runs it was told of. Fills `bot.ports.Registry`."""

    fails: Callable[[], None] = lambda: None
    """Called before each act; raises to refuse it."""
    while_fetching: Callable[[], Awaitable[object]] | None = None
    """What happens before a model is there."""
    told: list[TrackedRun] = field(default_factory=list)
    leaves_out: Sequence[str] = ()
    """Files that its models do not have."""

    @property
    def ends(self) -> list[TrackedRun]:
        """What it was told of attempts that had ended; each is told of as it began first."""
        return [one for one in self.told if one.outcome is not None]

    async def track(self, run: TrackedRun) -> str:
        self.fails()
        self.told.append(run)
        return f"https://mlflow.example/{run.key}"

    async def record(self, model: TrainedModel) -> RegisteredModel:
        self.fails()
        return RegisteredModel(model.name, "1", f"https://mlflow.example/{model.name}")

    async def download(self, name: str, version: str, into: Path, *, digest: str) -> Path:
        self.fails()
        if self.while_fetching is not None:
            await self.while_fetching()
        return _without(write_small_model(into / f"{name}-{version}"), self.leaves_out)

    async def check(self) -> str:
        return "a fake registry"

    async def close(self) -> None:
        """Nothing is open."""


@dataclass
class FakeEndpoints:
    """A cloud in which each deployment is as far as the test says. Fills `bot.ports.Endpoints`."""

    status: dict[str, DeploymentStatus] = field(default_factory=dict)
    fails: dict[str, Exception] = field(default_factory=dict)
    """What is raised when a deployment is to get on."""
    shifts: list[Deployment | Exception] = field(default_factory=list)
    """What is answered to the next wishes for traffic; after them it has moved."""
    done: list[str] = field(default_factory=list)

    async def converge(self, plan: EndpointPlan) -> Deployment:
        self.done.append(f"converge {plan.deployment}")
        if plan.deployment in self.fails:
            raise self.fails[plan.deployment]
        return Deployment(self.status.get(plan.deployment, DeploymentStatus.CREATING), {})

    async def shift_traffic(self, endpoint: str, weights: Mapping[str, int]) -> Deployment:
        self.done.append(f"shift {dict(weights)}")
        if self.shifts:
            return had(self.shifts.pop(0))
        return Deployment(DeploymentStatus.READY, weights)

    async def remove(self, endpoint: str, deployment: str, *, weights: Mapping[str, int]) -> Deployment:
        """Begin it the first time; the second time it is gone."""
        what = f"remove {deployment} for {dict(weights)}"
        is_gone = what in self.done
        self.done.append(what)
        return Deployment(DeploymentStatus.ABSENT if is_gone else DeploymentStatus.CREATING, {})

    async def probe(self, endpoint: str, deployment: str, directory: Path) -> Probe:
        return Probe(deployment, latency_ms=7.0, output=None)

    async def collected(self, endpoint: str, deployment: str, *, since: datetime, limit: int) -> Collected:
        return Collected((), ())

    async def logs(self, endpoint: str, deployment: str, *, lines: int) -> str:
        return f"the log of {deployment}"

    async def check(self) -> str:
        return "a fake cloud"

    async def close(self) -> None:
        """Nothing is open."""


@dataclass
class FakeMeter:
    """A meter that finds no drift. Fills `bot.ports.Meter`."""

    fails: Callable[[], None] = lambda: None

    async def compare(self, directory: Path, current: Collected, *, title: str) -> Comparison:
        self.fails()
        return Comparison((), reference_rows=1, current_rows=1, chart_png=b"")

    async def close(self) -> None:
        """Nothing is open."""


@dataclass(frozen=True)
class FakeCharts:
    """Charts that are always the same, or not drawn at all. Fills `bot.ports.Charts`."""

    picture: bytes | None = None
    """None for a drawer that cannot be reached: whoever draws keeps the picture in the data directory."""

    async def curves(
        self, panels: Mapping[str, Sequence[Series]], *, title: str, x_label: str, is_small: bool = False
    ) -> bytes:
        return self._drawn()

    async def bars(self, groups: Mapping[str, Mapping[str, float]], *, title: str, unit: str, rest: str) -> bytes:
        return self._drawn()

    async def close(self) -> None:
        """Nothing is open."""

    def _drawn(self) -> bytes:
        if self.picture is None:
            raise Upstream("charts", "nothing is drawn here", retryable=True)
        return self.picture


def had(there: T | Exception) -> T:
    """Return what is there, or raise it."""
    if isinstance(there, Exception):
        raise there
    return there
