"""Fakes of the systems that operations watch: each thing has the fate that it was begun with."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from bot.errors import Upstream
from bot.ports import Deployment, DeploymentStatus, EndpointPlan, Job, JobStatus, Observation, Order, Result
from bot.suites.operations import Fate
from tests.support.fakes import FakeCluster, FakeEndpoints
from tests.support.operations import EPOCHS
from tests.support.road import RESULT

SAYS = {
    EPOCHS[Fate.ENDS_WELL]: Observation(JobStatus.COMPLETED),
    EPOCHS[Fate.FAILS]: Observation(JobStatus.FAILED, "exit code 1:0", node="gpu1"),
    EPOCHS[Fate.GOES_ON]: Observation(JobStatus.RUNNING, node="gpu1"),
}


@dataclass
class FateCluster(FakeCluster):
    """A cluster on which each run has the fate that its order asks for."""

    says: dict[str, Observation] = field(default_factory=dict)

    async def submit(self, order: Order) -> str:
        parameters = order.spec["parameters"]
        assert isinstance(parameters, Mapping)
        self.says[order.key] = SAYS[int(str(parameters["epochs"]))]
        return str(len(self.says))

    async def observe(self, jobs: Collection[Job]) -> Mapping[str, Observation]:
        return {job.key: self.says[job.key] for job in jobs}

    async def result(self, key: str) -> Result:
        return RESULT

    async def cancel(self, job: Job, *, keep: bool = False) -> None:
        self.says[job.key] = Observation(JobStatus.CANCELLED)


@dataclass
class NoCluster(FakeCluster):
    """A cluster that cannot be reached."""

    async def observe(self, jobs: Collection[Job]) -> Mapping[str, Observation]:
        raise Upstream("cluster", "connection refused", retryable=True)


@dataclass
class FateEndpoints(FakeEndpoints):
    """A cloud that makes a deployment of each model that can be loaded."""

    async def converge(self, plan: EndpointPlan) -> Deployment:
        if "a_library" in (plan.directory / "code" / "small_model.py").read_text():
            return Deployment(DeploymentStatus.FAILED, {}, "ResourceNotReady: the container crashed")
        is_new = plan.endpoint not in self.done
        self.done.append(plan.endpoint)
        return Deployment(DeploymentStatus.CREATING if is_new else DeploymentStatus.READY, {})


@dataclass
class NoEndpoints(FakeEndpoints):
    """A cloud that cannot be reached."""

    async def converge(self, plan: EndpointPlan) -> Deployment:
        raise Upstream("azure", "connection refused", retryable=True)
