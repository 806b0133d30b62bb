"""What tells an order from any other by the same key: a mark of its own, kept with what is to be sent."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from bot.adapters.store_sql import SqlStore
from bot.app import App
from bot.domain.causes import Cause, Failure, Remedy
from bot.errors import Refused
from bot.ports import Order
from bot.services import attempts, training
from tests.support.databases import sqlite_database
from tests.support.ports import DOWN, Clock, Farm, Town, app_on, deliver_due
from tests.support.road import ANAN, CLUSTER, claimed, ordered, swept


@dataclass
class Told(Farm):
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


@pytest.fixture
async def app(tmp_path: Path) -> AsyncIterator[App]:
    """Return an app with a run that is ordered."""
    store = SqlStore.open(sqlite_database(tmp_path / "slipway.db").settings)
    opened = app_on(store, clock=Clock(), chat=Town(), cluster=Told())
    await claimed(opened.desk)
    await ordered(opened.desk, 1)
    yield opened
    await store.close()


async def test_an_order_that_is_sent_again_is_the_same(app: App):
    """After an outage, and when it is withdrawn because it was refused."""
    app.cluster.refuses += [DOWN, Refused("It was made for another.")]
    await deliver_due(app, "cluster")
    app.desk.now.passes(hours=1)
    await deliver_due(app, "cluster")
    app.desk.now.passes(hours=1)
    await deliver_due(app, "cluster")
    key = "slipway-run-1-1"

    assert [key, key, f"withdraw {key}"] == [one for one, _ in app.cluster.marks]
    assert [32] == [len(mark) for mark in {mark for _, mark in app.cluster.marks}]


async def test_each_attempt_and_each_sweep_is_an_order(app: App):
    """None has another's mark."""
    await deliver_due(app, "cluster")
    await deliver_due(app, "cluster")
    await training.failed(app.desk, 1, Failure("c", "n", Cause.CODE))
    await attempts.again(app.desk, 1, Remedy.RETRY, cluster=CLUSTER, by=ANAN)
    await swept(app.desk, 1, space="epochs=1|2")
    for _ in range(3):
        await deliver_due(app, "cluster")

    assert ["slipway-run-1-1", "slipway-run-1-2", "slipway-sweep-1"] == [key for key, _ in app.cluster.marks]
    assert 3 == len({mark for _, mark in app.cluster.marks})
