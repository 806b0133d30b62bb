"""The suite of operations on SLURM: the sandbox's, and two real ones."""

import socket

import pytest

from bot.adapters.slurm.cluster import SlurmCluster
from bot.suites.operations import problems_of_operation
from tests.support.cluster import on
from tests.support.operations import runs_outside, write_training

site = on("sandbox", "real")


@pytest.fixture
def payload(tmp_path):
    """Return the payload with the suite's recipe."""
    return write_training(tmp_path / "payload")


async def test_runs_on_slurm(site, payload, tmp_path):
    """They end, fail and stop; while the login node refuses connections none of them ends."""
    there, away = SlurmCluster(site.settings, payload), SlurmCluster(nowhere(site), payload)
    async with runs_outside(tmp_path, there, away, site.settings) as outside:
        problems = await problems_of_operation(outside)
    await there.close()

    assert [] == problems


def nowhere(site):
    """Return the settings of a login node that refuses connections."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    return site.settings.model_copy(update={"port": port})
