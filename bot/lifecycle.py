"""The business: the rules of every kind of thing, gathered.

Everything that decides where an event leads is in `bot/things/*/rules.py`, and nothing else is.
`docs/lifecycle.md` is drawn from these tables.
"""

from collections.abc import Mapping

from bot.core.kind import Effect, Event, Steps, ThingKind
from bot.core.plugin import installed, must_be_told_apart
from bot.core.values import Duty, Kind, Stage
from bot.things.audit.rules import AUDIT
from bot.things.evaluation.rules import EVALUATION
from bot.things.incident.rules import INCIDENT
from bot.things.model.rules import MODEL
from bot.things.monitor.rules import MONITOR
from bot.things.recipe.rules import RECIPE
from bot.things.recommendation.rules import RECOMMENDATION
from bot.things.requirement.rules import REQUIREMENT
from bot.things.rollout.rules import ROLLOUT
from bot.things.run.rules import RUN
from bot.things.sweep.rules import SWEEP

OWN_KINDS = (REQUIREMENT, RUN, SWEEP, AUDIT, ROLLOUT, INCIDENT, MONITOR, RECOMMENDATION, RECIPE, MODEL, EVALUATION)
INSTALLED = installed()
KINDS: tuple[ThingKind, ...] = (*OWN_KINDS, *(kind for one in INSTALLED for kind in one.plugin.kinds))
must_be_told_apart(KINDS)
RULES: Mapping[Kind, ThingKind] = {one.kind: one for one in KINDS}
STEPS: Mapping[Kind, Steps] = {one.kind: one.steps for one in KINDS}
DUTIES: Mapping[Event, frozenset[Duty]] = {event: duties for one in KINDS for event, duties in one.duties.items()}
"""Who may cause an event. The config's policy may replace rows."""
_KIND_OF: Mapping[Event, Kind] = {event: one.kind for one in KINDS for event in one.events}
EVENTS: Mapping[str, Event] = {event.value: event for event in DUTIES}
"""By the names under which they are stored."""
FOLLOWS: Mapping[Event, tuple[Effect, ...]] = {
    event: one.follows.get(event, ()) for one in KINDS for event in one.events
}
GIVE_UP: Mapping[Effect, Event | None] = {effect: ending for one in KINDS for effect, ending in one.gives_up.items()}
EFFECTS: Mapping[str, Effect] = {effect.value: effect for effect in GIVE_UP}
"""By the names under which they are stored."""
CHANNELS: Mapping[Kind, str] = {one.kind: one.channel for one in KINDS if one.channel}
"""Where each kind of card stands."""
PATIENT: frozenset[Effect] = frozenset(effect for one in KINDS for effect in one.patient)


def step(kind: Kind, stage: Stage | None, event: Event) -> Stage | None:
    """Return the stage that follows, or None where the table has no row."""
    return RULES[kind].step(stage, event)


def moves(kind: Kind, event: str) -> bool:
    """Tell whether the event ever leads to another stage, so that what stands at one stands there since then."""
    return RULES[kind].moves(event)


def kind_of(event: Event) -> Kind:
    """Return the kind of thing that the event happens to."""
    return _KIND_OF[event]
