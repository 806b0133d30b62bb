"""How each field type of the domain becomes a database value: a total table; an unknown type fails at import."""

import json
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from functools import cache
from typing import Any, Generic, TypeVar

from sqlalchemy import BigInteger, Boolean, DateTime, Dialect, Double, Text
from sqlalchemy.types import TypeDecorator, TypeEngine

from bot.core.chain import plain
from bot.core.readings import Readable
from bot.core.shapes import Turn, named, same, shape_of, without_none
from bot.core.values import Json, Kind

V = TypeVar("V")


class UtcDateTime(TypeDecorator[datetime]):
    """An aware time, kept in UTC. A naive one is refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Return the time as the database keeps it; SQLite knows no zones."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"a time without a zone cannot be stored: {value.isoformat()}")
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Return the time with its zone."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if dialect.name == "sqlite" else value.astimezone(UTC)


class Words(TypeDecorator[str]):
    """Text of people and machines. What no database keeps (NUL, half a surrogate pair) becomes U+FFFD."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002  (SQLAlchemy's signature)
        """Return the text as it can be stored."""
        return None if value is None else storable(value)


class JsonText(TypeDecorator[Json]):
    """JSON as text, with its order and its types, on both databases.

    JSONB and SQLite's JSON affinity change numbers (1e22 comes back as an int), and then a hash no longer holds.
    """

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Json, dialect: Dialect) -> str:  # noqa: ARG002  (SQLAlchemy's signature)
        """Return the text; None is JSON's null, not SQL's."""
        return json_text(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Json:  # noqa: ARG002  (SQLAlchemy's signature)
        """Return the value."""
        return None if value is None else parse(value)


def storable(text: str) -> str:
    """Return the text without what PostgreSQL or UTF-8 cannot hold."""
    return text.replace("\x00", "\ufffd").encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def json_text(value: Json) -> str:
    """Return a value as storable JSON text."""
    return storable(json.dumps(value, separators=(",", ":"), ensure_ascii=False, default=plain))


def parse(text: str) -> Json:
    """Return the value of a JSON text."""
    value: Json = json.loads(text)
    return value


@dataclass(frozen=True, slots=True)
class Codec:
    """A column for one field, and the way there and back."""

    column: TypeEngine[Any]
    is_nullable: bool
    encode: Turn
    decode: Turn


def codec_for(hint: object) -> Codec:
    """Return the codec of a field type. Raises TypeError for a type without one."""
    bare, is_nullable = without_none(named(hint))
    column = _column(bare)
    if column is None:
        encode, decode = shape_of(hint)
        return Codec(JsonText(), is_nullable=False, encode=encode, decode=decode)
    if bare is datetime:
        return Codec(column, is_nullable, same, same)
    encode, decode = shape_of(hint)
    return Codec(column, is_nullable, encode, decode)


@dataclass(frozen=True, slots=True)
class ReadingCodec(Generic[V]):
    """The way of a reading's value to JSON and back."""

    encode: Callable[[V], Json]
    decode: Callable[[Json], V]


def codec_of(reading: Readable[V]) -> ReadingCodec[V]:
    """Return the codec of a reading. Raises TypeError for a type of value that has none."""
    hint: Any = reading.of
    return ReadingCodec(*_turns(hint))


@cache
def _turns(hint: Hashable) -> tuple[Callable[[Any], Any], Callable[[Any], Any]]:
    """Return the functions to and from plain JSON values, made once."""
    return shape_of(hint)


def _column(bare: object) -> TypeEngine[Any] | None:
    """Return the column type of a simple value, or None for a nested one."""
    if isinstance(bare, type) and issubclass(bare, StrEnum | Kind):
        return Words()
    table: Mapping[object, TypeEngine[Any]] = {
        bool: Boolean(),
        int: BigInteger(),
        float: Double(),
        str: Words(),
        datetime: UtcDateTime(),
    }
    return table.get(bare)
