"""What may happen to an evaluation: by now what a run reports is taken for one."""

from bot.core.kind import Event, ThingKind
from bot.core.links import ASKED_BY, MEASURES, Reference
from bot.core.values import SYSTEM_ONLY, Kind, Stage
from bot.things.evaluation.card import card, glance
from bot.things.evaluation.model import Evaluation
from bot.things.evaluation.sample import SAMPLES


class EvaluationEvent(Event):
    """From ordered to measured."""

    MEASURED = "evaluation.measured"


EVALUATION = ThingKind(
    model=Evaluation,
    events=EvaluationEvent,
    steps={(None, EvaluationEvent.MEASURED): Stage.MEASURED},
    duties={EvaluationEvent.MEASURED: SYSTEM_ONLY},
    links={
        "requirement": Reference(ASKED_BY, Kind.REQUIREMENT, is_shown_there=False),
        "model": Reference(MEASURES, Kind.MODEL, is_shown_there=False),
    },
    glance=glance,
    card=card,
    samples=SAMPLES,
    channel=None,
)
