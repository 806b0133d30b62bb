"""Fixtures of databases and of a store on them, for every folder whose tests need one."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from bot.adapters.sql.store import SqlStore
from tests.support.databases import Database, sqlite_database
from tests.support.postgres import Postgres, running_postgres


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """Bring up one PostgreSQL for the session."""
    with running_postgres() as server:
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Database:
    """Return a fresh database with all tables, on each engine."""
    if request.param == "postgresql":
        server: Postgres = request.getfixturevalue("postgres")
        return Database(server.migrated(), server)
    return sqlite_database(tmp_path / "slipway.db")


@pytest.fixture
def file_database(tmp_path: Path) -> Database:
    """Return a fresh SQLite database."""
    return sqlite_database(tmp_path / "slipway.db")


@pytest.fixture
async def store(database: Database) -> AsyncIterator[SqlStore]:
    """Return a store on a fresh database."""
    opened = SqlStore.open(database.settings)
    yield opened
    await opened.close()
