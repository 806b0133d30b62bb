"""What may happen to a sweep, who may cause it, and what it asks of the cluster."""

from bot.core.kind import Hand, ThingKind, from_each
from bot.core.links import ASKED_BY, Reference
from bot.core.values import CREATOR, SYSTEM_ONLY, Duty, Kind, Stage
from bot.things.sweep import words
from bot.things.sweep.card import card, glance, view
from bot.things.sweep.events import SweepEffect, SweepEvent
from bot.things.sweep.model import Sweep
from bot.things.sweep.sample import SAMPLES

_TRAINERS = frozenset({Duty.CREATOR, Duty.OPERATOR, Duty.SYSTEM})
E, S, F = SweepEvent, Stage, SweepEffect

SWEEP = ThingKind(
    model=Sweep,
    events=E,
    steps={
        (None, E.PLANNED): S.PLANNED,
        (S.PLANNED, E.ORDERED): S.ORDERED,
        (S.ORDERED, E.SUBMITTED): S.RUNNING,
        (S.RUNNING, E.CANCEL_REQUESTED): S.RUNNING,
        (S.RUNNING, E.ENDED): S.ENDED,
        (S.ENDED, E.RETRIED): S.RUNNING,  # a run of it that failed is tried again
        **from_each((S.PLANNED, S.ORDERED, S.RUNNING), E.CANCELLED, S.CANCELLED),
        (S.ORDERED, E.FAILED): S.FAILED,
        **{(stage, E.PROMOTED): stage for stage in (S.RUNNING, S.ENDED, S.CANCELLED)},
    },
    duties={
        E.PLANNED: CREATOR,
        E.ORDERED: CREATOR,
        E.SUBMITTED: SYSTEM_ONLY,
        E.CANCEL_REQUESTED: frozenset({Duty.CREATOR, Duty.OPERATOR}),
        E.ENDED: SYSTEM_ONLY,
        E.RETRIED: _TRAINERS,
        E.CANCELLED: _TRAINERS,
        E.FAILED: SYSTEM_ONLY,
        E.PROMOTED: CREATOR,
    },
    follows={E.ORDERED: (F.SUBMIT,), E.CANCEL_REQUESTED: (F.CANCEL,)},
    gives_up={F.SUBMIT: E.FAILED, F.CANCEL: None},
    marked=frozenset({F.SUBMIT}),
    links={"requirement": Reference(ASKED_BY, Kind.REQUIREMENT)},
    hand=Hand(frozenset({E.PLANNED, E.ORDERED, E.RETRIED, E.PROMOTED}), words.HAND),
    glance=glance,
    view=view,
    card=card,
    samples=SAMPLES,
    channel="training",
    listed_by="/sweep show",
)
