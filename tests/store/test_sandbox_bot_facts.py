"""The desk reads the bot's database as it is, whatever form it has, and never writes to it."""

import sqlite3
from contextlib import closing

import pytest

from sandbox.desk.bot_facts import COUNTS, QUERIES, ROWS, read_facts
from tests.support.databases import sqlite_database


@pytest.fixture
def database(tmp_path):
    """Give a database that has events and nothing else."""
    path = tmp_path / "slipway.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE events (sequence, at, kind, number, event, by, details)")
        row = (1, "2026-11-20 22:57:28.052707", "REQ", 1, "requirement.filed", 1100000000000000300, '{"a": 1}')
        connection.execute("INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, ?)", row)
    connection.close()
    return path


def test_a_missing_table_is_an_empty_list(database):
    """Facts are shown, with ids as text for a browser's sake; tables that are not there are empty."""
    found = read_facts(database)

    assert "1100000000000000300" == found["facts"][0]["by"]
    assert {"a": 1} == found["facts"][0]["details"]
    assert [] == found["effects"]
    assert {"facts": 1, "effects": None, "cards": None} == found["counts"]


def test_a_missing_file_is_said_and_not_made(tmp_path):
    """With facts in PostgreSQL there is no file, and looking makes none."""
    path = tmp_path / "slipway.db"

    assert "no database file" in read_facts(path)["unread"]
    assert not path.exists()


def test_what_cannot_be_read_now_is_not_shown_as_empty(database):
    """While somebody holds the file locked nothing is said of its facts but that; afterwards they are there."""
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("BEGIN EXCLUSIVE")

        assert {"unread": "Its facts cannot be read now: database is locked."} == read_facts(database)

    assert 1 == read_facts(database)["counts"]["facts"]


def test_what_is_no_database_is_said(tmp_path):
    """A file that holds something else has no facts to show."""
    path = tmp_path / "slipway.db"
    path.write_text("nothing of the kind, and long enough to be looked at as a database " * 20, encoding="utf-8")

    assert "file is not a database" in read_facts(path)["unread"]


def test_every_question_fits_the_form_that_the_bots_database_has(tmp_path):
    """A column that was renamed would else be shown as an empty table."""
    with closing(sqlite3.connect(sqlite_database(tmp_path / "slipway.db").path)) as connection:
        answers = [connection.execute(query, (ROWS,)).fetchall() for query in QUERIES.values()]
        counts = [connection.execute(query).fetchone() for query in COUNTS.values()]

    assert [[]] * len(QUERIES) == answers
    assert [(0,)] * len(COUNTS) == counts
