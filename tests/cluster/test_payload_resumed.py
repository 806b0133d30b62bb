"""Saved and stopped, or with its node lost, a run's next attempt comes to the same weights, to the bit.

What else SLURM does to a run is tried on the real one, in `test_payload_on_slurm.py`.
"""

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
import pytest_asyncio

from bot.adapters.slurm.cluster import SlurmCluster
from bot.ports import Job, JobStatus
from bot.wiring import PAYLOAD
from tests.support.cluster import ended, seen, started
from tests.support.slurm import SandboxSite
from tests.support.trainings import WITHIN_S, has_trained, order, weights_of


@pytest.fixture(scope="module")
def site(sandbox_site: SandboxSite) -> SandboxSite:
    """Return the sandbox's cluster."""
    return sandbox_site


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def cluster(site: SandboxSite) -> AsyncIterator[SlurmCluster]:
    """Return the adapter with the real payload."""
    opened = SlurmCluster(site.settings.model_copy(update={"python": sys.executable}), PAYLOAD)
    yield opened
    await opened.close()


async def save_and_stop(site: SandboxSite, cluster: SlurmCluster, job: Job) -> None:  # noqa: ARG001
    """Cancel it with its checkpoint, as the card's button does."""
    await cluster.cancel(job, keep=True)


async def lose_node(site: SandboxSite, cluster: SlurmCluster, job: Job) -> None:
    """Take its node away, and give it back."""
    node = (await seen(cluster, job, JobStatus.RUNNING)).node
    await asyncio.to_thread(site.lose_node, node)
    await ended(cluster, job, within_s=WITHIN_S)
    await asyncio.to_thread(site.mend_node, node)


Stop = Callable[[SandboxSite, SlurmCluster, Job], Awaitable[None]]
STOPS: dict[Stop, JobStatus] = {
    save_and_stop: JobStatus.CANCELLED,
    lose_node: JobStatus.NODE_FAIL,
}


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize(
    "stop", [lose_node, pytest.param(save_and_stop, marks=pytest.mark.repetition)], ids=lambda stop: stop.__name__
)
async def test_the_next_attempt_comes_to_the_same_weights(site, cluster, whole, stop: Stop):
    """It goes on from the checkpoint of the one before, wherever that stood."""
    number = 10 + list(STOPS).index(stop)
    job = await started(cluster, order(number))
    await has_trained(cluster, job)
    await stop(site, cluster, job)
    first = await ended(cluster, job, within_s=WITHIN_S)
    again = await started(cluster, order(number, 2, resume_from=job.key))
    weights = await weights_of(cluster, again)

    assert STOPS[stop] is first.status
    assert f"going on from the checkpoint of {job.key}" in await cluster.log_tail(again.key, lines=200)
    assert whole == weights
