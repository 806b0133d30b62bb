"""What tells an order from any other by the same key: a mark of its own, kept with what is to be sent."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from bot.adapters.sql.store import SqlStore
from bot.app import App
from bot.core.words import as_said
from bot.errors import Refused
from bot.ports import Order
from bot.services import attempts, training
from bot.things.run.causes import Cause, Failure, Remedy
from tests.support.databases import sqlite_database
from tests.support.fakes import FakeChat, FakeCluster
from tests.support.ports import DOWN, Clock, app_on, deliver_due
from tests.support.road import ANAN, CLUSTER, claimed, ordered, swept


@dataclass
class FakeMarked(FakeCluster):
    """A cluster that notes for whom each call is."""

    marks: list[tuple[str, str]] = field(default_factory=list)
    refuses: list[Exception] = field(default_factory=list)

    async def submit(self, order: Order) -> str:
        """Fill `bot.ports.Cluster`."""
        self.marks.append((order.key, order.made_for))
        if self.refuses:
            raise self.refuses.pop(0)
        return await super().submit(order)

    async def withdraw(self, key: str, made_for: str) -> None:
        """Fill `bot.ports.Cluster`."""
        self.marks.append((f"withdraw {key}", made_for))


@dataclass(frozen=True)
class Place:
    """An app with a run that is ordered."""

    app: App
    clock: Clock
    cluster: FakeMarked


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    """Open an app on a fresh database."""
    store = SqlStore.open(sqlite_database(tmp_path / "slipway.db").settings)
    clock, cluster = Clock(), FakeMarked()
    app = app_on(store, clock=clock, chat=FakeChat(), cluster=cluster)
    await claimed(app.record)
    await ordered(app.record, 1)
    yield Place(app, clock, cluster)
    await store.close()


async def test_an_order_that_is_sent_again_is_the_same(place: Place):
    """After an outage, and when it is withdrawn because it was refused."""
    place.cluster.refuses += [DOWN, Refused("It was made for another.")]
    await deliver_due(place.app, "cluster")
    place.clock.passes(hours=1)
    await deliver_due(place.app, "cluster")
    place.clock.passes(hours=1)
    await deliver_due(place.app, "cluster")
    key = "slipway-run-1-1"

    assert [key, key, f"withdraw {key}"] == [one for one, _ in place.cluster.marks]
    assert [32] == [len(mark) for mark in {mark for _, mark in place.cluster.marks}]


async def test_each_attempt_and_each_sweep_is_an_order(place: Place):
    """None has another's mark."""
    await deliver_due(place.app, "cluster")
    await deliver_due(place.app, "cluster")
    await training.failed(place.app.record, 1, Failure(as_said("c"), as_said("n"), Cause.CODE))
    await attempts.again(place.app.record, 1, Remedy.RETRY, cluster=CLUSTER, by=ANAN)
    await swept(place.app.record, 1, space="epochs=1|2")
    for _ in range(3):
        await deliver_due(place.app, "cluster")

    assert ["slipway-run-1-1", "slipway-run-1-2", "slipway-sweep-1"] == [key for key, _ in place.cluster.marks]
    assert 3 == len({mark for _, mark in place.cluster.marks})
