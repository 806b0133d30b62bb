"""What may happen to a recommendation, and who may cause it."""

from bot.core.kind import Event, ThingKind
from bot.core.links import ADVISED_BY, ASKED_BY, LED_TO, WATCHES, Reference
from bot.core.values import SYSTEM_ONLY, Duty, Kind, Stage
from bot.things.recommendation.card import card, view
from bot.things.recommendation.model import Recommendation
from bot.things.recommendation.sample import SAMPLES


class RecommendationEvent(Event):
    """From opened to what somebody made of it."""

    OPENED = "recommendation.opened"
    ACCEPTED = "recommendation.accepted"
    DISMISSED = "recommendation.dismissed"
    EXPIRED = "recommendation.expired"


E, S = RecommendationEvent, Stage
_ADVISED = frozenset({Duty.CREATOR, Duty.DATA_ANALYST})

RECOMMENDATION = ThingKind(
    model=Recommendation,
    events=E,
    steps={
        (None, E.OPENED): S.OPEN,
        (S.OPEN, E.ACCEPTED): S.ACCEPTED,
        (S.OPEN, E.DISMISSED): S.DISMISSED,
        (S.OPEN, E.EXPIRED): S.EXPIRED,
    },
    duties={E.OPENED: SYSTEM_ONLY, E.ACCEPTED: _ADVISED, E.DISMISSED: _ADVISED, E.EXPIRED: SYSTEM_ONLY},
    links={
        "monitor": Reference(ADVISED_BY, Kind.MONITOR, is_shown_there=False),
        "requirement": Reference(ASKED_BY, Kind.REQUIREMENT),
        "rollout": Reference(WATCHES, Kind.ROLLOUT, is_shown_there=False),
        "run": Reference(LED_TO, Kind.RUN),
    },
    view=view,
    card=card,
    samples=SAMPLES,
    channel="monitoring",
)
