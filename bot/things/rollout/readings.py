"""What was asked of the cloud for a rollout: a reading, never a fact."""

from dataclasses import dataclass
from datetime import datetime

from bot.core.readings import Reading
from bot.core.said import Said


@dataclass(frozen=True, slots=True)
class TrafficAsked:
    """That the cloud was asked to move traffic."""

    since_at: datetime
    """When it was asked first, at the rollout's present stage."""
    failure: Said | None
    """Why that failed last, if it has."""


TRAFFIC_ASKED = Reading("traffic asked", TrafficAsked)
