"""Ops hear of what is wrong with the cluster itself, in its own words, once, and when it is over."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

import pytest

from bot.adapters.store_sql import SqlStore
from bot.app import App
from bot.domain.model import Incident, Run
from bot.effects import health
from bot.errors import Upstream
from bot.ports import Node, Share, Use
from bot.services import things
from jobs import account_use, probe_cluster, watch_outages
from tests.support.databases import sqlite_database
from tests.support.ports import Clock, Farm, Town, app_on
from tests.support.road import claimed, submitted

WELL = Share(size_gib=1000, used_gib=100, inodes=1000, inodes_used=10)
NODE = Node("gpu1", "idle", "gpu", 4, 0, 64, 0, 250.0, 0.0, "")
NO_CONTROLLER = Upstream("cluster", "sinfo: cannot contact the controller", retryable=True)
NO_ACCOUNTING = Upstream("accounting", "sacct: Connection refused", retryable=True)


@dataclass
class Site(Farm):
    """A cluster whose nodes, share and accounting are as the test says."""

    has_nodes: Sequence[Node] | Upstream = (NODE,)
    has_share: Share = WELL
    has_uses: Sequence[Use] | Upstream = ()
    asked_since: list[datetime] = field(default_factory=list)

    async def share(self) -> Share:
        """Fill `bot.ports.Cluster`."""
        return self.has_share

    async def uses(self, *, since: datetime) -> Sequence[Use]:
        """Fill `bot.ports.Cluster`."""
        self.asked_since.append(since)
        if isinstance(self.has_uses, Upstream):
            raise self.has_uses
        return self.has_uses


@pytest.fixture
async def app(tmp_path: Path) -> AsyncIterator[App]:
    """Return an app on a store of its own and such a site."""
    store = SqlStore.open(sqlite_database(tmp_path / "slipway.db").settings)
    yield app_on(store, clock=Clock(), chat=Town(), cluster=Site())
    await store.close()


async def told(store: SqlStore) -> list[tuple[str, str, str]]:
    """Return title, cause and stage of all incidents, the oldest first."""
    found = await things.newest(store, Incident)
    return [(one.title, one.cause, one.stage.value) for one in reversed(found)]


@pytest.mark.parametrize(
    ("share", "title"),
    [
        (replace(WELL, complaint="sh: 2: cannot create /s/.probe: Read-only file system"), "is read-only"),
        (replace(WELL, complaint="head: write error: No space left on device"), "has no room left"),
        (replace(WELL, complaint="head: write error: Disk quota exceeded"), "has no room left"),
        (Share(0, 0, 0, 0, "cannot create /s/.probe: No such file or directory"), "is not there"),
        (replace(WELL, complaint="/s/.probe: Stale file handle"), "is not there"),
        (replace(WELL, complaint="/s/.probe: Permission denied"), "may not be written"),
        (replace(WELL, complaint="/s/.probe: Input/output error"), "cannot be written"),
        (replace(WELL, used_gib=950.0), "needs room"),
        (replace(WELL, inodes_used=950), "needs room"),
    ],
)
async def test_what_is_wrong_with_the_shared_folder_is_told_by_its_kind(app: App, share: Share, title: str):
    """Full, read-only, gone and forbidden are four things to do; each is told once, with the system's words."""
    app.cluster.has_share = share
    await probe_cluster.tick(app)
    await probe_cluster.tick(app)
    [(said, cause, stage)] = await told(app.store)
    app.cluster.has_share = WELL
    await probe_cluster.tick(app)

    assert f"The cluster's shared folder {title}" == said
    assert share.complaint in cause
    assert ["open", "resolved"] == [stage, (await told(app.store))[0][2]]


async def test_the_shared_folder_is_looked_at_although_the_controller_is_down(app: App):
    """Nobody waits for sinfo to hear that the folder is full."""
    app.cluster.has_nodes = NO_CONTROLLER
    app.cluster.has_share = replace(WELL, used_gib=999.0)
    await probe_cluster.tick(app)

    assert ["The cluster's shared folder needs room"] == [title for title, _, _ in await told(app.store)]


@pytest.mark.parametrize("state", ["down*", "drained", "draining", "idle*", "fail", "unknown"])
async def test_a_node_that_takes_no_work_is_told_until_it_does(app: App, state: str):
    """With SLURM's word and the reason that somebody gave."""
    app.cluster.has_nodes = (replace(NODE, state=state, reason="fan 2 is loud"), replace(NODE, name="gpu2"))
    await probe_cluster.tick(app)
    opened = await told(app.store)
    app.cluster.has_nodes = (NODE,)
    await probe_cluster.tick(app)

    assert [("Node gpu1 takes no work", f"SLURM calls it {state}: fan 2 is loud", "open")] == opened
    assert "resolved" == (await told(app.store))[0][2]


async def test_accounting_that_does_not_answer_is_told(app: App):
    """It is not the cluster that is down; and what ended meanwhile is added up afterwards, once."""
    run = await submitted(app.desk, (await claimed(app.desk)).number)
    app.cluster.has_uses = NO_ACCOUNTING
    await account_use.tick(app)
    for _ in range(health.TELL_AFTER):
        await watch_outages.tick(app)
    down = await told(app.store)
    app.cluster.has_uses = [Use(run.key, "7", "bot", 1.5, 60.0, None, None)]
    await watch_outages.tick(app)
    over = await told(app.store)
    for _ in range(2):
        await account_use.tick(app)

    assert [("Accounting does not answer as it should", "sacct: Connection refused", "open")] == down
    assert "resolved" == over[0][2]
    assert 1.5 == (await things.get(app.store, Run, run.number)).gpu_h


async def test_what_is_added_up_costs_nothing_any_more(app: App):
    """Accounting lists two days of ended jobs each minute; only new ones reach the database."""
    run = await submitted(app.desk, (await claimed(app.desk)).number)
    app.cluster.has_uses = [Use(run.key, str(number), "bot", 0.1, 60.0, None, None) for number in range(50)]
    await account_use.tick(app)
    added = (await things.get(app.store, Run, run.number)).gpu_h
    await app.store.close()
    await account_use.tick(app)

    assert pytest.approx(5.0) == added
