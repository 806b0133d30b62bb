"""Readings of more than one kind of thing."""

from dataclasses import dataclass

from bot.core.readings import Reading


@dataclass(frozen=True, slots=True)
class HeldBack:
    """Why an attempt of a run, or a sweep, is not sent yet."""

    attempt: int
    """1 for a sweep."""
    why: str


HELD_BACK = Reading("held back", HeldBack)
