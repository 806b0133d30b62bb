"""A recommendation."""

from dataclasses import dataclass
from typing import ClassVar

from bot.core.said import Said
from bot.core.values import Kind, PersonId, Stage, Thing


@dataclass(frozen=True, slots=True, kw_only=True)
class Recommendation(Thing):
    """Advice to retrain, with its evidence, for a person to decide on."""

    kind: ClassVar[Kind] = Kind.RECOMMENDATION
    stage: Stage = Stage.OPEN
    monitor: int
    requirement: int
    rollout: int
    findings: tuple[Said, ...]
    """One sentence for each measure that drifted."""
    decided_by: PersonId | None = None
    reason: str | None = None
    """Why it was dismissed."""
    cause: Said | None = None
    """Why it ended without a decision."""
    run: int | None = None
    """The retraining run that came of it."""
