"""The desk reads the bot's database as it is, whatever form it has, and never writes to it."""

import sqlite3

import pytest

from sandbox.desk.bot_facts import read_facts


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

    assert "no database file" in read_facts(path)["missing"]
    assert not path.exists()
