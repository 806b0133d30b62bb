"""Fixtures of databases and of a store on them, for every folder whose tests need one."""

from collections.abc import AsyncIterator, Callable, Iterator
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


ENGINES = {name: pytest.param(name, marks=pytest.mark.repetition) for name in ("sqlite", "postgresql")}


def on(*always: str) -> Callable[..., Database]:
    """Return a fixture `database`, fresh with all tables, on these engines, and by `make test-all` on each.

    What the store promises is proven on both: by its own suites, the outbox's, races of two bots, search and walks.
    """

    @pytest.fixture(name="database", params=[name if name in always else again for name, again in ENGINES.items()])
    def chosen(request: pytest.FixtureRequest, tmp_path: Path) -> Database:
        if request.param == "postgresql":
            server: Postgres = request.getfixturevalue("postgres")
            return Database(server.migrated(), server)
        return sqlite_database(tmp_path / "slipway.db")

    return chosen


database = on(*ENGINES)


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
