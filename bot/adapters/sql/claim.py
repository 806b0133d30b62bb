"""Who works on the database: one process at a time holds a lock that the system takes back when the process dies."""

import asyncio
import fcntl
from contextlib import suppress
from pathlib import Path
from typing import IO, Protocol

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bot.adapters.sql.engine import Engines, sqlite_path
from bot.adapters.sql.errors import SYSTEM, translating
from bot.errors import Upstream

LOCK_KEY = 0x51_1B_4A_A
"""Of the advisory lock that the bot on a PostgreSQL database holds."""


class Claim(Protocol):
    """The lock."""

    async def is_ours(self) -> bool:
        """Take the lock unless another process has it, and tell whether we have it."""
        ...

    async def give_up(self) -> None:
        """Let another process have it."""
        ...


def claim_of(engines: Engines) -> Claim:
    """Return the lock of the database; nothing is locked yet."""
    return _FileClaim(sqlite_path(engines.url)) if engines.is_sqlite else _ServerClaim(engines.writer)


class _FileClaim:
    """SQLite's, on a file beside the database: SQLite itself drops its locks when anybody closes the same file."""

    def __init__(self, database: Path) -> None:
        self._path = database.with_name(f"{database.name}.bot")
        self._file: IO[bytes] | None = None

    async def is_ours(self) -> bool:
        if self._file is None:
            self._file = await asyncio.to_thread(_locked, self._path)
        return self._file is not None

    async def give_up(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None


def _locked(path: Path) -> IO[bytes] | None:
    try:
        file = path.open("ab")
    except OSError as error:
        raise Upstream(SYSTEM, f"{path} cannot be written: {error.strerror}", retryable=False) from error
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:  # somebody has it, or the file system has no such locks
        file.close()
        return None
    return file


class _ServerClaim:
    """PostgreSQL's, on a connection of its own that is held open."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._connection: AsyncConnection | None = None

    async def is_ours(self) -> bool:
        if self._connection is not None:
            return True
        with translating():
            connection = await self._engine.execution_options(isolation_level="AUTOCOMMIT").connect()
            is_taken = await connection.execute(text("SELECT pg_try_advisory_lock(:key)"), {"key": LOCK_KEY})
            if is_taken.scalar_one():
                self._connection = connection
            else:
                await connection.close()
        return self._connection is not None

    async def give_up(self) -> None:
        connection, self._connection = self._connection, None
        if connection is None:
            return
        with suppress(SQLAlchemyError):  # the server is away, and the lock with it
            # a connection that is closed gives it up too, but the server learns of that a moment later
            await connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": LOCK_KEY})
        await connection.invalidate()  # closed for good, or the pool would keep what was not given up
        await connection.close()
