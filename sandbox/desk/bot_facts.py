"""Reads the bot's facts from its database file, read-only and by plain SQL, as an auditor with a copy would."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

ROWS = 60
QUERIES = {
    "facts": "SELECT sequence, at, kind, number, event, by, details FROM events ORDER BY sequence DESC LIMIT ?",
    "effects": "SELECT id, kind, number, effect, lane, attempts, due_at, lease_until, done_at, given_up_at, last_error"
    " FROM effects ORDER BY (done_at IS NULL AND given_up_at IS NULL) DESC, id DESC LIMIT ?",
    "schedules": "SELECT name, job, cron, zone, next_at FROM schedules ORDER BY next_at LIMIT ?",
    "cards_due": "SELECT kind, number, channel, due_version, drawn_version, not_before, attempts, last_error"
    " FROM cards WHERE due_version > drawn_version ORDER BY not_before LIMIT ?",
    "readings": "SELECT kind, number, name, value, at FROM readings ORDER BY at DESC LIMIT ?",
}
COUNTS = {
    "facts": "SELECT count(*) FROM events",
    "effects": "SELECT count(*) FROM effects WHERE done_at IS NULL AND given_up_at IS NULL",
    "cards": "SELECT count(*) FROM cards",
}
PATIENCE_S = 1.0
EXACT_MAX = 2**53
"""Numbers beyond it lose digits in a browser."""


def read_facts(path: Path) -> dict[str, Any]:
    """Return the newest rows of each table, newest first, and some counts; what is not there is empty or None.

    Where nothing can be read, `unread` says why instead, so that no one takes it for an empty database.
    """
    if not path.exists():
        return {"unread": f"There is no database file {path.name}; the bot keeps its facts elsewhere."}
    try:
        with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True, timeout=PATIENCE_S)) as connection:
            connection.row_factory = sqlite3.Row
            found: dict[str, Any] = {name: _rows(connection, query) for name, query in QUERIES.items()}
            found["counts"] = {name: _count(connection, query) for name, query in COUNTS.items()}
    except sqlite3.DatabaseError as error:
        return {"unread": f"Its facts cannot be read now: {error}."}
    return found


def _rows(connection: sqlite3.Connection, query: str) -> list[dict[str, object]]:
    try:
        return [_shown(row) for row in connection.execute(query, (ROWS,))]
    except sqlite3.OperationalError as error:
        _check_is_of_form(error)
        return []


def _count(connection: sqlite3.Connection, query: str) -> int | None:
    try:
        return int(connection.execute(query).fetchone()[0])
    except sqlite3.OperationalError as error:
        _check_is_of_form(error)
        return None


def _check_is_of_form(error: sqlite3.OperationalError) -> None:
    """Pass what comes of a missing table or column, for the bot's form may have moved on; raise anything else."""
    if error.sqlite_errorcode != sqlite3.SQLITE_ERROR:
        raise error


def _shown(row: sqlite3.Row) -> dict[str, object]:
    return {name: _value(name, row[name]) for name in row.keys()}  # noqa: SIM118 - a row yields its values


def _value(name: str, value: object) -> object:
    if isinstance(value, int) and abs(value) >= EXACT_MAX:
        return str(value)
    if name in ("details", "value") and isinstance(value, str):
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value
