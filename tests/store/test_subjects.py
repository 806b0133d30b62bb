"""Incidents are found by what they are about, on both databases: by all of it, or by a part."""

from typing import Any

import pytest

from bot.adapters.sql.store import SqlStore
from bot.core.values import Kind, Ref
from bot.core.words import as_said
from bot.things.incident.model import Incident
from bot.things.incident.subjects import (
    MANY_RUNS,
    SHARED_FOLDER,
    Matter,
    of_failure,
    of_given_up,
    of_job,
    of_node,
    of_outage,
    of_trouble,
)
from bot.things.run.causes import Cause
from bot.things.run.events import RunEffect

RUN, OTHER, SWEEP = Ref(Kind.RUN, 3), Ref(Kind.RUN, 31), Ref(Kind.SWEEP, 3)
SUBJECTS = (
    of_failure(RUN),
    of_failure(OTHER),
    of_failure(SWEEP),
    of_trouble(RUN, Cause.STALLED),
    of_trouble(RUN, Cause.SLOW),
    of_given_up(RUN, RunEffect.RECORD),
    of_outage("cluster"),
    of_node("cluster"),
    of_job("cluster"),
    SHARED_FOLDER,
    MANY_RUNS,
)


@pytest.fixture
async def kept(store: SqlStore) -> SqlStore:
    """Return a store with an incident about each, numbered in their order."""
    async with store.writing() as writer:
        for about in SUBJECTS:
            await writer.add(
                Incident(about=about, title=as_said("t"), cause=as_said("c"), log_tail="", next_step=as_said("n"))
            )
    return store


async def test_each_is_found_by_the_whole_of_what_it_is_about_and_comes_back_so(kept: SqlStore):
    """What is about the same code, thing or number, but not about the same, is another."""
    async with kept.reading() as reader:
        found = [await reader.select(Incident, about=about) for about in SUBJECTS]

    assert [[about] for about in SUBJECTS] == [[one.about for one in own] for own in found]


@pytest.mark.parametrize(
    ("part", "numbers"),
    [
        ({"about_kind": Kind.RUN, "about_number": 3}, [6, 5, 4, 1]),
        ({"about_matter": Matter.TROUBLE.value}, [5, 4]),
        ({"about_matter": (Matter.NODE.value, Matter.JOB.value)}, [9, 8]),
        ({"about_code": "cluster"}, [9, 8, 7]),
        ({"about_kind": None}, [11, 10, 9, 8, 7]),
    ],
)
async def test_those_are_found_that_have_a_part_in_common(kept: SqlStore, part: dict[str, Any], numbers: list[int]):
    """All about a thing, or all about one sort of matter."""
    async with kept.reading() as reader:
        found = await reader.select(Incident, **part)

    assert numbers == [one.number for one in found]


async def test_what_is_no_subject_finds_nothing_by_mistake(kept: SqlStore):
    """The name of a thing in words is refused."""
    async with kept.reading() as reader:
        with pytest.raises(TypeError, match="about"):
            await reader.select(Incident, about="RUN-3")
