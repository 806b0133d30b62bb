"""Ops hear of what is wrong with the cluster itself, in its own words, once, and when it is over."""

from dataclasses import replace

import pytest

from bot.effects import health
from bot.errors import Upstream
from bot.ports import Node, Share, Store, Use
from bot.services import things
from bot.things.incident.model import Incident
from bot.things.run.model import Run
from jobs import account_use, probe_cluster, watch_outages
from tests.support.fakes import WELL
from tests.support.ports import Place
from tests.support.road import claimed, submitted

NODE = Node("gpu1", "idle", "gpu", 4, 0, 64, 0, 250.0, 0.0, "")
NO_CONTROLLER = Upstream("cluster", "sinfo: cannot contact the controller", retryable=True)
NO_ACCOUNTING = Upstream("accounting", "sacct: Connection refused", retryable=True)


@pytest.fixture
def place(place: Place) -> Place:
    """Have a node in the cluster."""
    place.cluster.has_nodes = (NODE,)
    return place


async def told(store: Store) -> list[tuple[str, str, str]]:
    """Return title, cause and stage of all incidents, the oldest first."""
    found = await things.newest(store, Incident)
    return [(str(one.title), str(one.cause), one.stage.value) for one in reversed(found)]


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
async def test_what_is_wrong_with_the_shared_folder_is_told_by_its_kind(place: Place, share: Share, title: str):
    """Full, read-only, gone and forbidden are four things to do; each is told once, with the system's words."""
    place.cluster.has_share = share
    await probe_cluster.tick(place.app)
    await probe_cluster.tick(place.app)
    [(said, cause, stage)] = await told(place.app.store)
    place.cluster.has_share = WELL
    await probe_cluster.tick(place.app)

    assert f"The cluster's shared folder {title}" == said
    assert share.complaint in cause
    assert ["open", "resolved"] == [stage, (await told(place.app.store))[0][2]]


async def test_the_shared_folder_is_looked_at_although_the_controller_is_down(place: Place):
    """Nobody waits for sinfo to hear that the folder is full."""
    place.cluster.has_nodes = NO_CONTROLLER
    place.cluster.has_share = replace(WELL, used_gib=999.0)
    await probe_cluster.tick(place.app)

    assert ["The cluster's shared folder needs room"] == [title for title, _, _ in await told(place.app.store)]


@pytest.mark.parametrize("state", ["down*", "drained", "draining", "idle*", "fail", "unknown"])
async def test_a_node_that_takes_no_work_is_told_until_it_does(place: Place, state: str):
    """With SLURM's word and the reason that somebody gave."""
    place.cluster.has_nodes = (replace(NODE, state=state, reason="fan 2 is loud"), replace(NODE, name="gpu2"))
    await probe_cluster.tick(place.app)
    opened = await told(place.app.store)
    place.cluster.has_nodes = (NODE,)
    await probe_cluster.tick(place.app)

    assert [("Node gpu1 takes no work", f"SLURM calls it {state}: fan 2 is loud", "open")] == opened
    assert "resolved" == (await told(place.app.store))[0][2]


async def test_accounting_that_does_not_answer_is_told(place: Place):
    """It is not the cluster that is down; and what ended meanwhile is added up afterwards, once."""
    run = await submitted(place.app.record, (await claimed(place.app.record)).number)
    place.cluster.has_uses = NO_ACCOUNTING
    adds_up = account_use.begun(place.app)
    await adds_up()
    for _ in range(health.TELL_AFTER):
        await watch_outages.tick(place.app)
    down = await told(place.app.store)
    place.cluster.has_uses = [Use(run.key, "7", "bot", 1.5, 60.0, None, None)]
    await watch_outages.tick(place.app)
    over = await told(place.app.store)
    for _ in range(2):
        await adds_up()

    assert [("Accounting does not answer as it should", "sacct: Connection refused", "open")] == down
    assert "resolved" == over[0][2]
    assert 1.5 == (await things.get(place.app.store, Run, run.number)).gpu_h


async def test_what_is_added_up_costs_nothing_any_more(place: Place):
    """Accounting lists two days of ended jobs each minute; only new ones reach the database."""
    run = await submitted(place.app.record, (await claimed(place.app.record)).number)
    place.cluster.has_uses = [Use(run.key, str(number), "bot", 0.1, 60.0, None, None) for number in range(50)]
    adds_up = account_use.begun(place.app)
    await adds_up()
    added = (await things.get(place.app.store, Run, run.number)).gpu_h
    await place.app.store.close()
    await adds_up()

    assert pytest.approx(5.0) == added
