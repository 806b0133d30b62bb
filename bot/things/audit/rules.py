"""What may happen to an audit, and who may cause it."""

from bot.core.kind import Effect, Event, Message, ThingKind
from bot.core.links import ASKED_BY, JUDGES, MAKING, MEASURED_BY, TRAINED_BY, Reference
from bot.core.values import AUDITOR, SYSTEM_ONLY, Kind, Stage
from bot.things.audit import words
from bot.things.audit.card import card, glance, verdict
from bot.things.audit.model import Audit
from bot.things.audit.sample import SAMPLES


class AuditEvent(Event):
    """From opened to a verdict."""

    OPENED = "audit.opened"
    APPROVED = "audit.approved"
    CHANGES_REQUESTED = "audit.changes_requested"
    REJECTED = "audit.rejected"
    EXPIRED = "audit.expired"


class AuditEffect(Effect):
    """What is said to people."""

    TELL_VERDICT = "chat.tell_verdict"


E, S = AuditEvent, Stage
VERDICTS = (E.APPROVED, E.CHANGES_REQUESTED, E.REJECTED)

AUDIT = ThingKind(
    model=Audit,
    events=E,
    steps={
        (None, E.OPENED): S.IN_REVIEW,
        (S.IN_REVIEW, E.APPROVED): S.APPROVED,
        (S.IN_REVIEW, E.CHANGES_REQUESTED): S.CHANGES_REQUESTED,
        (S.IN_REVIEW, E.REJECTED): S.REJECTED,
        (S.IN_REVIEW, E.EXPIRED): S.EXPIRED,
    },
    duties={E.OPENED: SYSTEM_ONLY, **dict.fromkeys(VERDICTS, AUDITOR), E.EXPIRED: SYSTEM_ONLY},
    follows=dict.fromkeys(VERDICTS, (AuditEffect.TELL_VERDICT,)),
    gives_up={AuditEffect.TELL_VERDICT: None},
    links={
        "requirement": Reference(ASKED_BY, Kind.REQUIREMENT),
        "model": Reference(JUDGES, Kind.MODEL),
        "evaluation": Reference(MEASURED_BY, Kind.EVALUATION),
        "run": Reference(TRAINED_BY, Kind.RUN),
    },
    barred=dict.fromkeys(VERDICTS, MAKING),
    glance=glance,
    card=card,
    samples=SAMPLES,
    messages={AuditEffect.TELL_VERDICT: Message("training", verdict, words.CANNOT_TELL)},
    channel="audit",
)
