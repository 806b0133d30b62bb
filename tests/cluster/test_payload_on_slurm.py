"""The real payload on a real SLURM: however that stops it, it comes to the same weights, to the bit."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from bot.adapters.slurm.cluster import SlurmCluster
from bot.ports import JobStatus
from bot.wiring import PAYLOAD
from tests.support.cluster import ended, started
from tests.support.python_for_all import python_for_all
from tests.support.slurm_real import RealSite
from tests.support.trainings import WITHIN_S, has_trained, order, weights_of
from tests.support.waiting import eventually_awaited

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(480)]


@pytest.fixture(scope="module")
def site(real_site: RealSite) -> RealSite:
    """Return the cluster."""
    return real_site


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def cluster(site: RealSite) -> AsyncIterator[SlurmCluster]:
    """Return the adapter with the real payload, and a Python that has torch."""
    with python_for_all(Path(site.settings.directory).parent / "torch") as python:
        opened = SlurmCluster(site.settings.model_copy(update={"python": str(python)}), PAYLOAD)
        yield opened
        await opened.close()


async def test_a_requeued_run_goes_on_by_itself(site, cluster, whole):
    """SLURM starts the same job once more, in the folder with its checkpoint."""
    job = await started(cluster, order(2))
    await has_trained(cluster, job)
    await asyncio.to_thread(site.requeue, job.job_id)

    async def waits() -> bool:
        return (await cluster.observe([job]))[job.key].status is JobStatus.PENDING

    await eventually_awaited(waits)
    await asyncio.to_thread(site.admin, "scontrol", "update", f"jobid={job.job_id}", "starttime=now")
    weights = await weights_of(cluster, job)
    log = await cluster.log_tail(job.key, lines=500)

    assert whole == weights
    assert 2 == log.count("training on cpu")
    assert "from epoch 0, step 0" not in log.rpartition("training on cpu")[2]


STOPS = {RealSite.preempt: JobStatus.PREEMPTED, RealSite.let_time_pass: JobStatus.TIMEOUT}


@pytest.mark.repetition  # SLURM's signals, saving at a signal, and the next attempt are proven apart
@pytest.mark.parametrize("stop", STOPS, ids=lambda stop: stop.__name__)
async def test_the_next_attempt_goes_on(site, cluster, whole, stop):
    """From the checkpoint that SLURM's signal before the end has left, or the last one."""
    number = 10 + list(STOPS).index(stop)
    job = await started(cluster, order(number))
    await has_trained(cluster, job)
    await asyncio.to_thread(stop, site, job.job_id)
    first = await ended(cluster, job, within_s=WITHIN_S)
    again = await started(cluster, order(number, 2, resume_from=job.key))

    assert STOPS[stop] is first.status
    assert whole == await weights_of(cluster, again)
