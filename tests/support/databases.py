"""Databases for tests: a SQLite file or a PostgreSQL database, and things to keep in them."""

import sqlite3
import tempfile
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from bot.adapters.sql.migrate import migrate
from bot.adapters.sql.store import SqlStore
from bot.config import DatabaseSettings
from bot.core.judging import Target
from bot.core.values import Fact, PersonId, Ref
from bot.ports import Due
from bot.things.requirement.model import Requirement
from bot.things.run.model import Resources, Run
from tests.support.postgres import Postgres

NOW = datetime(2026, 3, 1, 9, 30, 0, 123456, tzinfo=UTC)
LEASE = timedelta(seconds=30)
ADA = PersonId(2**53 + 7)
"""As large as Discord's ids, and past what a float holds."""

REQUIREMENT = Requirement(
    title="ตรวจจับการฉ้อโกง 🕵️‍♀️",
    problem="Line one\nline two",
    deployment_kind="new",
    value="฿ 1.2 M a year",
    targets=(Target("accuracy", at_least=True, threshold=0.85), Target("loss", at_least=False, threshold=1e22)),
    constraints="",
    dataset="fashion",
    filed_by=ADA,
)
RUN = Run(
    requirement=1,
    ordered_by=ADA,
    recipe="image",
    dataset="fashion",
    parameters={"lr": 0.001, "epochs": 3, "amp": True, "name": "ก", "large": 1e22, "whole": 2.0},
    seed=7,
    hypothesis="deeper is better",
    resources=Resources(partition="gpu", nodes=1, gpus=2, cpus=8, memory_gib=30, time_limit_min=90),
)


@dataclass(frozen=True)
class Database:
    """A database that a test may look into past the store."""

    settings: DatabaseSettings
    postgres: Postgres | None

    @property
    def path(self) -> Path:
        """Return the file of a SQLite database."""
        return Path(self.settings.url.removeprefix("sqlite:///"))

    def execute(self, *statements: str) -> None:
        """Run statements as an operator would."""
        if self.postgres is not None:
            self.postgres.execute(self.settings, *statements)
            return
        with closing(sqlite3.connect(self.path, isolation_level=None)) as connection:
            for statement in statements:
                connection.execute(statement)

    def unprotect_events(self) -> None:
        """Drop the triggers that keep events from being changed, as somebody with bad intent would."""
        if self.postgres is not None:
            self.execute("ALTER TABLE events DISABLE TRIGGER ALL")
        else:
            self.execute("DROP TRIGGER events_no_update", "DROP TRIGGER events_no_delete")


def sqlite_database(path: Path) -> Database:
    """Make a SQLite database with all tables: a copy of one that was migrated."""
    path.write_bytes(_migrated())
    return Database(DatabaseSettings(url=f"sqlite:///{path}"), None)


@cache
def _migrated() -> bytes:
    """Return a SQLite file with all tables. Migrating takes 0.2 s, and hundreds of tests need one."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "slipway.db"
        migrate(DatabaseSettings(url=f"sqlite:///{path}"))
        return path.read_bytes()


async def file_requirement(store: SqlStore, **changes: Any) -> Requirement:
    """Add a requirement."""
    async with store.writing() as writer:
        return await writer.add(replace(REQUIREMENT, **changes))


async def enqueue(store: SqlStore, *effects: str, number: int = 1, lane: str = "chat", at: datetime = NOW) -> Fact:
    """Append a fact about a requirement with these effects."""
    about = Ref(Requirement.kind, number)
    async with store.writing() as writer:
        fact = await writer.append(about, "requirement.filed", by=ADA, details={"n": number}, changes={}, at=NOW)
        for effect in effects:
            await writer.enqueue(fact, effect, lane=lane, details={"effect": effect}, at=at)
    return fact


async def claim(
    store: SqlStore, *, at: datetime = NOW, limit: int = 50, lanes: tuple[str, ...] = ("chat",)
) -> tuple[Due, ...]:
    """Claim effects."""
    return await store.claim_effects(now=at, lease=LEASE, limit=limit, lanes=lanes)
