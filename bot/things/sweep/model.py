"""A sweep."""

from dataclasses import dataclass
from typing import ClassVar

from bot.core.said import Said
from bot.core.values import Kind, PersonId, Stage, Thing


@dataclass(frozen=True, slots=True, kw_only=True)
class Sweep(Thing):
    """A set of runs over a parameter space, as one SLURM array."""

    kind: ClassVar[Kind] = Kind.SWEEP
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
    cause: Said | None = None
    """Why it could not be sent."""
    best_run: int | None = None
    """The run that was promoted to an audit."""

    @property
    def key(self) -> str:
        """The array's job name."""
        return f"slipway-sweep-{self.number}"
