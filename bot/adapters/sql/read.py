"""Reads within one transaction."""

from collections.abc import Collection, Mapping
from functools import cache
from typing import Any, TypeAlias, TypeVar

from sqlalchemy import Column, Integer, Select, Text, bindparam, case, cast, func, literal, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.adapters.sql.codec import JsonText, codec_of, storable
from bot.adapters.sql.rows import due_of, fact_of, schedule_of, table_of, thing_of
from bot.adapters.sql.tables import CHAIN, EFFECTS, EVENTS, READINGS, SCHEDULES, THING_TABLES
from bot.core.readings import Readable
from bot.core.values import Fact, Json, Kind, Ref, Thing
from bot.ports import Due, Schedule

T = TypeVar("T", bound=Thing)
V = TypeVar("V")
AT_ONCE = 10_000
"""Numbers in one statement: PostgreSQL and SQLite take some thirty thousand values."""
WORDS = 10
"""As many words as are looked for."""
_FAILING = (EFFECTS.c.last_error.is_not(None), EFFECTS.c.done_at.is_(None), EFFECTS.c.given_up_at.is_(None))


class SqlReader:
    """Fills `bot.ports.Reader` on one connection."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def find(self, kind: type[T], number: int) -> T | None:
        """Return the thing, or None."""
        found = await self._connection.execute(BY_NUMBER[kind.kind], {"wanted": number})
        row = found.mappings().one_or_none()
        return None if row is None else thing_of(kind, row)

    async def select(
        self,
        kind: type[T],
        *,
        limit: int = 100,
        stages: Collection[str] = (),
        below: int | None = None,
        **equal: object,
    ) -> tuple[T, ...]:
        """Return things whose columns equal the given values, or one of several, newest first.

        An empty `stages` means any stage.

        Raises:
            TypeError: there is no such field, or it is not a simple one.
        """
        by_column = _by_column(kind.kind, equal)
        query = _newest(kind.kind, _shape(by_column), of_stages=bool(stages), is_below=below is not None)
        return await self._things(kind, query, _values(stages, by_column) | {"below": below, "limit": limit})

    async def search(
        self,
        kind: type[T],
        typed: str,
        *,
        by: Collection[str],
        number: str = "number",
        limit: int = 25,
        stages: Collection[str] = (),
        **equal: int | str | None,
    ) -> tuple[T, ...]:
        """Return things of which each word typed begins the number, as in `12` or `REQ-12`, or stands in a text.

        A thing whose number is just what was typed comes first, then the newest.
        """
        query = _selected(kind.kind, _shape(equal), of_stages=bool(stages))
        columns, numbers = [_simple_column(kind.kind, name) for name in by], _simple_column(kind.kind, number)
        words = [storable(word) for word in typed.split()[:WORDS]]
        prefix = f"{kind.kind if number == 'number' else number}-".upper()
        digits = [word.upper().removeprefix(prefix) for word in words]
        for word, begun in zip(words, digits, strict=True):
            is_begun = prefix.startswith(word.upper())  # as in `re`, on the way to `REQ-12`
            is_number = cast(numbers, Text).startswith(begun) if begun.isdecimal() else literal(is_begun)
            query = query.where(or_(is_number, *(column.icontains(word, autoescape=True) for column in columns)))
        if words:  # otherwise the newest first, which an index has in order
            is_exact = case((cast(numbers, Text).in_(digits), 0), else_=1)
            query = query.order_by(None).order_by(is_exact, numbers.desc())
        return await self._things(kind, query.limit(limit), _values(stages, equal))

    async def history(self, about: Ref) -> tuple[Fact, ...]:
        """Return the thing's events, oldest first."""
        found = await self._connection.execute(_HISTORY, {"about_kind": about.kind, "about_number": about.number})
        return tuple(fact_of(row) for row in found.mappings())

    async def facts_of(self, deed: str, *, after: int = 0) -> tuple[Fact, ...]:
        """Return the events that somebody's deed has brought about, from its place `after` on."""
        found = await self._connection.execute(_DONE, {"key": deed, "after": after})
        return tuple(fact_of(row) for row in found.mappings())

    async def facts(self, *, after: int = 0, limit: int = 1000) -> tuple[Fact, ...]:
        """Return events of all things by sequence, for verifying the chain."""
        query = select(EVENTS).where(EVENTS.c.sequence > after).order_by(EVENTS.c.sequence).limit(limit)
        return tuple(fact_of(row) for row in (await self._connection.execute(query)).mappings())

    async def head(self) -> tuple[int, str]:
        """Return sequence and hash of the last event as noted beside the log, which shows what was cut off its end."""
        row = (await self._connection.execute(HEAD)).one()
        return row.sequence, row.hash

    async def reading(self, about: Ref, reading: Readable[V]) -> V | None:
        """Return the latest value of a thing's reading, or None."""
        query = select(READINGS.c.value).where(
            READINGS.c.kind == about.kind, READINGS.c.number == about.number, READINGS.c.name == reading.name
        )
        value: Json = (await self._connection.execute(query)).scalar_one_or_none()
        return None if value is None else codec_of(reading).decode(value)

    async def readings(self, kind: Kind, numbers: Collection[int], reading: Readable[V]) -> Mapping[int, V]:
        """Return the latest values of things' readings, by number; a thing that has none is left out."""
        wanted, decode = list(numbers), codec_of(reading).decode
        is_it = (READINGS.c.kind == kind, READINGS.c.name == reading.name)
        found: dict[int, V] = {}
        for start in range(0, len(wanted), AT_ONCE):
            query = select(READINGS.c.number, READINGS.c.value).where(
                *is_it, READINGS.c.number.in_(wanted[start : start + AT_ONCE])
            )
            rows = await self._connection.execute(query)
            found |= {row.number: decode(row.value) for row in rows if row.value is not None}
        return found

    async def counts(self, kind: Kind) -> Mapping[str, int]:
        """Return how many things of the kind stand at each stage."""
        stage = table_of(kind).c.stage
        found = await self._connection.execute(select(stage, func.count()).group_by(stage).order_by(stage))
        return {row[0]: row[1] for row in found}

    async def numbers(self, kind: Kind, *, stage: str) -> tuple[int, ...]:
        """Return the numbers of all things of the kind that stand at a stage, the lowest first."""
        table = table_of(kind)
        query = select(table.c.number).where(table.c.stage == stage).order_by(table.c.number)
        return tuple((await self._connection.execute(query)).scalars())

    async def failing_count(self) -> int:
        """Return how many outbox rows failed at least once and will be tried again."""
        query = select(func.count()).select_from(EFFECTS).where(*_FAILING)
        return int((await self._connection.execute(query)).scalar_one())

    async def schedules(self) -> tuple[Schedule, ...]:
        """Return all schedules by name."""
        found = await self._connection.execute(select(SCHEDULES).order_by(SCHEDULES.c.name))
        return tuple(schedule_of(row) for row in found.mappings())

    async def failing_effects(self, *, limit: int = 20) -> tuple[tuple[Due, str], ...]:
        """Return outbox rows that failed at least once and will be tried again, newest first, with their last error."""
        query = select(EFFECTS).where(*_FAILING).order_by(EFFECTS.c.id.desc()).limit(limit)
        found = await self._connection.execute(query)
        return tuple((due_of(row), row["last_error"]) for row in found.mappings())

    async def _things(self, kind: type[T], query: Select[Any], values: Mapping[str, object]) -> tuple[T, ...]:
        found = await self._connection.execute(query, values)
        return tuple(thing_of(kind, row) for row in found.mappings())


HEAD = select(CHAIN.c.sequence, CHAIN.c.hash)
_HISTORY = (
    select(EVENTS)
    .where(EVENTS.c.kind == bindparam("about_kind"), EVENTS.c.number == bindparam("about_number"))
    .order_by(EVENTS.c.sequence)
)
_DONE = (
    select(EVENTS)
    .where(EVENTS.c.deed == bindparam("key"), EVENTS.c.place >= bindparam("after"))
    .order_by(EVENTS.c.place)
)
BY_NUMBER: Mapping[Kind, Select[Any]] = {
    kind: select(made.table).where(made.table.c.number == bindparam("wanted")) for kind, made in THING_TABLES.items()
}
"""Made once, as the others here: to make a statement takes as long as to run it."""


Equal: TypeAlias = Mapping[str, object]
"""What columns are to equal; of several values one, and None for what is empty."""
Shape: TypeAlias = tuple[tuple[str, type], ...]
"""Columns with the types of their values: all that a statement depends on."""


def _by_column(kind: Kind, equal: Equal) -> Equal:
    """Return the values by column: what lies flat has several."""
    flats, columns = THING_TABLES[kind].flats, dict[str, object]()
    for name, value in equal.items():
        lies_flat = name in flats and isinstance(value, flats[name].kind)
        columns |= flats[name].encode(value) if lies_flat else {name: value}
    return columns


def _shape(equal: Equal) -> Shape:
    return tuple((name, type(value)) for name, value in equal.items())


def _values(stages: Collection[str], equal: Equal) -> dict[str, object]:
    """Return what a statement of that shape is run with."""
    return {"stages": [str(stage) for stage in stages], **{f"of_{name}": value for name, value in equal.items()}}


@cache
def _newest(kind: Kind, shape: Shape, *, of_stages: bool, is_below: bool) -> Select[Any]:
    """Return a query for so many things, perhaps only of numbers below one."""
    query = _selected(kind, shape, of_stages=of_stages).limit(bindparam("limit", type_=Integer))
    return query.where(THING_TABLES[kind].table.c.number < bindparam("below")) if is_below else query


@cache
def _selected(kind: Kind, shape: Shape, *, of_stages: bool) -> Select[Any]:
    """Return a query for things at any of the stages whose columns equal the values, newest first."""
    table = THING_TABLES[kind].table
    query = select(table).order_by(table.c.number.desc())
    if of_stages:
        query = query.where(table.c.stage.in_(bindparam("stages", expanding=True)))
    for name, sort in shape:
        column = _simple_column(kind, name)
        if sort is type(None):
            query = query.where(column.is_(None))
        elif sort is tuple:
            query = query.where(column.in_(bindparam(f"of_{name}", expanding=True)))
        else:
            query = query.where(column == bindparam(f"of_{name}"))
    return query


def _simple_column(kind: Kind, name: str) -> Column[object]:
    column = THING_TABLES[kind].table.c.get(name)
    if column is None or isinstance(column.type, JsonText):
        raise TypeError(f"things of the kind {kind} cannot be selected by {name!r}")
    return column
