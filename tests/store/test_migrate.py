"""Migrations and backups: the tables of a migrated database are those the store was written for."""

import shutil
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from bot.adapters.sql import migrate as _store_migrate
from bot.adapters.sql.migrate import backup, migrate
from bot.adapters.sql.revision import SCRIPTS, blocking_engine, newest_revision, present_revision, schema_is_current
from bot.adapters.sql.store import SqlStore
from bot.adapters.sql.tables import METADATA
from bot.config import DatabaseSettings
from bot.errors import Misconfigured, Refused, Upstream
from bot.things.requirement.model import Requirement
from tests.support.databases import Database, enqueue, file_requirement
from tests.support.postgres import Postgres

NEWEST = newest_revision()
AFTER = f"{int(NEWEST) + 1:04}"
"""A revision that comes after all there are."""


def test_the_newest_script_has_the_revision_of_its_name() -> None:
    """The bot reads the name, Alembic the script."""
    assert [newest_revision()] == ScriptDirectory.from_config(_store_migrate._config()).get_heads()


def test_a_migrated_database_has_exactly_the_stores_tables(database: Database) -> None:
    """Nothing is missing, nothing is more, and every type is the one declared."""
    with blocking_engine(database.settings).connect() as connection:
        differences = compare_metadata(MigrationContext.configure(connection), METADATA)

    assert differences == []


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_the_rules_of_the_tables_are_the_same_migrated_or_created(
    engine: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """Check constraints, which the comparison above does not see."""
    migrated, created = _empty(engine, tmp_path / "a.db", request), _empty(engine, tmp_path / "b.db", request)
    migrate(migrated)
    with blocking_engine(created).begin() as connection:
        METADATA.create_all(connection)

    assert _rules(migrated) == _rules(created)
    assert len(_rules(migrated)) > 5


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_four_processes_may_migrate_at_once(engine: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    """One does the work; the others find it done."""
    settings = _empty(engine, tmp_path / "new" / "slipway.db", request)
    before = (present_revision(settings), schema_is_current(settings))
    with ThreadPoolExecutor(4) as pool:
        revisions = list(pool.map(migrate, [settings] * 4))

    assert before == (None, False)
    assert revisions == [newest_revision()] * 4
    assert schema_is_current(settings)


def test_migrating_down_leaves_nothing_and_up_again_works(database: Database) -> None:
    """The first revision undoes itself."""
    config = _store_migrate._config()
    with blocking_engine(database.settings).begin() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "base")
    with blocking_engine(database.settings).connect() as connection:
        left = compare_metadata(MigrationContext.configure(connection), METADATA)
    again = migrate(database.settings)

    assert {difference[0] for difference in left} >= {"add_table"}
    assert not {difference[0] for difference in left} & {"remove_table"}
    assert again == newest_revision()


def test_a_database_of_a_newer_version_is_refused(database: Database) -> None:
    """An old bot never touches tables it does not know."""
    database.execute("UPDATE alembic_version SET version_num = '9999'")

    assert not schema_is_current(database.settings)
    with pytest.raises(Misconfigured, match="9999"):
        migrate(database.settings)


async def test_a_file_is_copied_before_its_tables_change_and_keeps_its_rows(
    file_database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A second revision that rebuilds a parent table loses no child row; the copy beside the file is the old state."""
    store = SqlStore.open(file_database.settings)
    await file_requirement(store)
    await enqueue(store, "post")
    await store.close()
    _add_revision(tmp_path, monkeypatch)
    migrate(file_database.settings)
    copy = file_database.path.with_name(f"slipway.db.before-{AFTER}")

    assert _rows(file_database.path, "SELECT count(*) FROM effects") == [(1,)]
    assert _rows(file_database.path, "SELECT version_num FROM alembic_version") == [(AFTER,)]
    assert _rows(copy, "SELECT version_num FROM alembic_version") == [(NEWEST,)]
    assert _rows(copy, "SELECT count(*) FROM effects") == [(1,)]


async def test_a_migration_that_would_leave_orphans_changes_nothing(
    file_database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Foreign keys are off while tables are rebuilt, so they are checked before the commit."""
    store = SqlStore.open(file_database.settings)
    await enqueue(store, "post")
    await store.close()
    _add_revision(tmp_path, monkeypatch, extra="op.execute('UPDATE effects SET event = 77')")

    with pytest.raises(Misconfigured, match="point to nothing"):
        migrate(file_database.settings)
    assert _rows(file_database.path, "SELECT event FROM effects") == [(1,)]
    assert present_revision(file_database.settings) == NEWEST


async def test_a_backup_is_a_whole_database(file_database: Database, tmp_path: Path) -> None:
    """It is taken while the bot is at work, with what still lies in the write-ahead log."""
    store = SqlStore.open(file_database.settings)
    filed = await file_requirement(store)
    copy = tmp_path / "copy.db"
    backup(file_database.settings, copy)
    await file_requirement(store)
    await store.close()

    restored = SqlStore.open(DatabaseSettings(url=f"sqlite:///{copy}"))
    async with restored.reading() as reader:
        found = await reader.select(Requirement)
    await restored.close()
    assert found == (filed,)
    with pytest.raises(Refused, match="there already"):
        backup(file_database.settings, copy)


def test_a_backup_that_cannot_be_is_refused_with_the_way_out(tmp_path: Path) -> None:
    """PostgreSQL has its own; a missing file is not backed up as an empty one."""
    with pytest.raises(Refused, match="pg_dump"):
        backup(DatabaseSettings(url="postgresql://bot@host/slipway"), tmp_path / "copy.db")
    with pytest.raises(Refused, match=r"There is no database at"):
        backup(DatabaseSettings(url=f"sqlite:///{tmp_path}/x.db"), tmp_path / "copy.db")


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:", "mysql://host/x", "not an address"])
def test_an_address_that_cannot_be_used_is_refused(url: str) -> None:
    """By the name of the setting."""
    with pytest.raises(Misconfigured, match=r"database\.url"):
        SqlStore.open(DatabaseSettings(url=url))


async def test_a_store_without_tables_says_so(postgres: Postgres) -> None:
    """An empty database is told with what to do."""
    store = SqlStore.open(postgres.empty())
    with pytest.raises(Upstream, match="migrate the database first"):
        await store.check()
    await store.close()


def _empty(engine: str, path: Path, request: pytest.FixtureRequest) -> DatabaseSettings:
    if engine == "sqlite":
        path.parent.mkdir(exist_ok=True)
        return DatabaseSettings(url=f"sqlite:///{path}")
    server: Postgres = request.getfixturevalue("postgres")
    return server.empty()


def _rules(settings: DatabaseSettings) -> list[tuple[str, str, str]]:
    from sqlalchemy import inspect  # noqa: PLC0415

    with blocking_engine(settings).connect() as connection:
        found = inspect(connection)
        return sorted(
            (table, str(rule["name"]), rule["sqltext"])
            for table in found.get_table_names()
            for rule in found.get_check_constraints(table)
        )


def _add_revision(folder: Path, monkeypatch: pytest.MonkeyPatch, *, extra: str = "") -> None:
    """Put a revision that rebuilds the events table after the real ones."""
    scripts = folder / "migrations"
    shutil.copytree(SCRIPTS, scripts, ignore=shutil.ignore_patterns("__pycache__"))
    (scripts / "versions" / f"r{AFTER}_more.py").write_text(
        f"""
import sqlalchemy as sa
from alembic import op

revision = "{AFTER}"
down_revision = "{NEWEST}"

def upgrade():
    with op.batch_alter_table("events", recreate="always") as batch:
        batch.add_column(sa.Column("more", sa.Text, nullable=True))
    {extra}
"""
    )
    monkeypatch.setattr(_store_migrate, "SCRIPTS", scripts)


def _rows(path: Path, query: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(query).fetchall()
