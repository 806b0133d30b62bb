"""One look at what is due, for all who wait for work: each queue would else lease in vain every second."""

import asyncio
import time
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from sqlalchemy.ext.asyncio import AsyncEngine

from bot.adapters.sql.due import Names, due_cards, due_effects
from bot.adapters.sql.errors import translating

FRESH_S = 0.5
"""How long a look counts: those who wait were mostly woken together, and so ask together."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What is due."""

    effects: frozenset[tuple[str, str]]
    """Lanes with the effects' names."""
    kinds: frozenset[str]
    """Those of cards."""


class Wanted(Protocol):
    """The work that somebody waits for."""

    def is_in(self, seen: Seen) -> bool:
        """Tell whether there is some."""
        ...


@dataclass(frozen=True, slots=True)
class Effects:
    """Effects of these lanes; only those, or all but those, of these names."""

    lanes: Names
    only: Names
    but: Names

    def is_in(self, seen: Seen) -> bool:
        """Tell whether there is one."""
        return any(
            lane in self.lanes and (not self.only or name in self.only) and name not in self.but
            for lane, name in seen.effects
        )


@dataclass(frozen=True, slots=True)
class Cards:
    """Cards of these kinds, or of any when none is named."""

    kinds: Names

    def is_in(self, seen: Seen) -> bool:
        """Tell whether there is one."""
        return any(not self.kinds or kind in self.kinds for kind in seen.kinds)


class Glance:
    """Looks when somebody asks, unless somebody has just looked."""

    def __init__(self, reader: AsyncEngine) -> None:
        self._reader = reader
        self._turn = asyncio.Lock()
        self._seen: Seen | None = None
        self._seen_at_s = 0.0

    async def shows(self, wanted: Collection[Wanted], *, at: datetime) -> bool:
        """Tell whether some of the work was due a moment ago."""
        async with self._turn:
            if self._seen is None or time.monotonic() - self._seen_at_s > FRESH_S:
                self._seen = await self._look(at)
                self._seen_at_s = time.monotonic()
            seen = self._seen
        return any(one.is_in(seen) for one in wanted)

    async def _look(self, at: datetime) -> Seen:
        with translating():
            async with self._reader.connect() as connection:
                effects = (await connection.execute(due_effects(), {"at": at})).all()
                kinds = (await connection.scalars(due_cards(), {"at": at})).all()
        return Seen(frozenset((row.lane, row.effect) for row in effects), frozenset(kinds))
