"""A training run, and what it asks of the cluster."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from bot.core.said import Said
from bot.core.values import Kind, PersonId, Ref, Stage, Thing


@dataclass(frozen=True, slots=True)
class Resources:
    """What a run asks of the cluster."""

    partition: str
    nodes: int
    gpus: int
    """Per node."""
    cpus: int
    """Per node."""
    memory_gib: int
    """Per node."""
    time_limit_min: int
    gpu_type: str = ""
    """As SLURM's GRES names it; empty for the config's."""
    account: str = ""
    """SLURM account; empty for the user's default."""
    qos: str = ""
    """SLURM quality of service; empty for the default."""
    exclude: tuple[str, ...] = ()
    """Nodes that the run must not get."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run(Thing):
    """One training run on the cluster, with its attempts."""

    kind: ClassVar[Kind] = Kind.RUN
    stage: Stage = Stage.ORDERED
    requirement: int
    ordered_by: PersonId
    recipe: str
    dataset: str
    parameters: Mapping[str, int | float | str | bool]
    seed: int
    hypothesis: str
    resources: Resources
    attempt: int = 1
    job_id: str | None = None
    """SLURM's id of the present attempt, once it has one."""
    cause: Said | None = None
    """Why it failed."""
    failure: str | None = None
    """The class of that cause, one of `bot.things.run.causes.Cause`."""
    node: str | None = None
    """Where the present attempt runs or ran, as SLURM writes node lists."""
    resume_from: str | None = None
    """Key of the attempt whose checkpoint the present one goes on from."""
    sweep: int | None = None
    task: int | None = None
    """Its index in the sweep's array."""
    like: int | None = None
    """The run that this one repeats."""
    conclusion: str | None = None
    """What was learnt, in the creator's words."""
    gpu_h: float = 0.0
    """GPU hours of all attempts so far, as accounting has them."""
    fingerprint: Mapping[str, str] | None = None
    """What it was made of: hashes of code, data and parameters, seed, environment, and of the final weights."""
    metrics: Mapping[str, float] | None = None
    """Held-out results of a run that succeeded."""
    model_digest: str | None = None
    """SHA-256 over the model's files, as the payload wrote it."""
    model_version: str | None = None
    """The registry's version, once recorded."""
    tracking_url: str | None = None

    @property
    def key(self) -> str:
        """The job name that makes submitting twice harmless, unique for each attempt."""
        return f"slipway-run-{self.number}-{self.attempt}"

    @property
    def shown_on(self) -> Ref:
        """Whose card tells how far it is: a sweep's runs have none of their own."""
        return Ref(Kind.RUN, self.number) if self.sweep is None else Ref(Kind.SWEEP, self.sweep)
