"""Wake-ups: a commit that made work due wakes whoever waits for work, and none is lost between asking and waiting."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from contextvars import ContextVar
from dataclasses import dataclass
from enum import StrEnum

from bot.adapters.sql.glance import Wanted


class Work(StrEnum):
    """What somebody may wait for."""

    EFFECTS = "effects"
    CARDS = "cards"


@dataclass(frozen=True, slots=True)
class _Seen:
    """How many wake-ups of each sort a caller had seen when it last asked for that work."""

    by: "Wakes"
    counts: Mapping[Work, int]
    wanted: Mapping[Work, Wanted]
    """What the caller asked for of each sort."""


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

    def ask(self, work: Work, wanted: Wanted) -> None:
        """Note that the caller looks for this work now."""
        seen = self._seen_by_caller()
        _SEEN.set(_Seen(self, {**seen.counts, work: self._counts[work]}, {**seen.wanted, work: wanted}))

    async def wait(self, *, timeout_s: float) -> bool:
        """Tell whether there was a commit that made work due, of a sort the caller has asked for, or of any if none."""
        seen = self._seen_by_caller()
        counts = seen.counts or dict(self._counts)
        is_woken = False
        with suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                while all(self._counts[work] == count for work, count in counts.items()):
                    await self._changed.wait()
            is_woken = True
        # waiting twice without asking between must not return twice for the same wake-up
        _SEEN.set(_Seen(self, {work: self._counts[work] for work in counts}, seen.wanted))
        return is_woken

    def wanted_by_caller(self) -> tuple[Wanted, ...]:
        """Return what the caller has asked for."""
        return tuple(self._seen_by_caller().wanted.values())

    def _seen_by_caller(self) -> _Seen:
        seen = _SEEN.get()
        return seen if seen is not None and seen.by is self else _Seen(self, {}, {})


_SEEN: ContextVar[_Seen | None] = ContextVar("seen", default=None)
