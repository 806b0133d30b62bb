"""What is measured of live models: readings, never facts."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Drift:
    """One measure compared with its reference."""

    measure: str
    """Such as `brightness`, `confidence`, `predicted class`."""
    method: str
    """The statistic's name, as Evidently names it."""
    score: float
    threshold: float
    is_drifted: bool
    reference_mean: float | None
    current_mean: float | None
