"""The sandbox's Discord that these tests run on, and its people."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from sandbox.person import Town
from tests.support.discord_town import url_of
from tests.support.store_fixtures import file_database  # noqa: F401 - a fixture


@pytest.fixture
async def town(described: dict[str, Any]) -> AsyncIterator[Town]:
    """Return the people of the module's Discord; at the end every fault is lifted."""
    async with Town(url_of(described)) as people:
        yield people
        await people.fault("lift")
