"""The world that the tests of a process share; each takes things of its own in it, and leaves it as it found it.

A file whose tests break the world for others has a `place` of its own.
"""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.support.crew import Crew, crew

STALLED_AFTER_MIN = 0.15
"""Little, so that a test need not wait long."""


def _impatient(config: str) -> str:
    patience = f"poll_interval_s = 1.0\nstalled_after_min = {STALLED_AFTER_MIN}"
    return config.replace("poll_interval_s = 1.0", patience, 1)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def world(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Crew]:
    """Bring up the world; at its end the bot has told of no mistake of its own."""
    async with crew(tmp_path_factory.mktemp("shared") / "world", settings=_impatient) as hands:
        yield hands
        log = hands.world.bot.log.read_text(encoding="utf-8")

    assert [] == [line for line in log.splitlines() if "mistake" in line or "Traceback" in line]


@pytest_asyncio.fixture(loop_scope="session")
async def place(world: Crew) -> AsyncIterator[Crew]:
    """Lend the world for a test, and mend what the test has left broken."""
    yield world
    await world.mend()


@pytest_asyncio.fixture(loop_scope="session")
async def requirement(place: Crew) -> int:
    """Return the number of a requirement of the test's own, claimed by Anan."""
    return await place.claimed()
