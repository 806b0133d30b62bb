"""The databases that these tests run on, and an app on fakes."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.app import App
from tests.support.folds import rows_are_folds
from tests.support.ports import Place, place_in
from tests.support.races import bots  # noqa: F401 - a fixture
from tests.support.store_fixtures import database, file_database, postgres, store  # noqa: F401 - fixtures


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    """Open an app on fakes and a fresh database, in which each row is the fold of its facts afterwards."""
    async with place_in(tmp_path) as opened:
        yield opened
        await rows_are_folds(opened.app.store)


@pytest.fixture
def app(place: Place) -> App:
    """Return the app alone, for a test that needs none of the fakes."""
    return place.app
