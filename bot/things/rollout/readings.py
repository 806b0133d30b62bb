"""What was asked of the cloud for a rollout: a reading, never a fact."""

from dataclasses import dataclass
from datetime import datetime

from bot.core.readings import Reading


@dataclass(frozen=True, slots=True)
class TrafficAsked:
    """That the cloud was asked to move traffic."""

    since_at: datetime
    """When it was asked first, at the rollout's present stage."""
    failure: str
    """Why that failed last; empty if it has not."""


TRAFFIC_ASKED = Reading("traffic asked", TrafficAsked)
