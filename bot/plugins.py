"""What is gathered: the flows between things, and the record of all kinds."""

from collections.abc import Mapping

from bot.core.flow import Flow, by_event
from bot.core.kind import Event
from bot.core.record import Clock, Record, utc_now
from bot.core.store import Store
from bot.core.values import Duty
from bot.domain.lifecycle import DUTIES, RULES
from bot.flows import audit, evaluation, model

FLOWS = by_event(one for module in (audit, evaluation, model) for one in vars(module).values() if isinstance(one, Flow))


def record_of(store: Store, *, duties: Mapping[Event, frozenset[Duty]] = DUTIES, now: Clock = utc_now) -> Record:
    """Return the record of all kinds on a store."""
    return Record(store, RULES, duties, FLOWS, now)
