"""A requirement, and the targets that its model must reach."""

from dataclasses import dataclass
from typing import ClassVar

from bot.core.values import Kind, PersonId, Stage, Thing


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirement(Thing):
    """What a business analyst wants a model for."""

    kind: ClassVar[Kind] = Kind.REQUIREMENT
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
