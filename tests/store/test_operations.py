"""The suite of operations on fakes: a cluster and a cloud that hold to their ports."""

from pathlib import Path

from bot.suites.operations import problems_of_operation
from tests.support.fates import FateCluster, FateEndpoints, NoCluster, NoEndpoints
from tests.support.operations import rollouts_outside, runs_outside
from tests.support.road import CLUSTER


async def test_runs_on_a_fake_cluster(tmp_path: Path):
    """They end, fail and stop as they do on a real one, and an outage ends none of them."""
    async with runs_outside(tmp_path, FateCluster(), NoCluster(), CLUSTER) as outside:
        assert [] == await problems_of_operation(outside)


async def test_rollouts_in_a_fake_cloud(tmp_path: Path):
    """Their deployments are made, fail and are taken back."""
    async with rollouts_outside(tmp_path, FateEndpoints(), NoEndpoints()) as outside:
        assert [] == await problems_of_operation(outside)
