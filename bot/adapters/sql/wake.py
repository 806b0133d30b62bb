"""Wake-ups: a commit that made work due wakes whoever waits for work, and none is lost between asking and waiting."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from contextvars import ContextVar
from dataclasses import dataclass
from enum import StrEnum


class Work(StrEnum):
    """What somebody may wait for."""

    EFFECTS = "effects"
    CARDS = "cards"


@dataclass(frozen=True, slots=True)
class _Seen:
    """How many wake-ups of each sort a caller had seen when it last asked for that work."""

    by: "Wakes"
    counts: Mapping[Work, int]


class Wakes:
    """Counts the commits that made work due.

    Whoever looks for work calls `ask` before the query; `wait` then returns at once if a commit came between the two.
    What was seen is kept for each asyncio task, and inherited by the tasks it starts, as `asyncio.wait_for` does.
    """

    def __init__(self) -> None:
        self._counts = dict.fromkeys(Work, 0)
        self._changed = asyncio.Event()

    def bump(self, work: Work) -> None:
        """Wake those who wait for this work."""
        self._counts[work] += 1
        self._changed.set()
        self._changed = asyncio.Event()

    def ask(self, work: Work) -> None:
        """Note that the caller looks for this work now."""
        _SEEN.set(_Seen(self, {**self._seen_by_caller(), work: self._counts[work]}))

    async def wait(self, *, timeout_s: float) -> None:
        """Return when there is work of a sort the caller has asked for (or any, if none), or when the time is over."""
        seen = self._seen_by_caller() or dict(self._counts)
        with suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                while all(self._counts[work] == count for work, count in seen.items()):
                    await self._changed.wait()
        # waiting twice without asking between must not return twice for the same wake-up
        _SEEN.set(_Seen(self, {work: self._counts[work] for work in seen}))

    def _seen_by_caller(self) -> Mapping[Work, int]:
        seen = _SEEN.get()
        return seen.counts if seen is not None and seen.by is self else {}


_SEEN: ContextVar[_Seen | None] = ContextVar("seen", default=None)
