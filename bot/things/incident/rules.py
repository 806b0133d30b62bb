"""What may happen to an incident, and who may cause it."""

from bot.core.kind import Event, ThingKind, from_each
from bot.core.values import OPERATOR, SYSTEM_ONLY, Duty, Stage
from bot.things.incident.card import card, glance, view
from bot.things.incident.model import Incident
from bot.things.incident.sample import SAMPLES


class IncidentEvent(Event):
    """From opened to resolved, and opened again."""

    OPENED = "incident.opened"
    ACKNOWLEDGED = "incident.acknowledged"
    ASSIGNED = "incident.assigned"
    UPDATED = "incident.updated"
    RESOLVED = "incident.resolved"
    REOPENED = "incident.reopened"


E, S = IncidentEvent, Stage

INCIDENT = ThingKind(
    model=Incident,
    events=E,
    steps={
        (None, E.OPENED): S.OPEN,
        (S.OPEN, E.ACKNOWLEDGED): S.ACKNOWLEDGED,
        **from_each((S.OPEN, S.ACKNOWLEDGED), E.ASSIGNED, S.ACKNOWLEDGED),
        **{(stage, E.UPDATED): stage for stage in (S.OPEN, S.ACKNOWLEDGED)},
        **from_each((S.OPEN, S.ACKNOWLEDGED), E.RESOLVED, S.RESOLVED),
        (S.RESOLVED, E.REOPENED): S.OPEN,
    },
    duties={
        E.OPENED: SYSTEM_ONLY,
        E.ACKNOWLEDGED: OPERATOR,
        E.ASSIGNED: OPERATOR,
        E.UPDATED: SYSTEM_ONLY,
        E.RESOLVED: frozenset({Duty.OPERATOR, Duty.SYSTEM}),
        E.REOPENED: OPERATOR,
    },
    glance=glance,
    view=view,
    card=card,
    samples=SAMPLES,
    channel="ops",
    listed_by="/status",
)
