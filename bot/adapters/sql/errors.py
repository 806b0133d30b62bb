"""What the databases' errors mean, by table."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError, IntegrityError, SQLAlchemyError, StatementError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from bot.errors import NeedsMending, Upstream

SYSTEM = "database"
DISK_FULL = "the disk of the database is full; make room, and the work goes on by itself"
LOCKED = "the database is locked by another process; the work is tried again"
LOST = "the connection to the database was lost"

SQLITE_ERRORS: dict[int, tuple[str, bool]] = {
    sqlite3.SQLITE_FULL: (DISK_FULL, True),
    sqlite3.SQLITE_BUSY: (LOCKED, True),
    sqlite3.SQLITE_LOCKED: (LOCKED, True),
    sqlite3.SQLITE_IOERR: ("the disk of the database cannot be read or written", True),
    sqlite3.SQLITE_CANTOPEN: ("the database file cannot be opened; check its folder and its permissions", True),
    sqlite3.SQLITE_READONLY: ("the database file may not be written; check its permissions", False),
    sqlite3.SQLITE_CORRUPT: ("the database file is damaged; restore a backup", False),
    sqlite3.SQLITE_NOTADB: ("the file is not a SQLite database; check database.url", False),
}
"""By primary result code: the sentence, and whether trying again may help."""

POSTGRES_ERRORS: dict[str, tuple[str, bool]] = {
    "53100": (DISK_FULL, True),
    "53300": ("the database has no connection left for us", True),
    "53": ("the database lacks resources", True),
    "08": (LOST, True),
    "57P": ("the database is being shut down or started", True),
    "57014": ("a statement took too long and was ended", True),
    "25P03": ("a transaction waited too long and was ended", True),
    "40": ("two transactions stood in each other's way; the work is tried again", True),
    "55P03": (LOCKED, True),
    "28": ("the database does not let us in; check the user and the password", False),
    "3D000": ("there is no database of that name; create it", False),
    "42P01": ("a table is missing; migrate the database first", False),
    "42501": ("the database user lacks a right", False),
}
"""By SQLSTATE or its beginning; the longest match counts."""


@contextmanager
def translating() -> Iterator[None]:
    """Turn a database's error into Upstream, and give back our own that came through SQLAlchemy."""
    try:
        yield
    except IntegrityError as error:
        raise NeedsMending(SYSTEM, f"the row contradicts others: {error.orig}") from error
    except DBAPIError as error:
        raise _upstream(error) from error
    except StatementError as error:
        if error.orig is not None:  # a value was refused before anything was sent
            raise error.orig from None
        raise
    except PoolTimeout as error:
        raise Upstream(SYSTEM, "all connections to the database are busy", retryable=True) from error
    except SQLAlchemyError as error:
        raise NeedsMending(SYSTEM, str(error)) from error


def _upstream(error: DBAPIError) -> Upstream:
    message, is_retryable = _meaning(error)
    said = str(error.orig).strip()
    told = f"{message} ({said})" if said else message
    return Upstream(SYSTEM, told, retryable=True) if is_retryable else NeedsMending(SYSTEM, told)


def _meaning(error: DBAPIError) -> tuple[str, bool]:
    code = getattr(error.orig, "sqlite_errorcode", None)
    if isinstance(code, int):
        return SQLITE_ERRORS.get(code & 0xFF, ("the database refused a statement", False))
    state = getattr(error.orig, "sqlstate", None)
    if isinstance(state, str):
        matches = [start for start in POSTGRES_ERRORS if state.startswith(start)]
        return POSTGRES_ERRORS[max(matches, key=len)] if matches else ("the database refused a statement", False)
    return LOST, True  # psycopg gives no SQLSTATE when the line drops or nobody answers
