"""A value that things are selected by lies flat in their table: it has a column for each of its fields."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from types import NoneType
from typing import Any, get_args, get_type_hints

from sqlalchemy import RowMapping

from bot.adapters.sql.codec import Codec, codec_for
from bot.things.incident.model import Subject

FLAT: Mapping[object, str] = {Subject: "about"}
"""Types of fields that lie flat, with what the names of their columns begin with."""


@dataclass(frozen=True, slots=True)
class Flat:
    """A value as columns; a value in it lies flat too, with None in all its columns where there is none."""

    kind: type
    is_nullable: bool
    parts: Mapping[str, "Flat | tuple[str, Codec]"]
    """By field."""

    def columns(self) -> Iterator[tuple[str, Codec]]:
        """Yield the columns with their codecs."""
        for part in self.parts.values():
            if isinstance(part, Flat):
                yield from part.columns()
            else:
                yield part

    def encode(self, value: object) -> dict[str, object]:
        """Return what stands in the columns."""
        if value is None:
            return {name: None for name, _ in self.columns()}
        stored: dict[str, object] = {}
        for field, part in self.parts.items():
            own = getattr(value, field)
            stored |= part.encode(own) if isinstance(part, Flat) else {part[0]: part[1].encode(own)}
        return stored

    def decode(self, row: RowMapping) -> Any:
        """Return the value of a row."""
        if self.is_nullable and all(row[name] is None for name, _ in self.columns()):
            return None
        parts = self.parts.items()
        own = {
            field: part.decode(row) if isinstance(part, Flat) else part[1].decode(row[part[0]]) for field, part in parts
        }
        return self.kind(**own)


def flat_of(hint: object) -> Flat | None:
    """Return how a field of this type lies flat, or None for one that is a column by itself."""
    return _flat(hint, FLAT[hint], is_nullable=False) if isinstance(hint, type) and hint in FLAT else None


def _flat(kind: type, prefix: str, *, is_nullable: bool) -> Flat:
    parts: dict[str, Flat | tuple[str, Codec]] = {}
    for field in fields(kind):
        hint = get_type_hints(kind)[field.name]
        inner = next((one for one in (hint, *get_args(hint)) if is_dataclass(one) and isinstance(one, type)), None)
        if inner is not None:
            parts[field.name] = _flat(inner, prefix, is_nullable=is_nullable or NoneType in get_args(hint))
        else:
            parts[field.name] = (f"{prefix}_{field.name}", codec_for(hint | None if is_nullable else hint))
    return Flat(kind, is_nullable, parts)
