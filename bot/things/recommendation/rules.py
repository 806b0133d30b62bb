"""What may happen to a recommendation, and who may cause it."""

from bot.core.kind import Event, ThingKind
from bot.core.values import SYSTEM_ONLY, Duty, Kind, Stage


class RecommendationEvent(Event):
    """From opened to what somebody made of it."""

    OPENED = "recommendation.opened"
    ACCEPTED = "recommendation.accepted"
    DISMISSED = "recommendation.dismissed"
    EXPIRED = "recommendation.expired"


E, S = RecommendationEvent, Stage
_ADVISED = frozenset({Duty.CREATOR, Duty.DATA_ANALYST})

RECOMMENDATION = ThingKind(
    kind=Kind.RECOMMENDATION,
    events=E,
    steps={
        (None, E.OPENED): S.OPEN,
        (S.OPEN, E.ACCEPTED): S.ACCEPTED,
        (S.OPEN, E.DISMISSED): S.DISMISSED,
        (S.OPEN, E.EXPIRED): S.EXPIRED,
    },
    duties={E.OPENED: SYSTEM_ONLY, E.ACCEPTED: _ADVISED, E.DISMISSED: _ADVISED, E.EXPIRED: SYSTEM_ONLY},
    channel="monitoring",
    listed_by="the cards show",
)
