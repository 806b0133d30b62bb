"""An app on fakes, with a clock that is set; what makes a fake fail; and one round of what is due."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from bot.adapters.sql.store import SqlStore
from bot.app import App
from bot.config import load
from bot.effects import deliver
from bot.errors import Upstream
from bot.plugins import record_of
from bot.ports import Chat, Cluster
from tests.support.databases import NOW, sqlite_database
from tests.support.fakes import FakeCharts, FakeChat, FakeCluster, FakeEndpoints, FakeMeter, FakeRegistry
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


@dataclass(frozen=True)
class Place:
    """An app, and the fakes that it talks to."""

    app: App
    clock: Clock
    chat: FakeChat
    cluster: FakeCluster
    registry: FakeRegistry
    endpoints: FakeEndpoints
    meter: FakeMeter


@asynccontextmanager
async def place_in(directory: Path) -> AsyncIterator[Place]:
    """Open an app on a fresh SQLite database, with its data in the directory."""
    store = SqlStore.open(sqlite_database(directory / "slipway.db").settings)
    settings = SETTINGS.model_copy(update={"data_directory": directory})
    fakes = (Clock(), FakeChat(), FakeCluster(), FakeRegistry(), FakeEndpoints(), FakeMeter())
    clock, chat, cluster, registry, endpoints, meter = fakes
    app = app_on(store, clock=clock, chat=chat, cluster=cluster)
    app = replace(app, settings=settings, registry=registry, endpoints=endpoints, meter=meter)
    yield Place(app, *fakes)
    await store.close()


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


def app_on(store: SqlStore, *, clock: Callable[[], datetime], chat: Chat, cluster: Cluster) -> App:
    """Return an app on these; its other ports are fakes."""
    return App(
        settings=SETTINGS,
        recipes=RECIPES,
        record=record_of(store, now=clock),
        cluster=cluster,
        registry=FakeRegistry(),
        endpoints=FakeEndpoints(),
        meter=FakeMeter(),
        charts=FakeCharts(),
        chat=chat,
    )


async def deliver_due(app: App, lane: str) -> list[str]:
    """Deliver what is due in a lane now, once, and return what it was."""
    claimed = await app.store.claim_effects(now=app.record.now(), lease=deliver.LEASE, limit=50, lanes=(lane,))
    for due in claimed:
        await deliver.deliver(app, due)
    return [f"{due.about} {due.effect} {due.attempt}" for due in claimed]
