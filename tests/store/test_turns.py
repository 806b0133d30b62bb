"""What waits for its turn on a cluster that takes no more: however long, it says why, and then it is sent once."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from bot.adapters.store_sql import SqlStore
from bot.app import App
from bot.domain.model import Incident, Kind, Ref, Run, Stage, Sweep
from bot.effects.deliver import MAX_ATTEMPTS
from bot.errors import NotItsTurn
from bot.services import cards, things
from tests.support.databases import sqlite_database
from tests.support.ports import Clock, Farm, Town, always, app_on, deliver_due
from tests.support.road import RECIPE, claimed, ordered, swept

FULL = NotItsTurn("SLURM lets the bot's account have no more jobs in the queue", wait=timedelta(minutes=1))


@pytest.fixture
async def app(tmp_path: Path) -> AsyncIterator[App]:
    """Return an app on a store of its own."""
    store = SqlStore.open(sqlite_database(tmp_path / "slipway.db").settings)
    yield app_on(store, clock=Clock(), chat=Town(), cluster=Farm())
    await store.close()


async def test_a_run_is_sent_when_the_queue_has_room_again(app: App):
    """It waits longer than failures are tried for, is none, and its card says what it waits for."""
    run = await ordered(app.desk, (await claimed(app.desk)).number)
    app.cluster.fails = always(FULL)
    for _ in range(MAX_ATTEMPTS + 2):
        await deliver_due(app, "cluster")
        app.desk.now.passes(minutes=1)
    waiting = (await cards.face_for(app.store, Ref(Kind.RUN, run.number))).card.paragraphs
    async with app.store.reading() as tx:
        failing = await tx.failing_count()
    app.cluster.fails = lambda: None
    await deliver_due(app, "cluster")
    sent = (await cards.face_for(app.store, Ref(Kind.RUN, run.number))).card.paragraphs

    assert [f"⏳ It is sent when it is its turn: {FULL}."] == [one for one in waiting if "turn" in one]
    assert 0 == failing
    assert () == tuple(await things.newest(app.store, Incident))
    assert [f"submit {run.key}"] == [deed for deed in app.cluster.done if deed.startswith("submit")]
    assert Stage.SUBMITTED is (await things.get(app.store, Run, run.number)).stage
    assert not any("turn" in one for one in sent)


async def test_so_is_a_sweep(app: App):
    """As one array, which SLURM takes as a whole or not at all."""
    sweep = await swept(app.desk, (await claimed(app.desk)).number, space=f"{next(iter(RECIPE.parameters))}=1|2")
    app.cluster.fails = always(FULL)
    await deliver_due(app, "cluster")
    app.desk.now.passes(minutes=1)
    await deliver_due(app, "cluster")
    waiting = (await cards.face_for(app.store, Ref(Kind.SWEEP, sweep.number))).card.paragraphs
    app.cluster.fails = lambda: None
    app.desk.now.passes(minutes=1)
    await deliver_due(app, "cluster")

    assert any(f"{FULL}." in one for one in waiting)
    assert [f"submit {sweep.key}"] == [deed for deed in app.cluster.done if deed.startswith("submit")]
    assert Stage.RUNNING is (await things.get(app.store, Sweep, sweep.number)).stage
