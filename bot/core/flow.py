"""Flows: what a fact of one thing means for others. The door runs them in the fact's own transaction."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from bot.core.kind import Event

Consequence: TypeAlias = Callable[[Any, Any], Awaitable[None]]
"""Takes the decision (`bot.core.record.Decision`), with the bot as actor, and the thing as it stands after the fact."""


@dataclass(frozen=True, slots=True)
class Flow:
    """A function whose name is the sentence of what follows from what."""

    on: tuple[Event, ...]
    causes: tuple[Event, ...]
    """The events that it may bring about."""
    run: Consequence


def flow(*, on: tuple[Event, ...], causes: tuple[Event, ...]) -> Callable[[Consequence], Flow]:
    """Make a flow of a function."""
    return lambda run: Flow(on, causes, run)


def by_event(flows: Iterable[Flow]) -> Mapping[Event, tuple[Flow, ...]]:
    """Return the flows by what they follow from. Raises TypeError for a circle, which would never end."""
    gathered = tuple(flows)
    found: dict[Event, tuple[Flow, ...]] = {}
    for one in gathered:
        for event in one.on:
            found[event] = (*found.get(event, ()), one)
    for event in found:
        _must_end(found, event, ())
    return found


def _must_end(flows: Mapping[Event, tuple[Flow, ...]], event: Event, before: tuple[Event, ...]) -> None:
    if event in before:
        way = " → ".join(one.value for one in (*before[before.index(event) :], event))
        raise TypeError(f"flows go round in a circle: {way}")
    for one in flows.get(event, ()):
        for after in one.causes:
            _must_end(flows, after, (*before, event))
