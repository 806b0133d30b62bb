"""Bringing a database to the tables this version needs, and copying it."""

import sqlite3
import time
from contextlib import closing
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
from sqlalchemy.exc import OperationalError

from bot.adapters.sql.engine import BUSY_TIMEOUT_MS, database_url, sqlite_path
from bot.adapters.sql.errors import translating
from bot.adapters.sql.revision import PLUGINS_TABLES, SCRIPTS, blocking_engine, newest_revision, revision
from bot.adapters.sql.tables import METADATA
from bot.config import DatabaseSettings
from bot.errors import Misconfigured, Refused

LOCK_KEY = 0x51_1B_4A_9
"""Of the advisory lock under which one process at a time migrates a PostgreSQL database."""


def migrate(settings: DatabaseSettings) -> str:
    """Bring the database to the newest revision and return it. Blocks: call it before the event loop runs.

    A SQLite file that has tables is first copied beside itself, as in `slipway.db.before-0002`. Several processes may
    call this at once; one does the work.

    Raises:
        Misconfigured: the database was written by a newer version of Slipway.
        Upstream: the database cannot be reached or written.
    """
    newest = newest_revision(SCRIPTS)
    if database_url(settings).get_backend_name() == "sqlite":
        _migrate_sqlite(settings, newest)
    else:
        _migrate_postgres(settings, newest)
    return newest


def backup(settings: DatabaseSettings, to: Path) -> None:
    """Copy a SQLite database to a new file while the bot may be at work.

    Raises:
        Refused: the file is there already or cannot be made, nothing is there to copy, or the database is PostgreSQL.
    """
    url = database_url(settings)
    if url.get_backend_name() != "sqlite":
        raise Refused(
            "PostgreSQL brings its own backup: run pg_dump --format=custom on the database; pg_restore brings it back."
        )
    source = sqlite_path(url)
    if not source.exists():
        raise Refused(f"There is no database at {source} to back up; check database.url.")
    if to.exists():
        raise Refused(f"{to} is there already; choose a new name, so that no backup is overwritten.")
    try:
        _copy(source, to)
    except (OSError, sqlite3.Error) as error:
        raise Refused(
            f"{to} cannot be written ({error}); name a file in a folder that is there and has room."
        ) from error


def _migrate_sqlite(settings: DatabaseSettings, newest: str) -> None:
    path = sqlite_path(database_url(settings))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Misconfigured(
            f"database.url: the folder {path.parent} cannot be made ({error.strerror}); name one that can"
        ) from error
    with translating(), blocking_engine(settings).connect() as connection:
        # rebuilding a table drops it, which with foreign keys on would delete the rows that point to it
        connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        present = revision(connection)
        if present != newest:
            if present is not None:
                _copy(path, path.with_name(f"{path.name}.before-{newest}"))
            _upgrade(connection)
            _refuse_orphans(connection)
        METADATA.create_all(connection, tables=PLUGINS_TABLES)
        connection.commit()
        _use_wal(connection)


def _refuse_orphans(connection: Connection) -> None:
    orphans = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
    if orphans:
        raise Misconfigured(f"rows of table {orphans[0][0]} point to nothing; the database was left as it was")


def _use_wal(connection: Connection) -> None:
    """Make the file a WAL database for good, while nobody else is at work on it.

    SQLite does not wait here when somebody is, and two bots that switch at their first start would fail each other.
    """
    last_try = time.monotonic() + BUSY_TIMEOUT_MS / 1000
    while True:
        try:
            connection.exec_driver_sql("PRAGMA journal_mode=WAL")
        except OperationalError:
            if time.monotonic() > last_try:
                raise
            time.sleep(0.05)
        else:
            return


def _migrate_postgres(settings: DatabaseSettings, newest: str) -> None:
    with translating(), blocking_engine(settings).begin() as connection:
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOCK_KEY})
        if revision(connection) != newest:
            _upgrade(connection)
        METADATA.create_all(connection, tables=PLUGINS_TABLES)


def _upgrade(connection: Connection) -> None:
    present, known = revision(connection), ScriptDirectory.from_config(_config()).walk_revisions()
    if present is not None and present not in {script.revision for script in known}:
        raise Misconfigured(
            f"the database is at revision {present}, which this version does not know; start the newer Slipway"
        )
    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _copy(source: Path, to: Path) -> None:
    """Copy with SQLite's own backup, which sees one state even while others write; written beside and renamed."""
    beside = to.with_name(f"{to.name}.part")
    beside.unlink(missing_ok=True)
    with closing(sqlite3.connect(source)) as old, closing(sqlite3.connect(beside)) as new:
        old.backup(new)
    beside.replace(to)


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config
