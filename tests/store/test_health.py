"""An outage that Ops were told of outlives a restart, and ends with the first work that shows that it is over."""

from dataclasses import replace
from pathlib import Path

import pytest

from bot.adapters.sql.store import SqlStore
from bot.app import App
from bot.core.values import Stage
from bot.effects import health
from bot.errors import Upstream
from bot.services import incidents, things
from bot.things.audit import decisions as audits
from bot.things.audit.rules import AuditEvent
from bot.things.incident.model import Incident
from bot.things.incident.subjects import of_outage
from bot.things.monitor import decisions as monitors
from tests.support.databases import sqlite_database
from tests.support.fakes import FakeChat, FakeCluster
from tests.support.ports import Clock, app_on, deliver_due
from tests.support.road import KANYA, NOK, claimed, in_review, live


async def a_measurement(app: App) -> None:
    """Have a live model measured."""
    await live(app.record, (await claimed(app.record)).number)
    await monitors.call(app.record, 1, by=NOK)
    await deliver_due(app, "meter")


async def an_announcement(app: App) -> None:
    """Have a model announced."""
    await live(app.record, (await claimed(app.record)).number)
    await deliver_due(app, "chat")


async def a_verdict(app: App) -> None:
    """Have a verdict told."""
    audit = await in_review(app.record, (await claimed(app.record)).number)
    await audits.decide(app.record, audit.number, AuditEvent.APPROVED, reason="Good.", by=KANYA)
    await deliver_due(app, "chat")


@pytest.mark.parametrize(
    ("system", "work"),
    [
        ("meter", a_measurement),
        ("evidently", a_measurement),
        ("discord.channels.announcements", an_announcement),
        ("discord.channels.training", a_verdict),
    ],
)
async def test_after_a_restart_an_outage_ends_with_the_work_that_succeeds(tmp_path: Path, system: str, work):
    """Systems that nobody probes, too; until then it is open, and its next failure is not told twice."""
    store = SqlStore.open(sqlite_database(tmp_path / "slipway.db").settings)
    clock, chat, cluster = Clock(), FakeChat(), FakeCluster()
    before = app_on(store, clock=clock, chat=chat, cluster=cluster)
    await incidents.outage(before.record, system, "it failed")
    settings = before.settings.model_copy(update={"data_directory": tmp_path})
    restarted = replace(app_on(store, clock=clock, chat=chat, cluster=cluster), settings=settings)
    await health.recall(restarted)
    await health.failed(restarted, Upstream(system, "it still fails", retryable=False), work="effect 1")
    told = [(one.about, one.stage) for one in await things.newest(store, Incident)]
    await health.answered(restarted, "effect 1")
    await work(restarted)
    ended = [(one.about, one.stage) for one in await things.newest(store, Incident)]
    await incidents.outage(restarted.record, system, "it fails again")
    again = len(await things.newest(store, Incident))
    await store.close()

    assert told == [(of_outage(system), Stage.OPEN)]
    assert ended == [(of_outage(system), Stage.RESOLVED)]
    assert again == 2
