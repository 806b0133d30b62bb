"""What a figure is held to, and what looking at it found."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from bot.core.said import Said
from bot.core.values import Json


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
    """One automatic finding: of an audit, or of what a monitor measured."""

    name: Said
    is_passed: bool
    evidence: Said


@dataclass(frozen=True, slots=True)
class Evidence:
    """What an audit looks at."""

    targets: tuple[Target, ...]
    figures: Mapping[str, float]
    test_rows: int
    """Rows that the figures were measured on; 0 where nobody says."""


Judge: TypeAlias = Callable[[Evidence], Iterable[Check]]
"""Looks at the evidence and says what it found."""


@dataclass(frozen=True, slots=True)
class Production:
    """Rows that a live model was asked and answered, within a monitor's window."""

    inputs: Sequence[Mapping[str, Json]]
    outputs: Sequence[Mapping[str, Json]]
    """Aligned with `inputs`."""


Measure: TypeAlias = Callable[[Production], Iterable[Check]]
"""Looks at a live model's rows and says what it found."""
