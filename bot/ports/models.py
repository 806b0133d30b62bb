"""The registry and the endpoints: where models are recorded, and where they serve."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from bot.core.values import Json


class Outcome(StrEnum):
    """How an attempt of a run ended, as registries tell it."""

    FINISHED = "finished"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class TrackedRun:
    """An attempt of a run, as far as it has come."""

    key: str
    """Tag under which a second telling finds the first."""
    parameters: Mapping[str, Json]
    tags: Mapping[str, str]
    started_at: datetime
    ended_at: datetime | None = None
    outcome: Outcome | None = None
    """None while it runs."""
    metrics: Mapping[str, float] = field(default_factory=dict)
    curve: Sequence[Mapping[str, float]] = ()
    """One row per epoch; both are taken when it has ended."""


@dataclass(frozen=True, slots=True)
class TrainedModel:
    """What a run leaves in the registry."""

    key: str
    """Tag under which a second recording finds the first."""
    name: str
    """Registered model name, as in `req-12`."""
    parameters: Mapping[str, Json]
    metrics: Mapping[str, float]
    curve: Sequence[Mapping[str, float]]
    tags: Mapping[str, str]
    directory: Path
    """An MLflow model directory (with its MLmodel file)."""


@dataclass(frozen=True, slots=True)
class RegisteredModel:
    """Where a model is in the registry."""

    name: str
    version: str
    url: str


class Registry(Protocol):
    """Where experiments and model versions are recorded."""

    async def track(self, run: TrackedRun) -> str:
        """Make the run stand as it does, once under `run.key`, and return its address."""
        ...

    async def record(self, model: TrainedModel) -> RegisteredModel:
        """Record run, metrics, artifacts and model version once under `model.key`."""
        ...

    async def download(self, name: str, version: str, into: Path, *, digest: str) -> Path:
        """Copy the model version's directory to `into` (unless it is there) and return it.

        Raises:
            Refused: its files are not those of the digest.
        """
        ...

    async def check(self) -> str:
        """Return a sentence on what was reached."""
        ...

    async def close(self) -> None:
        """End the worker."""
        ...


@dataclass(frozen=True, slots=True)
class EndpointPlan:
    """How an endpoint's deployment should stand. Derived names make it harmless to ask twice."""

    endpoint: str
    deployment: str
    model_name: str
    model_version: str
    model_digest: str
    directory: Path
    """Local MLflow model directory to register from."""
    tags: Mapping[str, str]


class DeploymentStatus(StrEnum):
    """How far the cloud has come."""

    CREATING = "creating"
    READY = "ready"
    FAILED = "failed"
    ABSENT = "absent"


@dataclass(frozen=True, slots=True)
class Deployment:
    """What the cloud says of a deployment."""

    status: DeploymentStatus
    traffic: Mapping[str, int]
    """Per cent by deployment of the endpoint, zeros included."""
    error: str = ""


@dataclass(frozen=True, slots=True)
class Probe:
    """One scoring request to one deployment."""

    answered_by: str
    latency_ms: float
    output: Json


@dataclass(frozen=True, slots=True)
class Collected:
    """Production inputs and outputs, as the endpoint's data collector stored them."""

    inputs: Sequence[Mapping[str, Json]]
    """One row per request row, by column."""
    outputs: Sequence[Mapping[str, Json]]
    """Aligned with `inputs`."""


class Endpoints(Protocol):
    """Where models serve."""

    async def converge(self, plan: EndpointPlan) -> Deployment:
        """Take the next step that is missing (model, endpoint, deployment at 0%) and return how far it is."""
        ...

    async def shift_traffic(self, endpoint: str, weights: Mapping[str, int]) -> Deployment:
        """Ask for these weights unless they hold already; READY when the endpoint shows them.

        When what was asked before has failed, it is asked again, and `error` says why it failed.
        """
        ...

    async def remove(self, endpoint: str, deployment: str, *, weights: Mapping[str, int]) -> Deployment:
        """Take the next step towards the deployment being gone, its traffic going to `weights`; ABSENT when it is.

        The endpoint itself stays: it costs nothing, and what else serves there goes on.
        """
        ...

    async def probe(self, endpoint: str, deployment: str, directory: Path) -> Probe:
        """Send the model's own input example to one deployment, past the traffic split.

        Raises:
            Refused: the model fails on it.
        """
        ...

    async def collected(self, endpoint: str, deployment: str, *, since: datetime, limit: int) -> Collected:
        """Return the newest collected rows since that time."""
        ...

    async def logs(self, endpoint: str, deployment: str, *, lines: int) -> str:
        """Return the end of the deployment's log."""
        ...

    async def check(self) -> str:
        """Return a sentence on what was reached."""
        ...

    async def close(self) -> None:
        """End the worker."""
        ...
