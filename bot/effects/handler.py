"""Handler: how an effect is acted on, and what becomes of its thing when it is given up."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from bot.app import App
from bot.core.kind import Effect
from bot.core.said import Phrase, Said
from bot.lifecycle import GIVE_UP
from bot.ports import Due

Act: TypeAlias = Callable[[App, Due], Awaitable[None]]
End: TypeAlias = Callable[[App, Due, Said], Awaitable[None]]
"""Ends the thing, of which is said why its effect was given up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Handler:
    """One network call under a key that makes the second time harmless. It has an end for its thing, or a title."""

    act: Act
    cannot: Phrase | None = None
    """The title of the incident when it is given up; it takes the `thing`."""
    end: End | None = None
    is_slow: bool = False
    """It may take minutes, so it has a queue of its own beside its lane's."""


Handlers: TypeAlias = Mapping[Effect, Handler]


def gathered(tables: Iterable[Handlers]) -> Handlers:
    """Return all handlers.

    Raises:
        TypeError: an effect has none or two, or its kind says otherwise what becomes of it when it is given up.
    """
    found: dict[Effect, Handler] = {}
    for table in tables:
        if twice := found.keys() & table.keys():
            raise TypeError(f"there are two handlers of {sorted(twice)}")
        found |= table
    if wrong := found.keys() ^ GIVE_UP.keys():
        raise TypeError(f"an effect needs a kind that calls for it and a handler: {sorted(wrong)}")
    for effect, handler in found.items():
        if (handler.end is None) is not (GIVE_UP[effect] is None) or (handler.end is None) is (handler.cannot is None):
            raise TypeError(f"the handler of {effect.value} needs an end if its kind names an event, else a title")
    return found
