"""The cluster port's adapter on each of the clusters, and orders whose recipe does what it is told."""

import uuid
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.adapters.slurm.cluster import SlurmCluster
from bot.ports import Job, JobStatus, Observation, Order, Task
from bot.things.run.model import Resources
from tests.support.slurm import Site, running_sandbox_slurm
from tests.support.slurm_real import RealSite, running_slurm
from tests.support.waiting import PATIENCE_S, eventually_awaited

PAYLOAD = Path(__file__).with_name("recipes")
PROGRESS = '{"epoch": 1, "epochs": 4, "loss": 0.5, "metric": "accuracy", "value": 0.75, "elapsed_s": 2, "left_s": 6}\n'
RESULT = {"metrics": {"accuracy": 0.9}, "parameter_count": 7, "test_rows": 3, "curve": [{"epoch": 1, "loss": 0.5}]}
MODEL = [["file", ["model/MLmodel", "flavors: {}\n"]], ["file", ["model/data/weights", "ดี"]]]
WAIT = ["wait", "go"]
ENDLESS = [["wait", "never"]]
LONGEST_POLL_S = 0.5
"""Each look is a command or two on the login node, so a long wait had better cost little."""


SITES = {name: pytest.param(name, marks=pytest.mark.repetition) for name in ("sandbox", "real", "newer")}
"""The clusters, as what only repeats a proof."""
REAL = pytest.mark.parametrize("site", ["real", SITES["newer"]], indirect=True)
"""For what the sandbox does not have."""
ONCE = pytest.mark.parametrize("site", ["sandbox", SITES["real"], SITES["newer"]], indirect=True)
"""For what SLURM has no part in: it is about the login node's tools, which are this machine's on each."""


def on(*always: str) -> Callable[[pytest.FixtureRequest], Site]:
    """Return a module's fixture `site`: its tests run on these clusters, and by `make test-all` on the others too."""

    @pytest.fixture(name="site", params=[name if name in always else again for name, again in SITES.items()])
    def chosen(request: pytest.FixtureRequest) -> Site:
        return request.getfixturevalue(f"{request.param}_site")

    return chosen


@pytest.fixture(scope="session")
def sandbox_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Return the sandbox's cluster, which stays up for all tests; so do the two below, whatever the tests' order."""
    with running_sandbox_slurm(tmp_path_factory.mktemp("slurm")) as sandbox:
        yield sandbox


@pytest.fixture(scope="session")
def real_site() -> Iterator[RealSite]:
    """Return the real one."""
    with running_slurm() as real:
        yield real


@pytest.fixture(scope="session")
def newer_site() -> Iterator[RealSite]:
    """Return the newer real one."""
    with running_slurm(newer=True) as real:
        yield real


@pytest.fixture
async def cluster(site: Site) -> AsyncIterator[SlurmCluster]:
    """Return the adapter, connected to the cluster when it needs to be."""
    opened = SlurmCluster(site.settings, PAYLOAD)
    yield opened
    await opened.close()


@contextmanager
def elsewhere(site: Site, **changes: Any) -> Iterator[SlurmCluster]:
    """Lend an adapter with other settings."""
    yield SlurmCluster(site.settings.model_copy(update=changes), PAYLOAD)


def order(steps: Sequence[Sequence[Any]], **resources: Any) -> Order:
    """Return an order of a run that does these steps."""
    asked = {"partition": "gpu", "nodes": 1, "gpus": 1, "cpus": 1, "memory_gib": 1, "time_limit_min": 20, **resources}
    return Order(f"slipway-run-{uuid.uuid4().hex[:12]}-1", "puppet", {"steps": steps}, Resources(**asked))


def array(steps: Sequence[Sequence[Sequence[Any]]], *, at_once: int = 0, **resources: Any) -> Order:
    """Return an order of an array whose tasks do these steps."""
    plain = order([], **resources)
    tasks = [Task(f"{plain.key}-{index}", {"steps": its}) for index, its in enumerate(steps)]
    return replace(plain, key=plain.key.replace("run", "sweep"), tasks=tasks, at_once=at_once)


def jobs_of(wanted: Order, job_id: str) -> list[Job]:
    """Return the jobs of an array's tasks."""
    return [Job(task.key, f"{job_id}_{index}", name=wanted.key) for index, task in enumerate(wanted.tasks)]


async def started(cluster: SlurmCluster, wanted: Order) -> Job:
    """Submit and return the job."""
    return Job(wanted.key, await cluster.submit(wanted))


async def seen(cluster: SlurmCluster, job: Job, *statuses: JobStatus, within_s: float = PATIENCE_S) -> Observation:
    """Return the first observation with one of the statuses; until then nothing may look like an end."""

    async def ask() -> Observation | None:
        observation = (await cluster.observe([job]))[job.key]
        if observation.status in statuses:
            return observation
        assert not observation.status.is_final, observation
        return None

    return await eventually_awaited(ask, within_s=within_s, longest_poll_s=LONGEST_POLL_S)


async def ended(cluster: SlurmCluster, job: Job, within_s: float = PATIENCE_S) -> Observation:
    """Return the job's end."""
    return await seen(cluster, job, *(status for status in JobStatus if status.is_final), within_s=within_s)
