"""Which things the road is about, from the bot's own facts: one requirement, and what came of it.

People at the page do things beside the road, so that the newest thing of a kind need not be the road's.
"""

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

PATIENCE_S = 1.0
QUERIES = {
    "REQ": """
        SELECT number FROM requirements AS one WHERE stage != 'withdrawn' ORDER BY
        EXISTS (SELECT * FROM monitors WHERE requirement = one.number) DESC,
        EXISTS (SELECT * FROM rollouts WHERE requirement = one.number) DESC,
        EXISTS (SELECT * FROM audits WHERE requirement = one.number AND stage = 'approved') DESC,
        EXISTS (SELECT * FROM runs WHERE requirement = one.number AND stage = 'succeeded') DESC,
        stage != 'filed' DESC, number LIMIT 1""",
    "RUN": """
        SELECT number FROM runs AS one WHERE requirement = :REQ ORDER BY
        EXISTS (SELECT * FROM audits WHERE run = one.number AND stage = 'approved') DESC,
        stage = 'succeeded' DESC, stage NOT IN ('failed', 'cancelled') DESC, number DESC LIMIT 1""",
    "AUD": """
        SELECT number FROM audits WHERE requirement = :REQ ORDER BY
        run = :RUN DESC, stage = 'in review' DESC, stage = 'approved' DESC, number DESC LIMIT 1""",
    "DEP": """
        SELECT number FROM rollouts WHERE requirement = :REQ ORDER BY
        stage = 'requested' DESC, number DESC LIMIT 1""",
    "MON": """
        SELECT number FROM monitors WHERE requirement = :REQ ORDER BY
        stage = 'watching' DESC, number DESC LIMIT 1""",
    "REC": """
        SELECT number FROM recommendations WHERE requirement = :REQ ORDER BY
        stage = 'open' DESC, number DESC LIMIT 1""",
}
"""The road's requirement is the one that has come furthest, the first of equals; the rest is the requirement's."""


def number_in(path: Path, kind: str, known: Mapping[str, int]) -> int | None:
    """Return the number of the road's thing of this kind, or None where the database says nothing of it.

    `known` are numbers that the road has by itself, as of a requirement that it has filed.
    """
    if not path.exists():
        return None
    try:
        with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True, timeout=PATIENCE_S)) as connection:
            names = {"REQ": known.get("REQ"), "RUN": known.get("RUN")}
            if kind != "REQ" and names["REQ"] is None:
                names["REQ"] = _first(connection, "REQ", names)
            return _first(connection, kind, names)
    except sqlite3.DatabaseError:
        return None


def _first(connection: sqlite3.Connection, kind: str, names: Mapping[str, int | None]) -> int | None:
    row = connection.execute(QUERIES[kind], names).fetchone()
    return None if row is None else int(row[0])
