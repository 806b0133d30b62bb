"""Two bots on one database, and what comes of acts at the same moment."""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable

import pytest

from bot.adapters.sql.store import SqlStore
from bot.core.chain import broken_at
from bot.core.record import Record
from bot.core.values import Kind, Stage, Thing
from bot.errors import Refused
from bot.plugins import record_of
from bot.services import things
from tests.support.databases import Database
from tests.support.ports import Clock

ROUNDS = 5
"""Of each race: who is first is left to chance."""
Bots = tuple[Record, Record]


@pytest.fixture
async def bots(database: Database) -> AsyncIterator[Bots]:
    """Open two bots on one database, with one clock."""
    stores, clock = [SqlStore.open(database.settings) for _ in range(2)], Clock()
    first, second = (record_of(store, now=clock) for store in stores)
    yield first, second
    async with first.store.reading() as tx:
        facts = await tx.facts(limit=10_000)
        head = await tx.head()
    for store in stores:
        await store.close()

    assert broken_at(facts) is None
    assert head == (facts[-1].sequence, facts[-1].hash)


async def race(*acts: Awaitable[object]) -> tuple[list[object], list[str]]:
    """Do all at once, and return what came of those that won and what the others heard."""
    results = await asyncio.gather(*acts, return_exceptions=True)
    unexpected = [one for one in results if isinstance(one, BaseException) and not isinstance(one, Refused)]
    heard = [str(one) for one in results if isinstance(one, Refused)]

    assert unexpected == []
    assert all(re.search(r"[A-Z]{3}-\d+.*[.]$|This needs the duty", sentence) for sentence in heard), heard
    return [one for one in results if not isinstance(one, BaseException)], heard


async def told(record: Record, kind: Kind, number: int) -> list[str]:
    """Return the events of a thing."""
    return [fact.event for fact in await things.history(record.store, kind, number)]


async def stage(record: Record, kind: type[Thing], number: int) -> Stage:
    """Return where a thing stands."""
    return (await things.get(record.store, kind, number)).stage
