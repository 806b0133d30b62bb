"""What the sandbox's SLURM keeps: jobs, nodes, partitions."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

LIVE_STATES = ("PENDING", "RUNNING")


@dataclass
class Node:
    """A machine that is imagined; all of them are this one."""

    name: str
    cpus: int
    memory_mib: int
    gpus: int
    is_down: bool = False
    reason: str = ""
    used_cpus: int = 0
    used_memory_mib: int = 0
    used_gpus: set[int] = field(default_factory=set)

    @property
    def state(self) -> str:
        """Return the state as sinfo writes it."""
        if self.is_down:
            return "down"
        if not self.used_cpus:
            return "idle"
        return "allocated" if self.used_cpus >= self.cpus else "mixed"


@dataclass(frozen=True)
class Partition:
    """A queue over some nodes."""

    name: str
    nodes: tuple[str, ...]
    limit_min: int
    is_default: bool = False


@dataclass(frozen=True)
class Request:
    """What sbatch was asked for."""

    name: str
    partition: str
    nodes: int
    cpus: int
    memory_mib: int
    gpus: int
    limit_min: int
    output: str
    is_appended: bool
    can_requeue: bool
    warn_signal: str
    """Name of the signal before the time limit, as in `USR1`; empty for none."""
    warn_s: int
    directory: str
    script: str
    arguments: tuple[str, ...]
    environment: Mapping[str, str]
    comment: str
    ranks_per_node: int = 1
    tasks: tuple[int, ...] = ()
    """Indices of an array; empty for a single job."""
    at_once: int = 0
    """How many of an array's tasks may run together; 0 for any number."""
    excluded: tuple[str, ...] = ()
    account: str = ""
    qos: str = ""


@dataclass
class Job:
    """A job from its submission to its end."""

    number: int
    request: Request
    submitted_at: float
    """Epoch seconds, as all times here."""
    state: str = "PENDING"
    reason: str = "None"
    nodes: tuple[str, ...] = ()
    gpus: tuple[int, ...] = ()
    """Indices on each of its nodes."""
    eligible_at: float = 0.0
    started_at: float | None = None
    ends_at: float | None = None
    """When its time is over."""
    ended_at: float | None = None
    exit_code: int = 0
    exit_signal: int = 0
    restarts: int = 0
    ended_by: int | None = None
    """The uid that cancelled it."""
    fate: str = ""
    """The state that its processes are being ended for."""
    was_warned: bool = False
    session: int | None = None
    """Process id of the script, which leads a session of its own."""
    spool: Path | None = None
    array: int | None = None
    """Number of the array that it is a task of."""
    task: int | None = None
    """Its index there."""
    peak_bytes: int = 0
    """Most memory that it was seen to have."""
    cpu_s: float = 0.0
    """CPU time of its processes, as last seen."""

    @property
    def label(self) -> str:
        """Return its id as people write it."""
        return str(self.number) if self.array is None else f"{self.array}_{self.task}"

    @property
    def family(self) -> int:
        """Return the number of its array, or its own."""
        return self.number if self.array is None else self.array

    def is_called(self, name: str) -> bool:
        """Tell whether an id, of the job or of its array, is this job's."""
        return name in (self.label, str(self.number), str(self.family))

    @property
    def is_live(self) -> bool:
        """Tell whether it waits or runs."""
        return self.state in LIVE_STATES

    @property
    def shown_state(self) -> str:
        """Return the state as squeue writes it."""
        return "COMPLETING" if self.state == "RUNNING" and self.fate else self.state
