"""Engines: how connections to SQLite and PostgreSQL are opened."""

from dataclasses import dataclass
from pathlib import Path

import aiosqlite
from sqlalchemy import URL, AsyncAdaptedQueuePool, Connection, event, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from bot.adapters.sql.sqlite import SqliteConnection
from bot.config import DatabaseSettings
from bot.errors import Misconfigured

BUSY_TIMEOUT_MS = 5_000
READER_COUNT = 4
CONNECT_TIMEOUT_S = 10
POSTGRES_OPTIONS = (
    "-c timezone=UTC -c lock_timeout=10s -c statement_timeout=30s -c idle_in_transaction_session_timeout=60s"
)


@dataclass(frozen=True, slots=True)
class Engines:
    """Where to write and where to read."""

    writer: AsyncEngine
    reader: AsyncEngine
    url: URL

    @property
    def is_sqlite(self) -> bool:
        """Tell whether this is SQLite."""
        return self.url.get_backend_name() == "sqlite"


def database_url(settings: DatabaseSettings) -> URL:
    """Return the database's address with its password, without a driver.

    Raises:
        Misconfigured: it is neither SQLite in a file nor PostgreSQL, or the password cannot be read.
    """
    try:
        url = make_url(settings.url)
    except ArgumentError as error:
        raise Misconfigured(
            "database.url is not an address; use sqlite:///path or postgresql://user@host/name"
        ) from error
    match url.get_backend_name():
        case "sqlite" if url.database and url.database != ":memory:":
            return url.set(drivername="sqlite")
        case "sqlite":
            raise Misconfigured("database.url must name a file: sqlite:///path; a database in memory would be lost")
        case "postgresql":
            password = url.password if settings.password is None else settings.password.reveal()
            return url.set(drivername="postgresql", password=password)
        case other:
            raise Misconfigured(f"database.url is of an unknown kind, {other!r}; use sqlite:/// or postgresql://")


def sqlite_path(url: URL) -> Path:
    """Return the file of a SQLite address."""
    assert url.database is not None
    return Path(url.database)


def open_engines(settings: DatabaseSettings) -> Engines:
    """Make the engines. Nothing is connected before it is used."""
    url = database_url(settings)
    if url.get_backend_name() == "sqlite":
        writer = _sqlite(url, size=1, begin="BEGIN IMMEDIATE", is_reader=False)
        return Engines(writer, _sqlite(url, size=READER_COUNT, begin="BEGIN", is_reader=True), url)
    return Engines(_postgres(url, is_reader=False), _postgres(url, is_reader=True), url)


def _sqlite(url: URL, *, size: int, begin: str, is_reader: bool) -> AsyncEngine:
    async def opened() -> aiosqlite.Connection:
        if not sqlite_path(url).exists():  # SQLite would make an empty one
            raise Misconfigured(f"there is no database at {sqlite_path(url)}; check database.url or migrate")
        return await SqliteConnection(sqlite_path(url))

    engine = create_async_engine(
        url.set(drivername="sqlite+aiosqlite"),
        async_creator=opened,
        poolclass=AsyncAdaptedQueuePool,
        pool_size=size,
        max_overflow=0,
        hide_parameters=True,
    )

    def connected(connection: DBAPIConnection, _record: object) -> None:
        connection.isolation_level = None  # we say BEGIN ourselves: see below
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")  # first, as the next may have to wait
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute("PRAGMA synchronous=FULL")  # what was answered for stays, though the power goes
        cursor.execute("PRAGMA foreign_keys=ON")
        if is_reader:
            cursor.execute("PRAGMA query_only=ON")
        cursor.close()

    def begun(connection: Connection) -> None:
        # a writer takes the lock at once: one that reads first and writes later fails when another wrote between
        connection.exec_driver_sql(begin)

    event.listen(engine.sync_engine, "connect", connected)
    event.listen(engine.sync_engine, "begin", begun)
    return engine


def _postgres(url: URL, *, is_reader: bool) -> AsyncEngine:
    return create_async_engine(
        url.set(drivername="postgresql+psycopg"),
        pool_size=READER_COUNT + (not is_reader),  # one is held for as long as the bot runs, with its lock
        max_overflow=0,
        pool_pre_ping=True,
        isolation_level="REPEATABLE READ" if is_reader else "READ COMMITTED",
        hide_parameters=True,
        connect_args={
            "prepare_threshold": None,  # so that PgBouncer may stand between
            "connect_timeout": CONNECT_TIMEOUT_S,
            "options": POSTGRES_OPTIONS,
            "application_name": "slipway",
        },
    )
