"""What may happen to a model. Each of its facts follows from another thing's."""

from bot.core.kind import Event, ThingKind
from bot.core.links import ASKED_BY, TRAINED_BY, Reference
from bot.core.values import SYSTEM_ONLY, Kind, Stage
from bot.things.model.card import card, glance
from bot.things.model.model import Model
from bot.things.model.sample import SAMPLES


class ModelEvent(Event):
    """From made to what auditors decided on it."""

    MADE = "model.made"
    EVALUATED = "model.evaluated"
    APPROVED = "model.approved"
    REJECTED = "model.rejected"


E, S = ModelEvent, Stage

MODEL = ThingKind(
    model=Model,
    events=E,
    steps={
        (None, E.MADE): S.MADE,
        (S.MADE, E.EVALUATED): S.EVALUATED,
        (S.EVALUATED, E.APPROVED): S.APPROVED,
        (S.EVALUATED, E.REJECTED): S.REJECTED,
    },
    duties=dict.fromkeys(E, SYSTEM_ONLY),
    links={
        "requirement": Reference(ASKED_BY, Kind.REQUIREMENT, is_shown_there=False),
        "run": Reference(TRAINED_BY, Kind.RUN, is_shown_there=False),
    },
    glance=glance,
    card=card,
    samples=SAMPLES,
    channel=None,
)
