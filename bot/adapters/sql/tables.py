"""The tables: one for each kind of thing, derived from its dataclass; events, effects, cards, readings, schedules."""

from dataclasses import dataclass, fields
from typing import get_type_hints

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from bot.adapters.sql.codec import Codec, JsonText, UtcDateTime, Words, codec_for
from bot.adapters.sql.flat import Flat, flat_of
from bot.core.kind import ThingKind
from bot.core.links import Reference
from bot.core.values import Kind, Thing
from bot.lifecycle import RULES

METADATA = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

ROW_ID = BigInteger().with_variant(Integer(), "sqlite")  # SQLite numbers rows only under the type INTEGER
UNFINISHED = text("done_at IS NULL AND given_up_at IS NULL")


@dataclass(frozen=True, slots=True)
class ThingTable:
    """A kind's table, and the codec of each of its fields."""

    kind: type[Thing]
    table: Table
    codecs: dict[str, Codec]
    """Of those that are a column by themselves."""
    flats: dict[str, Flat]
    """Of those that are several."""


def _thing_table(of: ThingKind) -> ThingTable:
    kind = of.model
    hints = get_type_hints(kind)
    flats = {field.name: flat for field in fields(kind) if (flat := flat_of(hints[field.name]))}
    codecs = {field.name: codec_for(hints[field.name]) for field in fields(kind) if field.name not in flats}
    columns = [_column(name, codec, of.links.get(name)) for name, codec in codecs.items()]
    columns += [_column(name, codec) for flat in flats.values() for name, codec in flat.columns()]
    checks = [CheckConstraint("number > 0", name="number")]
    # Stages are not among what the database refuses: a new one would mean rebuilding the table on SQLite.
    for name, (low, high) in of.bounds.items():
        checks.append(CheckConstraint(f"{name} BETWEEN {low} AND {high}", name=name))
    indices = [Index(None, name) for name in (*of.links, "stage")]
    return ThingTable(kind, Table(_table_name(of.kind), METADATA, *columns, *checks, *indices), codecs, flats)


def _table_name(kind: Kind) -> str:
    return f"{kind.name.lower()}s"


def _column(name: str, codec: Codec, reference: Reference | None = None) -> Column[object]:
    if name == "number":
        return Column(name, codec.column, primary_key=True, autoincrement=False)
    if reference is not None:
        return Column(name, codec.column, ForeignKey(f"{_table_name(reference.to)}.number"), nullable=codec.is_nullable)
    return Column(name, codec.column, nullable=codec.is_nullable)


THING_TABLES = {kind: _thing_table(rules) for kind, rules in RULES.items()}

COUNTERS = Table(
    "counters",
    METADATA,
    Column("kind", Text, primary_key=True),
    Column("last", BigInteger, nullable=False),
)
"""The last number of each kind. Unlike a sequence it leaves no gap when a transaction is rolled back."""

EVENTS = Table(
    "events",
    METADATA,
    Column("sequence", BigInteger, primary_key=True, autoincrement=False),
    Column("at", UtcDateTime, nullable=False),
    Column("kind", Text, nullable=False),
    Column("number", BigInteger, nullable=False),
    Column("event", Text, nullable=False),
    Column("by", BigInteger, nullable=False),
    Column("details", JsonText, nullable=False),
    Column("changes", JsonText, nullable=False),
    Column("previous_hash", Text, nullable=False),
    Column("hash", Text, nullable=False, unique=True),
    Column("deed", Text),
    Column("place", BigInteger, nullable=False),
    UniqueConstraint("deed", "place"),
    Index(None, "kind", "number", "sequence"),
)

CHAIN = Table(
    "chain",
    METADATA,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("sequence", BigInteger, nullable=False),
    Column("hash", Text, nullable=False),
    CheckConstraint("id = 1", name="one_row"),
)
"""The head of the chain: one row, which every write transaction locks first, so that the order of facts is total."""

EFFECTS = Table(
    "effects",
    METADATA,
    Column("id", ROW_ID, primary_key=True),
    Column("event", BigInteger, ForeignKey("events.sequence"), nullable=False),
    Column("effect", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("number", BigInteger, nullable=False),
    Column("lane", Text, nullable=False),
    Column("details", JsonText, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("due_at", UtcDateTime, nullable=False),
    Column("lease_until", UtcDateTime),
    Column("done_at", UtcDateTime),
    Column("given_up_at", UtcDateTime),
    Column("last_error", Words),
    UniqueConstraint("event", "effect"),
    CheckConstraint("done_at IS NULL OR given_up_at IS NULL", name="one_end"),
    Index(
        "ix_effects_unfinished", "kind", "number", "lane", "id", postgresql_where=UNFINISHED, sqlite_where=UNFINISHED
    ),
    sqlite_autoincrement=True,
)
"""The outbox."""

CARDS = Table(
    "cards",
    METADATA,
    Column("kind", Text, nullable=False),
    Column("number", BigInteger, nullable=False),
    Column("channel", Text),
    Column("message", Text),
    Column("drawn_digest", Text),
    Column("due_version", BigInteger, nullable=False),
    Column("drawn_version", BigInteger, nullable=False),
    Column("not_before", UtcDateTime, nullable=False),
    Column("paced_until", UtcDateTime),
    Column("lease_until", UtcDateTime),
    Column("attempts", Integer, nullable=False),
    Column("last_error", Words),
    PrimaryKeyConstraint("kind", "number"),
    CheckConstraint("drawn_version <= due_version", name="not_ahead"),
    Index(None, "message"),
)

READINGS = Table(
    "readings",
    METADATA,
    Column("kind", Text, nullable=False),
    Column("number", BigInteger, nullable=False),
    Column("name", Text, nullable=False),
    Column("value", JsonText, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    PrimaryKeyConstraint("kind", "number", "name"),
)

SCHEDULES = Table(
    "schedules",
    METADATA,
    Column("name", Text, primary_key=True),
    Column("job", Text, nullable=False),
    Column("cron", Text, nullable=False),
    Column("zone", Text, nullable=False),
    Column("arguments", JsonText, nullable=False),
    Column("next_at", UtcDateTime, nullable=False),
    Index(None, "next_at"),
)

FIRINGS = Table(
    "firings",
    METADATA,
    Column("schedule", Text, nullable=False),
    Column("fire_at", UtcDateTime, nullable=False),
    Column("fired_at", UtcDateTime, nullable=False),
    PrimaryKeyConstraint("schedule", "fire_at"),
)
