"""Rows to values of the domain, and back."""

from collections.abc import Callable, Mapping
from dataclasses import fields
from datetime import datetime
from typing import TypeVar

from sqlalchemy import RowMapping, Table

from bot.adapters.sql.tables import THING_TABLES, ThingTable
from bot.core.values import Fact, Kind, PersonId, Ref, Thing, kind_of_prefix
from bot.ports import CardRow, Due, Schedule

T = TypeVar("T", bound=Thing)


def thing_table(kind: type[T]) -> ThingTable:
    """Return the table of a kind of thing."""
    return THING_TABLES[kind.kind]


def table_of(kind: Kind) -> Table:
    """Return the bare table of a kind."""
    return THING_TABLES[kind].table


def thing_values(thing: Thing) -> dict[str, object]:
    """Return the thing's row."""
    table = thing_table(type(thing))
    values = {name: codec.encode(getattr(thing, name)) for name, codec in table.codecs.items()}
    for name, flat in table.flats.items():
        values |= flat.encode(getattr(thing, name))
    return values


def thing_of(kind: type[T], row: RowMapping) -> T:
    """Return the thing of a row."""
    table = thing_table(kind)
    make: Callable[..., T] = kind
    flats = {name: flat.decode(row) for name, flat in table.flats.items()}
    return make(**{name: codec.decode(row[name]) for name, codec in table.codecs.items()}, **flats)


def fact_of(row: RowMapping) -> Fact:
    """Return the fact of a row."""
    return Fact(
        sequence=row["sequence"],
        at=row["at"],
        about=ref_of(row),
        event=row["event"],
        by=PersonId(row["by"]),
        details=row["details"],
        changes=row["changes"],
        previous_hash=row["previous_hash"],
        hash=row["hash"],
        deed=row["deed"] or "",
        place=row["place"],
    )


def due_of(row: RowMapping) -> Due:
    """Return the outbox row; one that nobody holds is due at its `until`."""
    until: datetime | None = row["lease_until"]
    return Due(
        id=row["id"],
        about=ref_of(row),
        effect=row["effect"],
        lane=row["lane"],
        details=row["details"],
        attempt=row["attempts"],
        until=row["due_at"] if until is None else until,
    )


def card_of(row: RowMapping) -> CardRow:
    """Return the card's row."""
    return CardRow(
        about=ref_of(row),
        channel=row["channel"],
        message=row["message"],
        drawn_digest=row["drawn_digest"],
        due_version=row["due_version"],
        attempt=row["attempts"],
    )


def schedule_of(row: RowMapping) -> Schedule:
    """Return the schedule of a row."""
    return Schedule(**{field.name: row[field.name] for field in fields(Schedule)})


def schedule_values(schedule: Schedule) -> Mapping[str, object]:
    """Return the schedule's row."""
    return {field.name: getattr(schedule, field.name) for field in fields(schedule)}


def ref_of(row: RowMapping) -> Ref:
    """Return the name of the thing that a row is about."""
    return Ref(kind_of_prefix(row["kind"]), row["number"])
