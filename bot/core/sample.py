"""What each kind brings as an example of itself: the gallery, extremes and random walks are fed from it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from bot.core.values import Duty, PersonId, Thing
from bot.core.view import View

PEOPLE: Mapping[Duty, PersonId] = {
    Duty.ANALYST: PersonId(1100000000000000300),
    Duty.CREATOR: PersonId(1100000000000000301),
    Duty.AUDITOR: PersonId(1100000000000000302),
    Duty.DATA_ANALYST: PersonId(1100000000000000303),
    Duty.OPERATOR: PersonId(1100000000000000304),
    Duty.SYSTEM: PersonId(0),
}
"""Who acts in examples."""


def _alone(view: View[Any]) -> View[Any]:
    return view


@dataclass(frozen=True, slots=True)
class Sample:
    """A thing at one of its stages, or as it may look besides."""

    name: str
    thing: Thing
    by: Duty = Duty.SYSTEM
    """Whose deed brought it there."""
    seen: Callable[[View[Any]], View[Any]] = _alone
    """Adds what `ThingKind.view` would find beside it."""
