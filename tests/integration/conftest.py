"""The databases, clusters and clouds that integration tests run on."""

import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from bot.adapters.endpoints_azure import AzureEndpoints
from bot.adapters.store_sql import SqlStore
from bot.config import DatabaseSettings
from sandbox.person import Town
from tests.support.azure import Cloud, running_azure
from tests.support.cluster import cluster, site  # noqa: F401 - fixtures
from tests.support.databases import Database, sqlite_database
from tests.support.discord_town import url_of
from tests.support.postgres import Postgres, running_postgres
from tests.support.races import bots  # noqa: F401 - a fixture


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """Bring up one PostgreSQL for the session."""
    with running_postgres() as server:
        yield server


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a SQLite file with all tables, to be copied."""
    return sqlite_database(tmp_path_factory.mktemp("template") / "template.db").path


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Database:
    """Return a fresh database with all tables, on each engine."""
    if request.param == "postgresql":
        server: Postgres = request.getfixturevalue("postgres")
        return Database(server.migrated(), server)
    return _copy(request.getfixturevalue("migrated_file"), tmp_path)


@pytest.fixture
def file_database(migrated_file: Path, tmp_path: Path) -> Database:
    """Return a fresh SQLite database."""
    return _copy(migrated_file, tmp_path)


@pytest.fixture
async def store(database: Database) -> AsyncIterator[SqlStore]:
    """Return a store on a fresh database."""
    opened = SqlStore.open(database.settings)
    yield opened
    await opened.close()


@pytest.fixture
async def town(described: dict[str, Any]) -> AsyncIterator[Town]:
    """Return the people of the module's Discord; at the end every fault is lifted."""
    async with Town(url_of(described)) as people:
        yield people
        await people.fault("lift")


def _copy(template: Path, folder: Path) -> Database:
    path = folder / "slipway.db"
    shutil.copy(template, path)
    return Database(DatabaseSettings(url=f"sqlite:///{path}"), None)


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """Run the sandbox's Azure for a file of tests."""
    with running_azure(tmp_path_factory.mktemp("azure")) as running:
        yield running


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def azure(cloud: Cloud) -> AsyncIterator[AzureEndpoints]:
    """Return one adapter for all tests of a file that do not end it."""
    adapter = AzureEndpoints(cloud.settings())
    yield adapter
    await adapter.close()
