"""What goes wrong with a database is told in a sentence, and nothing is half written."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from bot.adapters.sql.store import SqlStore
from bot.config import DatabaseSettings
from bot.core.values import Kind, Ref
from bot.errors import Misconfigured, Upstream
from bot.ports import Schedule
from tests.support.databases import NOW, REQUIREMENT, Database, file_requirement
from tests.support.postgres import Postgres

REQ_1 = Ref(Kind.REQUIREMENT, 1)
NIGHTLY = Schedule("monitor:MON-1", "monitor", "0 8 * * *", "Asia/Bangkok", {"monitor": 1}, NOW)


async def test_a_full_disk_is_told_in_a_sentence_and_nothing_is_half_written(file_database: Database) -> None:
    """SQLite: the write is refused as retryable, and works again when there is room."""
    store = SqlStore.open(file_database.settings)
    await file_requirement(store)
    await _limit_pages(store, 1)
    with pytest.raises(Upstream, match="the disk of the database is full") as refusal:
        await file_requirement(store, problem="x" * 500_000)
    await _limit_pages(store, 1_000_000)
    filed = await file_requirement(store, problem="x" * 500_000)
    await store.close()

    assert refusal.value.retryable
    assert filed.number == 2


async def test_a_lock_of_another_process_is_told_as_retryable(
    file_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SQLite: who waits for the write lock longer than the limit is told so."""
    monkeypatch.setattr("bot.adapters.sql.engine.BUSY_TIMEOUT_MS", 50)
    store = SqlStore.open(file_database.settings)
    with closing(sqlite3.connect(file_database.path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(Upstream, match="locked") as refusal:
            await file_requirement(store)
    filed = await file_requirement(store)
    await store.close()

    assert refusal.value.retryable
    assert filed.number == 1


async def test_a_lost_connection_is_told_as_retryable_and_mended(postgres: Postgres) -> None:
    """PostgreSQL: a server that ends our connections in a transaction is Upstream; between two nobody notices."""
    database = Database(postgres.migrated(), postgres)
    store = SqlStore.open(database.settings)
    others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'slipway'"
    with pytest.raises(Upstream) as refusal:  # noqa: PT012  (the block is the transaction)
        async with store.writing() as writer:
            database.execute(others)
            await writer.add(REQUIREMENT)
    filed = await file_requirement(store)
    database.execute(others)
    unnoticed = await file_requirement(store)
    await store.close()

    assert refusal.value.retryable
    assert (filed.number, unnoticed.number) == (1, 2)


async def test_a_missing_database_is_told_and_not_made(tmp_path: Path) -> None:
    """Both databases answer with a sentence; SQLite does not leave an empty file."""
    file = SqlStore.open(DatabaseSettings(url=f"sqlite:///{tmp_path}/x.db"))
    server = SqlStore.open(DatabaseSettings(url=f"postgresql://nobody@/none?host={tmp_path}"))
    with pytest.raises(Misconfigured, match="there is no database at"):
        await file.check()
    with pytest.raises(Upstream, match="connection to the database was lost"):
        await server.check()
    await file.close()
    await server.close()

    assert list(tmp_path.iterdir()) == []  # noqa: ASYNC240  (a test has the loop to itself)


async def _limit_pages(store: SqlStore, count: int) -> None:
    async with store._engines.writer.connect() as connection:
        await connection.exec_driver_sql(f"PRAGMA max_page_count={count}")
