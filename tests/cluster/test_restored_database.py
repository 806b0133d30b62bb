"""A database that was restored from a backup beside the cluster's folder, which has gone on since."""

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from bot.adapters.slurm.cluster import SlurmCluster
from bot.adapters.sql.store import SqlStore
from bot.app import App
from bot.config import DatabaseSettings
from bot.core.values import Stage
from bot.services import planning, things
from bot.things.audit.model import Audit
from bot.things.run.causes import Cause
from bot.things.run.model import Run
from jobs import follow_runs
from tests.support.databases import sqlite_database
from tests.support.fakes import FakeChat
from tests.support.operations import write_training
from tests.support.ports import Clock, app_on, deliver_due
from tests.support.road import ANAN, RECIPE, RECIPES, claimed
from tests.support.slurm import Site
from tests.support.waiting import eventually_awaited


@asynccontextmanager
async def at_work(database: Path, site: Site, payload: Path) -> AsyncIterator[App]:
    """Lend an app on that database, with the cluster."""
    store = SqlStore.open(DatabaseSettings(url=f"sqlite:///{database}"))
    cluster = SlurmCluster(site.settings, payload)
    try:
        yield app_on(store, clock=Clock(), chat=FakeChat(), cluster=cluster)
    finally:
        await cluster.close()
        await store.close()


async def trained(app: App, site: Site, *, epochs: int) -> Run:
    """Return a run as it stands when it has ended, however it did."""
    wish = planning.Wish(recipe=RECIPE.name, parameters=f"epochs={epochs}")
    plan = await planning.plan(app.record, 1, wish, recipes=RECIPES, cluster=site.settings, by=ANAN)
    run = await planning.order(app.record, plan.number, by=ANAN)
    await deliver_due(app, "cluster")
    await deliver_due(app, "cluster")  # the forecast was first

    look = follow_runs.begun(app)

    async def over() -> Run | None:
        await look()
        now = await things.get(app.store, Run, run.number)
        return now if now.stage in (Stage.SUCCEEDED, Stage.FAILED) else None

    return await eventually_awaited(over)


@pytest.mark.parametrize("site", ["sandbox"], indirect=True)
async def test_a_new_run_never_takes_the_result_of_one_that_the_backup_does_not_know(site, tmp_path):
    """Its number is given anew, and with it the names of its job and folder: it is refused, and no audit opens."""
    backup, database = tmp_path / "backup.db", tmp_path / "slipway.db"
    payload = write_training(tmp_path / "payload")
    sqlite_database(database)
    async with at_work(database, site, payload) as app:
        await claimed(app.record)
    shutil.copy(database, backup)
    async with at_work(database, site, payload) as app:
        lost = await trained(app, site, epochs=10)
    folder = site.run_folder(lost.key)
    spec = (folder / "spec.json").read_bytes()
    async with at_work(backup, site, payload) as app:
        new = await trained(app, site, epochs=90)
        async with app.store.reading() as tx:
            audits = await tx.select(Audit)

    assert (lost.key, {"accuracy": 0.1}) == (new.key, lost.metrics)
    assert (Stage.FAILED, Cause.NOT_SUBMITTED, None) == (new.stage, new.failure, new.metrics)
    assert (str(folder) in str(new.cause), ()) == (True, tuple(audits))
    assert spec == (folder / "spec.json").read_bytes()
