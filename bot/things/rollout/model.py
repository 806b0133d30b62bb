"""A rollout."""

from dataclasses import dataclass
from typing import ClassVar

from bot.core.said import Said
from bot.core.values import Kind, PersonId, Stage, Thing

UNDER_WAY = (Stage.APPROVED, Stage.CREATING, Stage.VERIFYING, Stage.RAMPING, Stage.PAUSED)
"""Between its approval and its end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rollout(Thing):
    """Bringing one model version to an endpoint, step by step."""

    kind: ClassVar[Kind] = Kind.ROLLOUT
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
    cause: Said | None = None
    """Why it went no further, or serves no more."""
    is_cleared: bool = False
    """Nothing of it is left in the cloud, once it was aborted."""

    @property
    def deployment(self) -> str:
        """The cloud's name for it. Azure ML allows 3 to 32 characters, a letter first."""
        return f"dep-{self.number}"

    @property
    def was_approved(self) -> bool:
        """Tell whether the cloud may have been asked for anything."""
        return self.decided_by is not None and self.stage is not Stage.DECLINED
