"""What is measured of live models: readings, never facts."""

from dataclasses import dataclass
from datetime import datetime

from bot.core.judging import Check
from bot.core.readings import Reading


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


@dataclass(frozen=True, slots=True)
class Measurement:
    """Production beside its reference, as it was measured last."""

    at: datetime
    reference_rows: int
    current_rows: int
    drifts: tuple[Drift, ...]
    checks: tuple[Check, ...] = ()
    """What the rows themselves show."""


MEASUREMENT = Reading("measurement", Measurement)
