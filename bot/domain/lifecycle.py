"""The business as tables. Everything that decides where an event leads is in this file, and nothing else is.

STEPS says which event leads from which stage to which; a missing row is a refusal. DUTIES says who may cause an event,
FOUR_EYES who may not although they hold the duty, FOLLOWS which effects an event calls for, GIVE_UP what happens when
an effect has run out of attempts. `docs/lifecycle.md` is drawn from these tables.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from bot.domain.model import Duty, Kind, Stage


class Event(StrEnum):
    """Facts, in the past tense. The value is stored for ever."""

    REQUIREMENT_FILED = "requirement.filed"
    REQUIREMENT_CLAIMED = "requirement.claimed"
    REQUIREMENT_BUDGETED = "requirement.budgeted"
    REQUIREMENT_FULFILLED = "requirement.fulfilled"
    REQUIREMENT_WITHDRAWN = "requirement.withdrawn"

    RUN_PLANNED = "run.planned"
    RUN_ORDERED = "run.ordered"
    RUN_RETRAINING_ORDERED = "run.retraining_ordered"
    RUN_SUBMITTED = "run.submitted"
    RUN_QUEUED = "run.queued"
    RUN_STARTED = "run.started"
    RUN_SUCCEEDED = "run.succeeded"
    RUN_RECORDED = "run.recorded"
    RUN_FAILED = "run.failed"
    RUN_CANCEL_REQUESTED = "run.cancel_requested"
    RUN_CANCELLED = "run.cancelled"
    RUN_RETRIED = "run.retried"
    RUN_RESUMED = "run.resumed"
    RUN_NOTED = "run.noted"
    RUN_SWEPT = "run.swept"
    RUN_PROMOTED = "run.promoted"

    SWEEP_PLANNED = "sweep.planned"
    SWEEP_ORDERED = "sweep.ordered"
    SWEEP_SUBMITTED = "sweep.submitted"
    SWEEP_CANCEL_REQUESTED = "sweep.cancel_requested"
    SWEEP_ENDED = "sweep.ended"
    SWEEP_RETRIED = "sweep.retried"
    SWEEP_CANCELLED = "sweep.cancelled"
    SWEEP_FAILED = "sweep.failed"
    SWEEP_PROMOTED = "sweep.promoted"

    AUDIT_OPENED = "audit.opened"
    AUDIT_APPROVED = "audit.approved"
    AUDIT_CHANGES_REQUESTED = "audit.changes_requested"
    AUDIT_REJECTED = "audit.rejected"
    AUDIT_EXPIRED = "audit.expired"

    ROLLOUT_REQUESTED = "rollout.requested"
    ROLLOUT_APPROVED = "rollout.approved"
    ROLLOUT_DECLINED = "rollout.declined"
    ROLLOUT_BEGUN = "rollout.begun"
    ROLLOUT_CREATED = "rollout.created"
    ROLLOUT_VERIFIED = "rollout.verified"
    ROLLOUT_PAUSED = "rollout.paused"
    ROLLOUT_RESUMED = "rollout.resumed"
    ROLLOUT_WENT_LIVE = "rollout.went_live"
    ROLLOUT_FAILED = "rollout.failed"
    ROLLOUT_ABORTED = "rollout.aborted"
    ROLLOUT_CLEARED = "rollout.cleared"
    ROLLOUT_SUPERSEDED = "rollout.superseded"
    ROLLOUT_ROLLED_BACK = "rollout.rolled_back"
    ROLLOUT_RETIRED = "rollout.retired"

    INCIDENT_OPENED = "incident.opened"
    INCIDENT_ACKNOWLEDGED = "incident.acknowledged"
    INCIDENT_ASSIGNED = "incident.assigned"
    INCIDENT_UPDATED = "incident.updated"
    INCIDENT_RESOLVED = "incident.resolved"
    INCIDENT_REOPENED = "incident.reopened"

    MONITOR_STARTED = "monitor.started"
    MONITOR_CALLED = "monitor.called"
    MONITOR_ENDED = "monitor.ended"

    RECOMMENDATION_OPENED = "recommendation.opened"
    RECOMMENDATION_ACCEPTED = "recommendation.accepted"
    RECOMMENDATION_DISMISSED = "recommendation.dismissed"
    RECOMMENDATION_EXPIRED = "recommendation.expired"

    RECIPE_REGISTERED = "recipe.registered"
    RECIPE_RETIRED = "recipe.retired"


class Lane(StrEnum):
    """Effects of one thing run in order within a lane; an outage of one lane does not hold up another."""

    CHAT = "chat"
    CLUSTER = "cluster"
    REGISTRY = "registry"
    TRACKING = "tracking"
    ENDPOINTS = "endpoints"
    METER = "meter"


class Effect(StrEnum):
    """What an event may call for outside; each has one handler."""

    FORECAST_RUN = "cluster.forecast"
    SUBMIT_RUN = "cluster.submit"
    CANCEL_RUN = "cluster.cancel"
    SUBMIT_SWEEP = "cluster.submit_sweep"
    CANCEL_SWEEP = "cluster.cancel_sweep"
    TRACK_RUN = "tracking.update"
    RECORD_RUN = "registry.record"
    TELL_VERDICT = "chat.tell_verdict"
    BEGIN_ROLLOUT = "endpoints.begin"
    VERIFY_ROLLOUT = "endpoints.verify"
    RAMP_ROLLOUT = "endpoints.ramp"
    REMOVE_ROLLOUT = "endpoints.remove"
    ANNOUNCE_ROLLOUT = "chat.announce"
    MEASURE = "meter.measure"

    @property
    def lane(self) -> Lane:
        """Return the lane, which is the first part of the name."""
        return Lane(self.value.partition(".")[0])


E = Event
S = Stage
Steps = Mapping[tuple[Stage | None, Event], Stage]


def _from(stages: tuple[Stage, ...], event: Event, after: Stage) -> dict[tuple[Stage | None, Event], Stage]:
    return {(stage, event): after for stage in stages}


_AT_WORK = (S.SUBMITTED, S.QUEUED, S.RUNNING)
_NOTED = (S.PLANNED, S.ORDERED, *_AT_WORK, S.SUCCEEDED, S.FAILED, S.CANCELLED)
_ROLLING = (S.APPROVED, S.CREATING, S.VERIFYING, S.RAMPING, S.PAUSED)

STEPS: Mapping[Kind, Steps] = {
    Kind.REQUIREMENT: {
        (None, E.REQUIREMENT_FILED): S.FILED,
        (S.FILED, E.REQUIREMENT_CLAIMED): S.CLAIMED,
        (S.CLAIMED, E.REQUIREMENT_FULFILLED): S.FULFILLED,
        (S.FULFILLED, E.REQUIREMENT_FULFILLED): S.FULFILLED,  # a retrained model went live
        **{(stage, E.REQUIREMENT_BUDGETED): stage for stage in (S.FILED, S.CLAIMED, S.FULFILLED)},
        (S.FILED, E.REQUIREMENT_WITHDRAWN): S.WITHDRAWN,
        (S.CLAIMED, E.REQUIREMENT_WITHDRAWN): S.WITHDRAWN,
    },
    Kind.RUN: {
        (None, E.RUN_PLANNED): S.PLANNED,
        (S.PLANNED, E.RUN_ORDERED): S.ORDERED,
        (None, E.RUN_ORDERED): S.ORDERED,  # one that repeats another needs no plan
        (None, E.RUN_RETRAINING_ORDERED): S.ORDERED,
        (S.ORDERED, E.RUN_SUBMITTED): S.SUBMITTED,
        (S.SUBMITTED, E.RUN_QUEUED): S.QUEUED,
        (S.RUNNING, E.RUN_QUEUED): S.QUEUED,  # SLURM requeued it
        **_from((S.SUBMITTED, S.QUEUED), E.RUN_STARTED, S.RUNNING),
        **_from(_AT_WORK, E.RUN_SUCCEEDED, S.SUCCEEDED),
        (S.SUCCEEDED, E.RUN_RECORDED): S.SUCCEEDED,
        **_from((S.ORDERED, *_AT_WORK), E.RUN_FAILED, S.FAILED),
        **{(stage, E.RUN_CANCEL_REQUESTED): stage for stage in _AT_WORK},
        **_from((S.PLANNED, S.ORDERED, *_AT_WORK), E.RUN_CANCELLED, S.CANCELLED),
        (S.FAILED, E.RUN_RETRIED): S.ORDERED,
        **_from((S.FAILED, S.CANCELLED), E.RUN_RESUMED, S.ORDERED),
        (None, E.RUN_SWEPT): S.ORDERED,
        (S.PLANNED, E.RUN_SWEPT): S.ORDERED,  # a sweep's first, by which the whole of it is planned
        (S.SUCCEEDED, E.RUN_PROMOTED): S.SUCCEEDED,
        **{(stage, E.RUN_NOTED): stage for stage in _NOTED},
    },
    Kind.SWEEP: {
        (None, E.SWEEP_PLANNED): S.PLANNED,
        (S.PLANNED, E.SWEEP_ORDERED): S.ORDERED,
        (S.ORDERED, E.SWEEP_SUBMITTED): S.RUNNING,
        (S.RUNNING, E.SWEEP_CANCEL_REQUESTED): S.RUNNING,
        (S.RUNNING, E.SWEEP_ENDED): S.ENDED,
        (S.ENDED, E.SWEEP_RETRIED): S.RUNNING,  # a run of it that failed is tried again
        **_from((S.PLANNED, S.ORDERED, S.RUNNING), E.SWEEP_CANCELLED, S.CANCELLED),
        (S.ORDERED, E.SWEEP_FAILED): S.FAILED,
        **{(stage, E.SWEEP_PROMOTED): stage for stage in (S.RUNNING, S.ENDED, S.CANCELLED)},
    },
    Kind.AUDIT: {
        (None, E.AUDIT_OPENED): S.IN_REVIEW,
        (S.IN_REVIEW, E.AUDIT_APPROVED): S.APPROVED,
        (S.IN_REVIEW, E.AUDIT_CHANGES_REQUESTED): S.CHANGES_REQUESTED,
        (S.IN_REVIEW, E.AUDIT_REJECTED): S.REJECTED,
        (S.IN_REVIEW, E.AUDIT_EXPIRED): S.EXPIRED,
    },
    Kind.ROLLOUT: {
        (None, E.ROLLOUT_REQUESTED): S.REQUESTED,
        (S.REQUESTED, E.ROLLOUT_APPROVED): S.APPROVED,
        (S.REQUESTED, E.ROLLOUT_DECLINED): S.DECLINED,
        (S.APPROVED, E.ROLLOUT_BEGUN): S.CREATING,
        (S.CREATING, E.ROLLOUT_CREATED): S.VERIFYING,
        (S.VERIFYING, E.ROLLOUT_VERIFIED): S.RAMPING,
        (S.RAMPING, E.ROLLOUT_PAUSED): S.PAUSED,
        (S.PAUSED, E.ROLLOUT_RESUMED): S.RAMPING,
        (S.RAMPING, E.ROLLOUT_WENT_LIVE): S.LIVE,
        **_from(_ROLLING, E.ROLLOUT_FAILED, S.FAILED),
        **_from((S.REQUESTED, *_ROLLING), E.ROLLOUT_ABORTED, S.ABORTED),
        (S.ABORTED, E.ROLLOUT_CLEARED): S.ABORTED,  # nothing of it is left in the cloud
        (S.LIVE, E.ROLLOUT_SUPERSEDED): S.SUPERSEDED,
        (S.LIVE, E.ROLLOUT_ROLLED_BACK): S.ROLLED_BACK,
        (S.LIVE, E.ROLLOUT_RETIRED): S.RETIRED,
    },
    Kind.INCIDENT: {
        (None, E.INCIDENT_OPENED): S.OPEN,
        (S.OPEN, E.INCIDENT_ACKNOWLEDGED): S.ACKNOWLEDGED,
        **_from((S.OPEN, S.ACKNOWLEDGED), E.INCIDENT_ASSIGNED, S.ACKNOWLEDGED),
        **{(stage, E.INCIDENT_UPDATED): stage for stage in (S.OPEN, S.ACKNOWLEDGED)},
        **_from((S.OPEN, S.ACKNOWLEDGED), E.INCIDENT_RESOLVED, S.RESOLVED),
        (S.RESOLVED, E.INCIDENT_REOPENED): S.OPEN,
    },
    Kind.MONITOR: {
        (None, E.MONITOR_STARTED): S.WATCHING,
        (S.WATCHING, E.MONITOR_CALLED): S.WATCHING,
        (S.WATCHING, E.MONITOR_ENDED): S.ENDED,
    },
    Kind.RECOMMENDATION: {
        (None, E.RECOMMENDATION_OPENED): S.OPEN,
        (S.OPEN, E.RECOMMENDATION_ACCEPTED): S.ACCEPTED,
        (S.OPEN, E.RECOMMENDATION_DISMISSED): S.DISMISSED,
        (S.OPEN, E.RECOMMENDATION_EXPIRED): S.EXPIRED,
    },
    Kind.RECIPE: {
        (None, E.RECIPE_REGISTERED): S.REGISTERED,
        (S.REGISTERED, E.RECIPE_RETIRED): S.RETIRED,
    },
}

_SYSTEM = frozenset({Duty.SYSTEM})
_ANALYST = frozenset({Duty.ANALYST})
_CREATOR = frozenset({Duty.CREATOR})
_AUDITOR = frozenset({Duty.AUDITOR})
_OPERATOR = frozenset({Duty.OPERATOR})
_TRAINERS = frozenset({Duty.CREATOR, Duty.OPERATOR, Duty.SYSTEM})

DUTIES: Mapping[Event, frozenset[Duty]] = {
    E.REQUIREMENT_FILED: _ANALYST,
    E.REQUIREMENT_CLAIMED: _CREATOR,
    E.REQUIREMENT_BUDGETED: _ANALYST,
    E.REQUIREMENT_FULFILLED: _SYSTEM,
    E.REQUIREMENT_WITHDRAWN: _ANALYST,
    E.RUN_PLANNED: _CREATOR,
    E.RUN_ORDERED: _CREATOR,
    E.RUN_RETRAINING_ORDERED: frozenset({Duty.CREATOR, Duty.DATA_ANALYST}),
    E.RUN_SUBMITTED: _SYSTEM,
    E.RUN_QUEUED: _SYSTEM,
    E.RUN_STARTED: _SYSTEM,
    E.RUN_SUCCEEDED: _SYSTEM,
    E.RUN_RECORDED: _SYSTEM,
    E.RUN_FAILED: _SYSTEM,
    E.RUN_CANCEL_REQUESTED: frozenset({Duty.CREATOR, Duty.OPERATOR}),
    **dict.fromkeys((E.RUN_CANCELLED, E.RUN_RETRIED, E.RUN_RESUMED, E.SWEEP_RETRIED, E.SWEEP_CANCELLED), _TRAINERS),
    E.RUN_NOTED: _CREATOR,
    E.RUN_SWEPT: _CREATOR,
    E.RUN_PROMOTED: _CREATOR,
    E.SWEEP_PLANNED: _CREATOR,
    E.SWEEP_ORDERED: _CREATOR,
    E.SWEEP_SUBMITTED: _SYSTEM,
    E.SWEEP_CANCEL_REQUESTED: frozenset({Duty.CREATOR, Duty.OPERATOR}),
    E.SWEEP_ENDED: _SYSTEM,
    E.SWEEP_FAILED: _SYSTEM,
    E.SWEEP_PROMOTED: _CREATOR,
    E.AUDIT_OPENED: _SYSTEM,
    E.AUDIT_APPROVED: _AUDITOR,
    E.AUDIT_CHANGES_REQUESTED: _AUDITOR,
    E.AUDIT_REJECTED: _AUDITOR,
    E.AUDIT_EXPIRED: _SYSTEM,
    E.ROLLOUT_REQUESTED: _CREATOR,
    E.ROLLOUT_APPROVED: _OPERATOR,
    E.ROLLOUT_DECLINED: _OPERATOR,
    E.ROLLOUT_BEGUN: _SYSTEM,
    E.ROLLOUT_CREATED: _SYSTEM,
    E.ROLLOUT_VERIFIED: _SYSTEM,
    E.ROLLOUT_PAUSED: frozenset({Duty.OPERATOR, Duty.SYSTEM}),
    E.ROLLOUT_RESUMED: _OPERATOR,
    E.ROLLOUT_WENT_LIVE: _SYSTEM,
    E.ROLLOUT_FAILED: _SYSTEM,
    E.ROLLOUT_ABORTED: frozenset({Duty.OPERATOR, Duty.CREATOR}),
    E.ROLLOUT_CLEARED: _SYSTEM,
    E.ROLLOUT_SUPERSEDED: _SYSTEM,
    E.ROLLOUT_ROLLED_BACK: _OPERATOR,
    E.ROLLOUT_RETIRED: _OPERATOR,
    E.INCIDENT_OPENED: _SYSTEM,
    E.INCIDENT_ACKNOWLEDGED: _OPERATOR,
    E.INCIDENT_ASSIGNED: _OPERATOR,
    E.INCIDENT_UPDATED: _SYSTEM,
    E.INCIDENT_RESOLVED: frozenset({Duty.OPERATOR, Duty.SYSTEM}),
    E.INCIDENT_REOPENED: _OPERATOR,
    E.MONITOR_STARTED: _SYSTEM,
    E.MONITOR_CALLED: frozenset({Duty.DATA_ANALYST, Duty.CREATOR, Duty.OPERATOR, Duty.SYSTEM}),
    E.MONITOR_ENDED: _SYSTEM,
    E.RECOMMENDATION_OPENED: _SYSTEM,
    E.RECOMMENDATION_ACCEPTED: frozenset({Duty.CREATOR, Duty.DATA_ANALYST}),
    E.RECOMMENDATION_DISMISSED: frozenset({Duty.CREATOR, Duty.DATA_ANALYST}),
    E.RECOMMENDATION_EXPIRED: _SYSTEM,
    E.RECIPE_REGISTERED: _CREATOR,
    E.RECIPE_RETIRED: _CREATOR,
}
"""Who may cause an event. The config's policy may replace rows."""


@dataclass(frozen=True, slots=True)
class Deed:
    """Something done before by the same hand: one of the events, in the history of the thing that `of` names."""

    of: Kind
    events: frozenset[Event]
    said: str
    """The deed in words, as in `ordered the training`."""


_TRAINING = frozenset(
    {
        E.RUN_PLANNED,
        E.RUN_ORDERED,
        E.RUN_RETRAINING_ORDERED,
        E.RUN_RETRIED,
        E.RUN_RESUMED,
        E.RUN_SWEPT,
        E.RUN_PROMOTED,
    }
)
_SWEEPING = frozenset({E.SWEEP_PLANNED, E.SWEEP_ORDERED, E.SWEEP_RETRIED, E.SWEEP_PROMOTED})
_TRAINED = Deed(Kind.RUN, _TRAINING, "ordered its training")
_SWEPT = Deed(Kind.SWEEP, _SWEEPING, "had a hand in its sweep")
_PROPOSED = Deed(Kind.ROLLOUT, frozenset({E.ROLLOUT_REQUESTED}), "proposed it")

FOUR_EYES: Mapping[Event, tuple[Deed, ...]] = {
    **dict.fromkeys((E.AUDIT_APPROVED, E.AUDIT_CHANGES_REQUESTED, E.AUDIT_REJECTED), (_TRAINED, _SWEPT)),
    E.ROLLOUT_APPROVED: (_TRAINED, _SWEPT, _PROPOSED),
}
"""Whoever did this may not do that: a question to the event log, not to the roles."""

FOLLOWS: Mapping[Event, tuple[Effect, ...]] = {
    **dict.fromkeys(Event, ()),
    E.RUN_PLANNED: (Effect.FORECAST_RUN,),
    **dict.fromkeys((E.RUN_ORDERED, E.RUN_RETRAINING_ORDERED, E.RUN_RETRIED, E.RUN_RESUMED), (Effect.SUBMIT_RUN,)),
    **dict.fromkeys((E.RUN_STARTED, E.RUN_FAILED, E.RUN_CANCELLED), (Effect.TRACK_RUN,)),
    E.RUN_PROMOTED: (Effect.RECORD_RUN,),
    E.SWEEP_ORDERED: (Effect.SUBMIT_SWEEP,),
    E.SWEEP_CANCEL_REQUESTED: (Effect.CANCEL_SWEEP,),
    E.RUN_CANCEL_REQUESTED: (Effect.CANCEL_RUN,),
    E.RUN_SUCCEEDED: (Effect.TRACK_RUN, Effect.RECORD_RUN),
    E.AUDIT_APPROVED: (Effect.TELL_VERDICT,),
    E.AUDIT_CHANGES_REQUESTED: (Effect.TELL_VERDICT,),
    E.AUDIT_REJECTED: (Effect.TELL_VERDICT,),
    E.ROLLOUT_APPROVED: (Effect.BEGIN_ROLLOUT,),
    E.ROLLOUT_CREATED: (Effect.VERIFY_ROLLOUT,),
    E.ROLLOUT_VERIFIED: (Effect.RAMP_ROLLOUT,),
    E.ROLLOUT_WENT_LIVE: (Effect.ANNOUNCE_ROLLOUT,),
    E.ROLLOUT_ABORTED: (Effect.REMOVE_ROLLOUT,),
    E.MONITOR_CALLED: (Effect.MEASURE,),
}
"""The effects that an event calls for. Cards are not among them: every fact makes its thing's card due."""

GIVE_UP: Mapping[Effect, Event | None] = {
    Effect.FORECAST_RUN: None,
    Effect.SUBMIT_RUN: E.RUN_FAILED,
    Effect.CANCEL_RUN: None,
    Effect.SUBMIT_SWEEP: E.SWEEP_FAILED,
    Effect.CANCEL_SWEEP: None,
    Effect.TRACK_RUN: None,
    Effect.RECORD_RUN: None,
    Effect.TELL_VERDICT: None,
    Effect.BEGIN_ROLLOUT: E.ROLLOUT_FAILED,
    Effect.VERIFY_ROLLOUT: E.ROLLOUT_FAILED,
    Effect.RAMP_ROLLOUT: E.ROLLOUT_FAILED,
    Effect.REMOVE_ROLLOUT: None,
    Effect.ANNOUNCE_ROLLOUT: None,
    Effect.MEASURE: None,
}
"""The event when an effect has run out of attempts or is impossible; with None only an incident is opened."""

PATIENT = frozenset({Effect.TRACK_RUN})
"""Effects that never run out of attempts while their system is away: what they tell is worth telling late, and many of
them wait for the same end, of which one incident tells."""


def step(kind: Kind, stage: Stage | None, event: Event) -> Stage | None:
    """Return the stage that follows, or None where the table has no row."""
    return STEPS[kind].get((stage, event))


def moves(kind: Kind, event: str) -> bool:
    """Tell whether the event ever leads to another stage, so that what stands at one stands there since then."""
    return any(before is not after for (before, happening), after in STEPS[kind].items() if happening == event)


def stages_before(kind: Kind, event: Event) -> tuple[Stage, ...]:
    """Return the stages from which the event may happen, in the table's order."""
    return tuple(stage for stage, happening in STEPS[kind] if happening is event and stage is not None)


def kind_of(event: Event) -> Kind:
    """Return the kind of thing that the event happens to."""
    return Kind[event.value.partition(".")[0].upper()]
