"""Readings on both databases: overwritten, typed, many at once."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.adapters.sql.store import SqlStore
from bot.core.readings import Reading
from bot.core.values import Kind, Ref
from bot.ports import Drift
from bot.things.run.readings import PROGRESS, Asked, Progress
from tests.support.databases import NOW

REQ_1 = Ref(Kind.REQUIREMENT, 1)
COUNT, WORDS = Reading("count", int), Reading("words", tuple[str, ...])


async def test_a_reading_is_overwritten(store: SqlStore) -> None:
    """The latest counts, until there is none any more; infinity is a loss that people must see."""
    first = Progress(1, 9, 2.0, "ก", 0.7, 1.0, left_s=None)
    values = (first, replace(first, epoch=2, loss=float("inf")), None, first)
    seen = []
    for value in values:
        async with store.writing() as writer:
            await writer.put_reading(REQ_1, PROGRESS, value, at=NOW)
        async with store.reading() as reader:
            seen.append(await reader.reading(REQ_1, PROGRESS))
            missing = await reader.reading(REQ_1, COUNT)

    assert list(values) == seen
    assert missing is None


@pytest.mark.parametrize(
    ("of", "value"),
    [
        (int, 1),
        (float, 2.0),
        (str, "ก"),
        (tuple[int, ...], (1, 2)),
        (tuple[Mapping[str, float], ...], ({"loss": 0.31}, {"loss": float("inf")})),
        (Drift, Drift("brightness", "PSI", 1.87, 0.2, is_drifted=True, reference_mean=None, current_mean=1e22)),
        (Asked, Asked(1, NOW, NOW + timedelta(microseconds=1))),
    ],
)
async def test_a_reading_comes_back_as_it_was_put(store: SqlStore, of: type[object], value: object) -> None:
    """Plain and nested values, numbers with their types, times with their zone."""
    reading = Reading("said", of)
    async with store.writing() as writer:
        await writer.put_reading(REQ_1, reading, value, at=NOW)
    async with store.reading() as reader:
        said = await reader.reading(REQ_1, reading)

    assert (value, type(value)) == (said, type(said))


async def test_many_readings_are_kept_and_found_at_once(store: SqlStore) -> None:
    """Each for its thing and name; what has none of that name is left out, and others are not touched."""
    runs = [Ref(Kind.RUN, number) for number in (1, 2, 3)]
    async with store.writing() as writer:
        await writer.put_reading(runs[0], COUNT, 1, at=NOW)
        await writer.put_reading(runs[1], COUNT, None, at=NOW)
        await writer.put_reading(runs[2], WORDS, ("ก",), at=NOW)
        await writer.put_readings(COUNT, {runs[0]: 2, runs[2]: 3}, at=NOW)
        await writer.put_readings(WORDS, {runs[1]: ("a", "b")}, at=NOW)
    async with store.reading() as reader:
        counts = await reader.readings(Kind.RUN, [1, 2, 3], COUNT)
        words = await reader.readings(Kind.RUN, [1, 2, 3], WORDS)
        of_others = await reader.readings(Kind.MONITOR, [1, 2, 3], WORDS)

    assert {1: 2, 3: 3} == counts
    assert {2: ("a", "b"), 3: ("ก",)} == words
    assert {} == of_others
