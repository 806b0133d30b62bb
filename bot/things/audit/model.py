"""An audit."""

from dataclasses import dataclass
from typing import ClassVar

from bot.core.judging import Check
from bot.core.said import Said
from bot.core.values import Kind, PersonId, Stage, Thing


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit(Thing):
    """The review of one model version."""

    kind: ClassVar[Kind] = Kind.AUDIT
    stage: Stage = Stage.IN_REVIEW
    requirement: int
    model: int
    """The model's number."""
    evaluation: int
    """By whose figures it is judged."""
    run: int
    """That trained the model."""
    model_digest: str
    checks: tuple[Check, ...]
    decided_by: PersonId | None = None
    reason: str | None = None
    """The auditor's, for the verdict."""
    cause: Said | None = None
    """Why it ended without a verdict."""
