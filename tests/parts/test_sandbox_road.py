"""The road keeps to its own things by the bot's facts, whatever people do beside it."""

import sqlite3
from contextlib import closing

import pytest

from bot.adapters.sql.tables import THING_TABLES
from bot.core.values import Kind, Stage
from sandbox.desk.road_facts import QUERIES, number_in

S = Stage
TABLES = {
    "requirements": ("number", "stage"),
    "runs": ("number", "requirement", "stage"),
    "audits": ("number", "requirement", "run", "stage"),
    "rollouts": ("number", "requirement", "stage"),
    "monitors": ("number", "requirement", "stage"),
    "recommendations": ("number", "requirement", "stage"),
}
"""As far as the road looks at them."""


@pytest.fixture
def fill(tmp_path):
    """Give what puts rows into a database of the bot's and returns its path."""

    def filled(**rows: list[tuple[object, ...]]):
        path = tmp_path / "slipway.db"
        with closing(sqlite3.connect(path)) as connection:
            for table, columns in TABLES.items():
                connection.execute(f"CREATE TABLE {table} ({', '.join(columns)})")
                marks = ", ".join("?" for _ in columns)
                connection.executemany(f"INSERT INTO {table} VALUES ({marks})", rows.get(table, []))
            connection.commit()
        return path

    return filled


def test_a_second_requirement_filed_by_hand_is_not_the_roads(fill):
    """The one that is claimed is, though the other is newer."""
    path = fill(requirements=[(1, S.WITHDRAWN), (2, S.FILED), (3, S.CLAIMED), (4, S.FILED)])

    assert 3 == number_in(path, "REQ", {})


def test_a_run_killed_by_a_trouble_is_not_the_one_to_propose(fill):
    """That is the run whose audit was passed; before there is one, the run that is still alive or ended well."""
    runs = [(1, 1, S.FAILED), (2, 1, S.SUCCEEDED), (3, 1, S.SUCCEEDED), (4, 1, S.CANCELLED), (5, 2, S.RUNNING)]
    audits = [(1, 1, 2, S.APPROVED), (2, 1, 3, S.IN_REVIEW)]
    path = fill(requirements=[(1, S.CLAIMED), (2, S.CLAIMED)], runs=runs, audits=audits)

    assert (2, 5) == (number_in(path, "RUN", {}), number_in(path, "RUN", {"REQ": 2}))
    assert (2, 1) == (number_in(path, "AUD", {}), number_in(path, "AUD", {"REQ": 1, "RUN": 2}))


def test_what_waits_for_somebody_comes_first(fill):
    """A rollout to be approved, a monitor that watches, and advice that nobody has answered."""
    path = fill(
        requirements=[(1, S.FULFILLED), (2, S.CLAIMED)],
        rollouts=[(1, 1, S.REQUESTED), (2, 1, S.DECLINED), (3, 2, S.REQUESTED)],
        monitors=[(1, 1, S.ENDED), (2, 1, S.WATCHING)],
        recommendations=[(1, 1, S.OPEN), (2, 1, S.DISMISSED)],
    )

    assert [1, 1, 2, 1] == [number_in(path, kind, {}) for kind in ("REQ", "DEP", "MON", "REC")]


def test_without_facts_nothing_is_said(fill, tmp_path):
    """No file, no rows, or another form."""
    absent = number_in(tmp_path / "none.db", "REQ", {})
    with closing(sqlite3.connect(tmp_path / "other.db")) as connection:
        connection.execute("CREATE TABLE other (one)")

    assert [None] * 3 == [absent, number_in(fill(), "RUN", {}), number_in(tmp_path / "other.db", "REQ", {})]


def test_the_bots_own_tables_have_what_the_road_asks_for():
    """Every column and stage of the queries is one of the bot's."""
    for kind in (Kind.REQUIREMENT, Kind.RUN, Kind.AUDIT, Kind.ROLLOUT, Kind.MONITOR, Kind.RECOMMENDATION):
        table = THING_TABLES[kind].table
        assert set(TABLES[table.name]) <= set(table.columns.keys())
    named = {word for query in QUERIES.values() for word in query.split("'")[1::2]}
    assert named <= {str(stage) for stage in Stage}
