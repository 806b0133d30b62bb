"""The things Slipway keeps: frozen values, one dataclass for each row of the business."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, TypeAlias, get_args

from bot.core.values import Kind, PersonId, Ref, Stage


@dataclass(frozen=True, slots=True)
class Target:
    """A measure that the model must reach, such as `accuracy >= 0.85`."""

    metric: str
    at_least: bool
    threshold: float

    def __str__(self) -> str:
        threshold = f"{self.threshold:.15f}".rstrip("0").rstrip(".")  # as it decides: nothing rounded, no power of ten
        return f"{self.metric} {'≥' if self.at_least else '≤'} {threshold}"

    def is_met_by(self, value: float) -> bool:
        """Tell whether the value reaches the threshold; NaN never does."""
        return value >= self.threshold if self.at_least else value <= self.threshold


@dataclass(frozen=True, slots=True)
class Check:
    """One automatic finding of an audit."""

    name: str
    is_passed: bool
    evidence: str


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
class Requirement:
    """What a business analyst wants a model for."""

    kind: ClassVar[Kind] = Kind.REQUIREMENT
    number: int = 0
    stage: Stage = Stage.FILED
    title: str
    problem: str
    deployment_kind: str
    """One of `new`, `assist`, `replace`."""
    value: str
    targets: tuple[Target, ...]
    constraints: str
    dataset: str
    filed_by: PersonId
    claimed_by: PersonId | None = None
    budget_gpu_h: float | None = None
    """GPU hours that all its runs together may take; None for no limit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One training run on the cluster, with its attempts."""

    kind: ClassVar[Kind] = Kind.RUN
    number: int = 0
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
    cause: str | None = None
    """Why it failed, in a sentence."""
    failure: str | None = None
    """The class of that cause, one of `bot.domain.causes.Cause`."""
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit:
    """The review of one model version."""

    kind: ClassVar[Kind] = Kind.AUDIT
    number: int = 0
    stage: Stage = Stage.IN_REVIEW
    requirement: int
    run: int
    model_digest: str
    checks: tuple[Check, ...]
    decided_by: PersonId | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rollout:
    """Bringing one model version to an endpoint, step by step."""

    kind: ClassVar[Kind] = Kind.ROLLOUT
    number: int = 0
    stage: Stage = Stage.REQUESTED
    requirement: int
    run: int
    audit: int
    model_name: str
    model_version: str
    model_digest: str
    endpoint: str
    requested_by: PersonId
    reason: str
    """Why it is proposed."""
    decided_by: PersonId | None = None
    decision: str | None = None
    """The approver's reason."""
    traffic_pct: int = 0
    latency_ms: float | None = None
    """Of the smoke request."""
    cause: str | None = None

    @property
    def deployment(self) -> str:
        """The cloud's name for it. Azure ML allows 3 to 32 characters, a letter first."""
        return f"dep-{self.number}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """Something Ops must deal with."""

    kind: ClassVar[Kind] = Kind.INCIDENT
    number: int = 0
    stage: Stage = Stage.OPEN
    about: str
    """The thing it is about, as in `RUN-31`, or the outside system, as in `cluster`."""
    title: str
    cause: str
    log_tail: str
    next_step: str
    handled_by: PersonId | None = None
    resolution: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Monitor:
    """What is watched about one live model, and when."""

    kind: ClassVar[Kind] = Kind.MONITOR
    number: int = 0
    stage: Stage = Stage.WATCHING
    requirement: int
    rollout: int
    endpoint: str
    deployment: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Recommendation:
    """Advice to retrain, with its evidence, for a person to decide on."""

    kind: ClassVar[Kind] = Kind.RECOMMENDATION
    number: int = 0
    stage: Stage = Stage.OPEN
    monitor: int
    requirement: int
    rollout: int
    findings: tuple[str, ...]
    """One sentence for each measure that drifted."""
    decided_by: PersonId | None = None
    reason: str | None = None
    run: int | None = None
    """The retraining run that came of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sweep:
    """A set of runs over a parameter space, as one SLURM array."""

    kind: ClassVar[Kind] = Kind.SWEEP
    number: int = 0
    stage: Stage = Stage.ORDERED
    requirement: int
    ordered_by: PersonId
    recipe: str
    method: str
    """One of `grid`, `random`, `list`."""
    space: str
    """The parameters' values, as they were typed."""
    run_count: int
    at_once: int
    """How many may run at the same time."""
    metric: str
    """What the leaderboard is ordered by."""
    job_id: str | None = None
    """SLURM's id of the array."""
    best_run: int | None = None
    """The run that was promoted to an audit."""

    @property
    def key(self) -> str:
        """The array's job name."""
        return f"slipway-sweep-{self.number}"


@dataclass(frozen=True, slots=True, kw_only=True)
class RecipeVersion:
    """A version of a team's own recipe that was registered by command, with its checked table as JSON."""

    kind: ClassVar[Kind] = Kind.RECIPE
    number: int = 0
    stage: Stage = Stage.REGISTERED
    name: str
    version: int
    """From 1; the newest that is not retired is what its name launches."""
    definition: str
    registered_by: PersonId


Thing: TypeAlias = Requirement | Run | Audit | Rollout | Incident | Monitor | Recommendation | Sweep | RecipeVersion

THINGS: Mapping[Kind, type[Thing]] = {thing.kind: thing for thing in get_args(Thing)}
