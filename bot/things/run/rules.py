"""What may happen to a training run, who may cause it, and what it asks of the cluster and the registry."""

from bot.core.kind import Hand, ThingKind, from_each
from bot.core.links import ASKED_BY, PART_OF, REPEATS, Reference
from bot.core.values import CREATOR, SYSTEM_ONLY, Duty, Kind, Stage
from bot.things.run import words
from bot.things.run.card import card, glance, view
from bot.things.run.events import RunEffect, RunEvent
from bot.things.run.model import Run
from bot.things.run.sample import SAMPLES

_TRAINERS = frozenset({Duty.CREATOR, Duty.OPERATOR, Duty.SYSTEM})
E, S, F = RunEvent, Stage, RunEffect
_AT_WORK = (S.SUBMITTED, S.QUEUED, S.RUNNING)
_ANY = (S.PLANNED, S.ORDERED, *_AT_WORK, S.SUCCEEDED, S.FAILED, S.CANCELLED)

RUN = ThingKind(
    model=Run,
    events=E,
    steps={
        (None, E.PLANNED): S.PLANNED,
        (S.PLANNED, E.ORDERED): S.ORDERED,
        (None, E.ORDERED): S.ORDERED,  # one that repeats another needs no plan
        (None, E.RETRAINING_ORDERED): S.ORDERED,
        (S.ORDERED, E.SUBMITTED): S.SUBMITTED,
        (S.SUBMITTED, E.QUEUED): S.QUEUED,
        (S.RUNNING, E.QUEUED): S.QUEUED,  # SLURM requeued it
        **from_each((S.SUBMITTED, S.QUEUED), E.STARTED, S.RUNNING),
        **from_each(_AT_WORK, E.SUCCEEDED, S.SUCCEEDED),
        (S.SUCCEEDED, E.RECORDED): S.SUCCEEDED,
        **from_each((S.ORDERED, *_AT_WORK), E.FAILED, S.FAILED),
        **{(stage, E.CANCEL_REQUESTED): stage for stage in _AT_WORK},
        **from_each((S.PLANNED, S.ORDERED, *_AT_WORK), E.CANCELLED, S.CANCELLED),
        (S.FAILED, E.RETRIED): S.ORDERED,
        **from_each((S.FAILED, S.CANCELLED), E.RESUMED, S.ORDERED),
        (None, E.SWEPT): S.ORDERED,
        (S.PLANNED, E.SWEPT): S.ORDERED,  # a sweep's first, by which the whole of it is planned
        (S.SUCCEEDED, E.PROMOTED): S.SUCCEEDED,
        **{(stage, E.NOTED): stage for stage in _ANY},
        **{(stage, E.ACCOUNTED): stage for stage in _ANY if stage is not S.PLANNED},
    },
    duties={
        E.PLANNED: CREATOR,
        E.ORDERED: CREATOR,
        E.RETRAINING_ORDERED: frozenset({Duty.CREATOR, Duty.DATA_ANALYST}),
        E.SUBMITTED: SYSTEM_ONLY,
        E.QUEUED: SYSTEM_ONLY,
        E.STARTED: SYSTEM_ONLY,
        E.SUCCEEDED: SYSTEM_ONLY,
        E.RECORDED: SYSTEM_ONLY,
        E.FAILED: SYSTEM_ONLY,
        E.CANCEL_REQUESTED: frozenset({Duty.CREATOR, Duty.OPERATOR}),
        E.CANCELLED: _TRAINERS,
        E.RETRIED: _TRAINERS,
        E.RESUMED: _TRAINERS,
        E.NOTED: CREATOR,
        E.ACCOUNTED: SYSTEM_ONLY,
        E.SWEPT: CREATOR,
        E.PROMOTED: CREATOR,
    },
    follows={
        E.PLANNED: (F.FORECAST,),
        **dict.fromkeys((E.ORDERED, E.RETRAINING_ORDERED, E.RETRIED, E.RESUMED), (F.SUBMIT,)),
        **dict.fromkeys((E.STARTED, E.FAILED, E.CANCELLED), (F.TRACK,)),
        E.CANCEL_REQUESTED: (F.CANCEL,),
        E.SUCCEEDED: (F.TRACK, F.RECORD),
        E.PROMOTED: (F.RECORD,),
    },
    gives_up={F.FORECAST: None, F.SUBMIT: E.FAILED, F.CANCEL: None, F.TRACK: None, F.RECORD: None},
    patient=frozenset({F.TRACK}),
    marked=frozenset({F.SUBMIT}),
    links={
        "requirement": Reference(ASKED_BY, Kind.REQUIREMENT),
        "sweep": Reference(PART_OF, Kind.SWEEP),
        "like": Reference(REPEATS, Kind.RUN, is_shown_there=False),
    },
    hand=Hand(
        frozenset({E.PLANNED, E.ORDERED, E.RETRAINING_ORDERED, E.RETRIED, E.RESUMED, E.SWEPT, E.PROMOTED}),
        words.HAND,
    ),
    glance=glance,
    view=view,
    card=card,
    samples=SAMPLES,
    channel="training",
    listed_by="/train list",
)
