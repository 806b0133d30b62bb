"""How values are kept as plain JSON and made again: a total table of types. An unknown type fails where it is used."""

import types
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime
from enum import StrEnum
from functools import cache
from typing import NewType, TypeAlias, TypeVar, Union, cast, get_args, get_origin, get_type_hints

from bot.core.values import Fact, Json, Kind, kind_of_prefix

T = TypeVar("T")
Turn: TypeAlias = Callable[[object], object]
Shape: TypeAlias = tuple[Turn, Turn]
"""The way from a value to plain JSON, and the way back."""
SCALARS = (bool, int, float, str)
NUMBER = "number"
"""The one field that no fact changes: it is in the thing's name."""


@cache
def shapes_of(kind: type) -> Mapping[str, Shape]:
    """Return the shapes of a dataclass's fields. Raises TypeError for a type that is in no row of the table."""
    hints = get_type_hints(kind)
    return {field.name: shape_of(hints[field.name]) for field in fields(kind)}


def changed(before: object, after: object) -> dict[str, Json]:
    """Return what is different in a thing by field, as its fact holds it; before the first fact `before` is None."""
    now = encoded(after)
    was = {} if before is None else encoded(before)
    return {name: value for name, value in now.items() if before is None or value != was[name]}


def fold(kind: type[T], number: int, facts: Iterable[Fact]) -> T:
    """Return the thing as its facts alone have made it, the oldest first."""
    values: dict[str, Json] = {NUMBER: number}
    for fact in facts:
        values |= fact.changes
    return cast("T", _dataclass(kind)[1](values))


def encoded(thing: object) -> dict[str, Json]:
    """Return a thing's fields as its facts hold them."""
    kind: type = type(thing)
    shapes = shapes_of(kind)
    return {name: cast("Json", turn(getattr(thing, name))) for name, (turn, _) in shapes.items() if name != NUMBER}


def shape_of(hint: object) -> Shape:
    """Return the functions to and from plain JSON values."""
    hint = named(hint)
    if _is_json(hint):
        return same, same
    bare, is_nullable = without_none(hint)
    encode, decode = _solid(bare)
    return (_or_none(encode), _or_none(decode)) if is_nullable else (encode, decode)


def _solid(hint: object) -> Shape:
    """Return the functions for a type that is never None."""
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return str, hint
    if isinstance(hint, type) and is_dataclass(hint):
        return _dataclass(hint)
    if hint in _TURNED:
        return _TURNED[hint]
    if hint in SCALARS or (_is_union(hint) and set(get_args(hint)) <= set(SCALARS)):
        return same, same
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is tuple and len(arguments) == 2 and arguments[1] is ...:  # noqa: PLR2004  (tuple[X, ...])
        return _tuple(shape_of(arguments[0]))
    if origin is Mapping and named(arguments[0]) is str:
        return _mapping(shape_of(arguments[1]))
    raise TypeError(f"no codec for the field type {hint!r}")


def _dataclass(kind: type) -> Shape:
    shapes = shapes_of(kind)

    def encode(value: object) -> object:
        return {name: shape[0](getattr(value, name)) for name, shape in shapes.items()}

    def decode(value: object) -> object:
        assert isinstance(value, Mapping)
        return kind(**{name: shapes[name][1](one) for name, one in value.items()})

    return encode, decode


def _tuple(shape: Shape) -> Shape:
    def encode(value: object) -> object:
        assert isinstance(value, Sequence)
        return [shape[0](one) for one in value]

    def decode(value: object) -> object:
        assert isinstance(value, Sequence)
        return tuple(shape[1](one) for one in value)

    return encode, decode


def _mapping(shape: Shape) -> Shape:
    def through(turn: Turn) -> Turn:
        def convert(value: object) -> object:
            assert isinstance(value, Mapping)
            return {str(name): turn(one) for name, one in value.items()}

        return convert

    return through(shape[0]), through(shape[1])


def _utc_text(value: object) -> object:
    assert isinstance(value, datetime)
    if value.tzinfo is None:
        raise ValueError(f"a time without a zone cannot be stored: {value.isoformat()}")
    return value.astimezone(UTC).isoformat()


def _time(value: object) -> object:
    return datetime.fromisoformat(str(value))


def _kind(value: object) -> object:
    return kind_of_prefix(str(value))


def named(hint: object) -> object:
    """Return what a NewType stands for."""
    return hint.__supertype__ if isinstance(hint, NewType) else hint


def _is_json(hint: object) -> bool:
    """Tell whether it is `Json`, which does not equal itself once its references to itself have been looked up."""
    return _is_union(hint) and {Sequence, Mapping} <= {get_origin(one) for one in get_args(hint)}


def _is_union(hint: object) -> bool:
    return get_origin(hint) in (Union, types.UnionType)


def without_none(hint: object) -> tuple[object, bool]:
    """Return the type without its None, and whether it had one."""
    if not _is_union(hint) or type(None) not in get_args(hint) or _is_json(hint):
        return hint, False
    rest = tuple(one for one in get_args(hint) if one is not type(None))
    return (named(rest[0]) if len(rest) == 1 else Union[rest]), True  # noqa: UP007  (built at run time)


def _or_none(turn: Turn) -> Turn:
    return lambda value: None if value is None else turn(value)


def same(value: object) -> object:
    """Return the value: it is plain JSON already."""
    return value


_TURNED: Mapping[object, Shape] = {
    float: (float, float),  # type: ignore[dict-item]  # a field of type float may hold an int
    datetime: (_utc_text, _time),
    Kind: (str, _kind),
}
