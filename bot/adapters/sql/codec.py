"""How each field type of the domain becomes a database value: a total table; an unknown type fails at import."""

import json
import types
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, NewType, Union, get_args, get_origin, get_type_hints

from sqlalchemy import BigInteger, Boolean, DateTime, Dialect, Double, Text
from sqlalchemy.types import TypeDecorator, TypeEngine

from bot.core.values import Json
from bot.domain.events import plain

Turn = Callable[[object], object]
SCALARS = (bool, int, float, str)


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
    bare, is_nullable = _without_none(_named(hint))
    column = _column(bare)
    if column is None:
        encode, decode = _shape(hint)
        return Codec(JsonText(), is_nullable=False, encode=encode, decode=decode)
    if bare is datetime:
        return Codec(column, is_nullable, _same, _same)
    encode, decode = _shape(hint)
    return Codec(column, is_nullable, encode, decode)


def _column(bare: object) -> TypeEngine[Any] | None:
    """Return the column type of a simple value, or None for a nested one."""
    if isinstance(bare, type) and issubclass(bare, StrEnum):
        return Words()
    table: Mapping[object, TypeEngine[Any]] = {
        bool: Boolean(),
        int: BigInteger(),
        float: Double(),
        str: Words(),
        datetime: UtcDateTime(),
    }
    return table.get(bare)


def _shape(hint: object) -> tuple[Turn, Turn]:
    """Return the functions to and from plain JSON values."""
    hint = _named(hint)
    if hint == Json:
        return _same, _same
    bare, is_nullable = _without_none(hint)
    encode, decode = _solid(bare)
    return (_or_none(encode), _or_none(decode)) if is_nullable else (encode, decode)


def _solid(hint: object) -> tuple[Turn, Turn]:
    """Return the functions for a type that is never None."""
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return str, hint
    if isinstance(hint, type) and is_dataclass(hint):
        return _dataclass(hint)
    if hint is float:
        return float, float  # type: ignore[return-value]  # a field of type float may hold an int
    if hint in SCALARS or (_is_union(hint) and set(get_args(hint)) <= set(SCALARS)):
        return _same, _same
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is tuple and len(arguments) == 2 and arguments[1] is ...:  # noqa: PLR2004  (tuple[X, ...])
        return _tuple(_shape(arguments[0]))
    if origin is Mapping and _named(arguments[0]) is str:
        return _mapping(_shape(arguments[1]))
    raise TypeError(f"no codec for the field type {hint!r}")


def _dataclass(kind: type) -> tuple[Turn, Turn]:
    hints = get_type_hints(kind)
    shapes = {field.name: _shape(hints[field.name]) for field in fields(kind)}

    def encode(value: object) -> object:
        return {name: shape[0](getattr(value, name)) for name, shape in shapes.items()}

    def decode(value: object) -> object:
        assert isinstance(value, Mapping)
        return kind(**{name: shapes[name][1](one) for name, one in value.items()})

    return encode, decode


def _tuple(shape: tuple[Turn, Turn]) -> tuple[Turn, Turn]:
    def encode(value: object) -> object:
        assert isinstance(value, Sequence)
        return [shape[0](one) for one in value]

    def decode(value: object) -> object:
        assert isinstance(value, Sequence)
        return tuple(shape[1](one) for one in value)

    return encode, decode


def _mapping(shape: tuple[Turn, Turn]) -> tuple[Turn, Turn]:
    def through(turn: Turn) -> Turn:
        def convert(value: object) -> object:
            assert isinstance(value, Mapping)
            return {str(name): turn(one) for name, one in value.items()}

        return convert

    return through(shape[0]), through(shape[1])


def _named(hint: object) -> object:
    """Return what a NewType stands for."""
    return hint.__supertype__ if isinstance(hint, NewType) else hint


def _is_union(hint: object) -> bool:
    return get_origin(hint) in (Union, types.UnionType)


def _without_none(hint: object) -> tuple[object, bool]:
    """Return the type without its None, and whether it had one."""
    if not _is_union(hint) or type(None) not in get_args(hint) or hint == Json:
        return hint, False
    rest = tuple(one for one in get_args(hint) if one is not type(None))
    return (_named(rest[0]) if len(rest) == 1 else Union[rest]), True  # noqa: UP007  (built at run time)


def _or_none(turn: Turn) -> Turn:
    return lambda value: None if value is None else turn(value)


def _same(value: object) -> object:
    return value
