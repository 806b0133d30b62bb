"""Ports that do what they are told in a test's own process, a clock that is set, and an app on them."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from bot.adapters.store_sql import SqlStore
from bot.app import App
from bot.config import load
from bot.domain.cards import Card
from bot.effects import deliver
from bot.errors import Upstream
from bot.ports import Collected, Comparison, Forecast, Gone, Job, Node, Order, TrackedRun
from bot.services.desk import Desk
from tests.support.databases import NOW
from tests.support.road import RECIPES

EXAMPLE = Path(__file__).resolve().parents[2] / "config.example.toml"
SETTINGS = load(EXAMPLE)
DOWN = Upstream("discord", "503", retryable=True)


@dataclass
class Clock:
    """The time, as the test sets it."""

    at: datetime = NOW

    def __call__(self) -> datetime:
        """Return the present moment."""
        return self.at

    def passes(self, **how_long: float) -> None:
        """Let time go by."""
        self.at += timedelta(**how_long)


@dataclass
class Town:
    """A chat as Discord keeps it: messages by id, one for each nonce."""

    fails: Callable[[], None] = lambda: None
    """Called before each act; raises to refuse it."""
    messages: dict[str, Card] = field(default_factory=dict)
    nonces: dict[str, str] = field(default_factory=dict)
    posts: list[str] = field(default_factory=list)
    """The channel of each message that was made."""
    edits: list[str] = field(default_factory=list)
    answer_is_lost: bool = False
    """The message is made, but whoever made it never hears of it."""

    async def post(self, channel: str, card: Card, *, nonce: str, is_again: bool = False) -> str:
        """Fill `bot.ports.Chat`."""
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
        return self.nonces[nonce]

    async def edit(self, channel: str, message: str, card: Card) -> None:  # noqa: ARG002  # the port's
        """Fill `bot.ports.Chat`."""
        self.fails()
        if message not in self.messages:
            raise Gone
        self.edits.append(message)
        self.messages[message] = card


@dataclass
class Farm:
    """A cluster that takes what it is given."""

    fails: Callable[[], None] = lambda: None
    done: list[str] = field(default_factory=list)
    has_nodes: Sequence[Node] | Upstream = ()

    async def nodes(self) -> Sequence[Node]:
        """Fill `bot.ports.Cluster`."""
        if isinstance(self.has_nodes, Upstream):
            raise self.has_nodes
        return self.has_nodes

    async def submit(self, order: Order) -> str:
        """Fill `bot.ports.Cluster`."""
        return self._do(f"submit {order.key}")

    async def forecast(self, order: Order) -> Forecast:
        """Fill `bot.ports.Cluster`."""
        return Forecast(self._do(f"forecast {order.key}"), None, "")

    async def cancel(self, job: Job, *, keep: bool = False) -> None:
        """Fill `bot.ports.Cluster`."""
        self._do(f"cancel {job.key}{' and keep' if keep else ''}")

    async def withdraw(self, key: str, made_for: str) -> None:  # noqa: ARG002  # the port's
        """Fill `bot.ports.Cluster`."""
        self._do(f"withdraw {key}")

    async def curve(self, key: str) -> Sequence[Mapping[str, float]]:
        """Fill `bot.ports.Cluster`."""
        self._do(f"curve {key}")
        return ()

    async def fetch_model(self, key: str, into: Path, *, digest: str) -> Path:  # noqa: ARG002  # the port's
        """Fill `bot.ports.Cluster`."""
        self._do(f"fetch {key}")
        return into

    def _do(self, what: str) -> str:
        self.fails()
        self.done.append(what)
        return str(len(self.done))


class Shelf:
    """A registry that has every model."""

    before: Callable[[], object] = staticmethod(lambda: None)
    """What happens while a model is fetched."""

    async def track(self, run: TrackedRun) -> str:
        """Fill `bot.ports.Registry`."""
        return f"https://mlflow.example/{run.key}"

    async def download(self, name: str, version: str, into: Path, *, digest: str) -> Path:  # noqa: ARG002  # the port's
        """Fill `bot.ports.Registry`."""
        happening = self.before()
        if happening is not None:
            await happening
        return into / f"{name}-{version}"


class Customers:
    """An endpoint that collected nothing worth a look."""

    async def collected(self, endpoint: str, deployment: str, *, since: datetime, limit: int) -> Collected:  # noqa: ARG002
        """Fill `bot.ports.Endpoints`."""
        return Collected((), ())


@dataclass
class Scale:
    """A meter that finds no drift."""

    fails: Callable[[], None] = lambda: None

    async def compare(self, directory: Path, current: Collected, *, title: str) -> Comparison:  # noqa: ARG002
        """Fill `bot.ports.Meter`."""
        self.fails()
        return Comparison((), reference_rows=1, current_rows=1, chart_png=b"")


def failing(*errors: Exception | None) -> Callable[[], None]:
    """Return what raises these in turn, and nothing where there is None and after the last."""
    left = list(errors)

    def fail() -> None:
        error = left.pop(0) if left else None
        if error is not None:
            raise error

    return fail


def always(error: Exception) -> Callable[[], None]:
    """Return what raises the same every time."""

    def fail() -> None:
        raise error

    return fail


def app_on(store: SqlStore, *, clock: Clock, chat: Town, cluster: Farm) -> App:
    """Return an app with no other ports than these."""
    desk = Desk(store, now=clock)
    others = dict.fromkeys(("registry", "endpoints", "meter", "charts"))
    return App(settings=SETTINGS, recipes=RECIPES, desk=desk, cluster=cluster, chat=chat, **others)


async def deliver_due(app: App, lane: str) -> list[str]:
    """Deliver what is due in a lane now, once, and return what it was."""
    claimed = await app.store.claim_effects(now=app.desk.now(), lease=deliver.LEASE, limit=50, lanes=(lane,))
    for due in claimed:
        await deliver.deliver(app, due)
    return [f"{due.about} {due.effect} {due.attempt}" for due in claimed]
