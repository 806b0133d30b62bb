"""What may happen to a rollout, who may cause it, and what it asks of the cloud."""

from bot.core.kind import Effect, Event, Hand, Message, ThingKind, from_each
from bot.core.links import ASKED_BY, JUDGED_BY, MAKING, SERVES, Reference
from bot.core.values import CREATOR, OPERATOR, SYSTEM_ONLY, Duty, Kind, Stage
from bot.things.rollout import words
from bot.things.rollout.card import announcement, card, glance
from bot.things.rollout.model import UNDER_WAY, Rollout
from bot.things.rollout.sample import SAMPLES


class RolloutEvent(Event):
    """From requested to live, and to the model that takes its place."""

    REQUESTED = "rollout.requested"
    APPROVED = "rollout.approved"
    DECLINED = "rollout.declined"
    BEGUN = "rollout.begun"
    CREATED = "rollout.created"
    VERIFIED = "rollout.verified"
    PAUSED = "rollout.paused"
    RESUMED = "rollout.resumed"
    WENT_LIVE = "rollout.went_live"
    FAILED = "rollout.failed"
    ABORTED = "rollout.aborted"
    CLEARED = "rollout.cleared"
    SUPERSEDED = "rollout.superseded"
    ROLLED_BACK = "rollout.rolled_back"
    RETIRED = "rollout.retired"


class RolloutEffect(Effect):
    """What is asked of the cloud, and said to people."""

    BEGIN = "endpoints.begin"
    VERIFY = "endpoints.verify"
    RAMP = "endpoints.ramp"
    REMOVE = "endpoints.remove"
    ANNOUNCE = "chat.announce"


E, S, F = RolloutEvent, Stage, RolloutEffect

ROLLOUT = ThingKind(
    model=Rollout,
    events=E,
    steps={
        (None, E.REQUESTED): S.REQUESTED,
        (S.REQUESTED, E.APPROVED): S.APPROVED,
        (S.REQUESTED, E.DECLINED): S.DECLINED,
        (S.APPROVED, E.BEGUN): S.CREATING,
        (S.CREATING, E.CREATED): S.VERIFYING,
        (S.VERIFYING, E.VERIFIED): S.RAMPING,
        (S.RAMPING, E.PAUSED): S.PAUSED,
        (S.PAUSED, E.RESUMED): S.RAMPING,
        (S.RAMPING, E.WENT_LIVE): S.LIVE,
        **from_each(UNDER_WAY, E.FAILED, S.FAILED),
        **from_each((S.REQUESTED, *UNDER_WAY), E.ABORTED, S.ABORTED),
        (S.ABORTED, E.CLEARED): S.ABORTED,  # nothing of it is left in the cloud
        (S.LIVE, E.SUPERSEDED): S.SUPERSEDED,
        (S.LIVE, E.ROLLED_BACK): S.ROLLED_BACK,
        (S.LIVE, E.RETIRED): S.RETIRED,
    },
    duties={
        E.REQUESTED: CREATOR,
        E.APPROVED: OPERATOR,
        E.DECLINED: OPERATOR,
        E.BEGUN: SYSTEM_ONLY,
        E.CREATED: SYSTEM_ONLY,
        E.VERIFIED: SYSTEM_ONLY,
        E.PAUSED: frozenset({Duty.OPERATOR, Duty.SYSTEM}),
        E.RESUMED: OPERATOR,
        E.WENT_LIVE: SYSTEM_ONLY,
        E.FAILED: SYSTEM_ONLY,
        E.ABORTED: frozenset({Duty.OPERATOR, Duty.CREATOR}),
        E.CLEARED: SYSTEM_ONLY,
        E.SUPERSEDED: SYSTEM_ONLY,
        E.ROLLED_BACK: OPERATOR,
        E.RETIRED: OPERATOR,
    },
    follows={
        E.APPROVED: (F.BEGIN,),
        E.CREATED: (F.VERIFY,),
        E.VERIFIED: (F.RAMP,),
        E.WENT_LIVE: (F.ANNOUNCE,),
        E.ABORTED: (F.REMOVE,),
    },
    gives_up={F.BEGIN: E.FAILED, F.VERIFY: E.FAILED, F.RAMP: E.FAILED, F.REMOVE: None, F.ANNOUNCE: None},
    links={
        "requirement": Reference(ASKED_BY, Kind.REQUIREMENT),
        "run": Reference(SERVES, Kind.RUN),
        "audit": Reference(JUDGED_BY, Kind.AUDIT),
    },
    bounds={"traffic_pct": (0, 100)},
    hand=Hand(frozenset({E.REQUESTED}), words.HAND),
    barred={E.APPROVED: MAKING},
    glance=glance,
    card=card,
    samples=SAMPLES,
    messages={F.ANNOUNCE: Message("announcements", announcement, words.CANNOT_ANNOUNCE)},
    channel="deployments",
)
