"""Connections to SQLite on which a statement takes one trip to their thread.

aiosqlite makes four of each: for the cursor, the statement, its rows and the close. Each wakes a thread and the event
loop, which is most of what a small statement costs: with fifty decisions in flight they took half as long again.
"""

import sqlite3
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, Self

import aiosqlite


class SqliteConnection(aiosqlite.Connection):
    """A connection for SQLAlchemy, to be awaited."""

    def __init__(self, path: Path) -> None:
        super().__init__(lambda: sqlite3.connect(path), iter_chunk_size=1)
        self._thread.daemon = True  # as SQLAlchemy has it of those it makes: an end of the process waits for none

    def cursor(self) -> "Cursor":  # type: ignore[override]  # SQLAlchemy enters and closes it, and no more
        """Return a cursor for one statement."""
        return Cursor(self)

    async def run(self, statement: Callable[[sqlite3.Connection], None]) -> None:
        """Run something within the connection's thread."""
        await self._execute(statement, self._conn)  # type: ignore[no-untyped-call]  # it has no types


class Cursor:
    """As much of a cursor as SQLAlchemy asks for: the rows come with the statement, and it is closed by then."""

    arraysize = 1
    """Part of PEP 249; all rows are there at once."""

    def __init__(self, connection: SqliteConnection) -> None:
        self._connection = connection
        self._rows: Sequence[Any] = ()
        self.description: Sequence[Any] | None = None
        self.rowcount = -1
        self.lastrowid: int | None = None

    async def __aenter__(self) -> Self:
        return self

    async def execute(self, statement: str, parameters: Sequence[Any] = ()) -> None:
        """Run a statement."""
        await self._run(lambda cursor: cursor.execute(statement, parameters))

    async def executemany(self, statement: str, parameters: Iterable[Sequence[Any]]) -> None:
        """Run a statement for each of the parameters."""
        await self._run(lambda cursor: cursor.executemany(statement, parameters))

    async def fetchall(self) -> Sequence[Any]:
        """Return the rows."""
        return self._rows

    async def close(self) -> None:
        """Do nothing: it is closed."""

    async def _run(self, execute: Callable[[sqlite3.Cursor], object]) -> None:
        def there(raw: sqlite3.Connection) -> None:
            cursor = raw.cursor()
            try:
                execute(cursor)
                self.description, self.rowcount, self.lastrowid = cursor.description, cursor.rowcount, cursor.lastrowid
                self._rows = cursor.fetchall() if cursor.description else ()
            finally:
                cursor.close()

        await self._connection.run(there)
