"""What may happen to a monitor, who may cause it, and what it asks of the meter."""

from bot.core.kind import Effect, Event, ThingKind
from bot.core.links import ASKED_BY, WATCHES, Reference
from bot.core.values import SYSTEM_ONLY, Duty, Kind, Stage
from bot.things.monitor.card import card, view
from bot.things.monitor.model import Monitor
from bot.things.monitor.sample import SAMPLES


class MonitorEvent(Event):
    """From started to ended, with a call for each measurement."""

    STARTED = "monitor.started"
    CALLED = "monitor.called"
    ENDED = "monitor.ended"


class MonitorEffect(Effect):
    """What is asked of the meter."""

    MEASURE = "meter.measure"


E, S = MonitorEvent, Stage

MONITOR = ThingKind(
    model=Monitor,
    events=E,
    steps={
        (None, E.STARTED): S.WATCHING,
        (S.WATCHING, E.CALLED): S.WATCHING,
        (S.WATCHING, E.ENDED): S.ENDED,
    },
    duties={
        E.STARTED: SYSTEM_ONLY,
        E.CALLED: frozenset({Duty.DATA_ANALYST, Duty.CREATOR, Duty.OPERATOR, Duty.SYSTEM}),
        E.ENDED: SYSTEM_ONLY,
    },
    follows={E.CALLED: (MonitorEffect.MEASURE,)},
    gives_up={MonitorEffect.MEASURE: None},
    links={
        "requirement": Reference(ASKED_BY, Kind.REQUIREMENT),
        "rollout": Reference(WATCHES, Kind.ROLLOUT, is_shown_there=False),
    },
    view=view,
    card=card,
    samples=SAMPLES,
    channel="monitoring",
    listed_by="/monitor show",
)
