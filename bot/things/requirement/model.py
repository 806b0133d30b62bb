"""A requirement."""

from dataclasses import dataclass
from typing import ClassVar

from bot.core.judging import Target
from bot.core.values import Kind, PersonId, Stage, Thing


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirement(Thing):
    """What a business analyst wants a model for."""

    kind: ClassVar[Kind] = Kind.REQUIREMENT
    stage: Stage = Stage.FILED
    title: str
    problem: str
    deployment_kind: str
    """One of `bot.things.requirement.words.DEPLOYMENTS`."""
    value: str
    targets: tuple[Target, ...]
    constraints: str
    dataset: str
    filed_by: PersonId
    claimed_by: PersonId | None = None
    budget_gpu_h: float | None = None
    """GPU hours that all its runs together may take; None for no limit."""
    reason: str | None = None
    """Why it was withdrawn, in the analyst's words."""
