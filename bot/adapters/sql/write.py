"""Reads and writes within one transaction."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from functools import cache
from typing import Self, TypeVar

from sqlalchemy import Table, bindparam, case, delete, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.adapters.sql.codec import codec_of, json_text, parse
from bot.adapters.sql.read import BY_NUMBER, HEAD, SqlReader
from bot.adapters.sql.rows import schedule_of, schedule_values, thing_of, thing_table, thing_values
from bot.adapters.sql.tables import (
    CARDS,
    CHAIN,
    COUNTERS,
    EFFECTS,
    EVENTS,
    FIRINGS,
    READINGS,
    SCHEDULES,
    THING_TABLES,
)
from bot.adapters.sql.wake import Work
from bot.core.chain import hash_of
from bot.core.readings import Reading
from bot.core.values import Deed, Fact, Json, PersonId, Ref, Thing
from bot.errors import NotFound
from bot.ports import Schedule

T = TypeVar("T", bound=Thing)
V = TypeVar("V")


class SqlWriter(SqlReader):
    """Fills `bot.ports.Writer` on one connection, whose transaction holds the lock of the chain's head."""

    def __init__(self, connection: AsyncConnection, *, sequence: int, last_hash: str) -> None:
        super().__init__(connection)
        self._sequence, self._last_hash = sequence, last_hash
        self.woken: set[Work] = set()
        """What became due in this transaction."""
        self.is_undone = False

    def undo(self) -> None:
        """Have nothing of the transaction kept."""
        self.is_undone = True

    @classmethod
    async def begin(cls, connection: AsyncConnection) -> Self:
        """Wait for the lock of the chain's head, which no other writer moves until the end of the transaction."""
        head = (await connection.execute(_TAKING_THE_HEAD)).one()
        return cls(connection, sequence=head.sequence, last_hash=head.hash)

    async def lock(self, kind: type[T], number: int) -> T | None:
        """Return the thing with its row locked until the end of the transaction, or None."""
        found = await self._connection.execute(_LOCKING[kind.kind], {"wanted": number})
        row = found.mappings().one_or_none()
        return None if row is None else thing_of(kind, row)

    async def add(self, thing: T) -> T:
        """Insert the thing and return it with its number.

        Raises:
            ValueError: it has a number already.
        """
        if thing.number:
            raise ValueError(f"{thing.kind}-{thing.number} has its number already")
        count = upsert(self._connection.dialect.name, COUNTERS).values(kind=str(thing.kind), last=1)
        count = count.on_conflict_do_update(index_elements=["kind"], set_={"last": COUNTERS.c.last + 1})
        number = (await self._connection.execute(count.returning(COUNTERS.c.last))).scalar_one()
        numbered = replace(thing, number=number)
        await self._connection.execute(insert(thing_table(type(thing)).table), thing_values(numbered))
        return numbered

    async def save(self, thing: Thing) -> None:
        """Write the thing's row.

        Raises:
            NotFound: it was never added.
        """
        values = thing_values(thing) | {"wanted": thing.number}
        done = await self._connection.execute(_SAVING[thing.kind], values)
        if done.rowcount != 1:
            raise NotFound(f"There is no {thing.kind}-{thing.number}; add it before saving it.")

    async def append(
        self,
        about: Ref,
        event: str,
        *,
        by: int,
        details: Mapping[str, Json],
        changes: Mapping[str, Json],
        at: datetime,
        deed: Deed | None = None,
    ) -> Fact:
        """Append an event to the hash chain. The chain's head is locked, so the order is total.

        The deed is counted on. The fact is returned as it will be read: tuples as lists, no unstorable characters.
        """
        fact = Fact(
            sequence=self._sequence + 1,
            at=at,
            about=about,
            event=event,
            by=PersonId(by),
            details=_as_read(details),
            changes=_as_read(changes),
            previous_hash=self._last_hash,
            hash="",
            deed=deed.key if deed else "",
            place=deed.count if deed else 0,
        )
        fact = replace(fact, hash=hash_of(fact))
        await self._connection.execute(
            insert(EVENTS),
            {
                "sequence": fact.sequence,
                "at": at,
                "kind": str(about.kind),
                "number": about.number,
                "event": str(event),
                "by": by,
                "details": fact.details,
                "changes": fact.changes,
                "previous_hash": fact.previous_hash,
                "hash": fact.hash,
                "deed": fact.deed or None,
                "place": fact.place,
            },
        )
        await self._connection.execute(update(CHAIN), {"sequence": fact.sequence, "hash": fact.hash})
        self._sequence, self._last_hash = fact.sequence, fact.hash
        if deed is not None:
            deed.count += 1
        return fact

    async def enqueue(self, fact: Fact, effect: str, *, lane: str, details: Mapping[str, Json], at: datetime) -> None:
        """Add an outbox row. (event, effect) is unique: the idempotency key. Raises Upstream for a second one."""
        await self._connection.execute(
            insert(EFFECTS),
            {
                "event": fact.sequence,
                "effect": str(effect),
                "kind": str(fact.about.kind),
                "number": fact.about.number,
                "lane": str(lane),
                "details": details,
                "attempts": 0,
                "due_at": at,
            },
        )
        self.woken.add(Work.EFFECTS)

    async def try_again(self, about: Ref, effect: str, *, at: datetime) -> bool:
        """Make the newest row of the thing's effect that was given up due again, as new; False where there is none."""
        is_its = (EFFECTS.c.kind == str(about.kind), EFFECTS.c.number == about.number, EFFECTS.c.effect == effect)
        newest = select(func.max(EFFECTS.c.id)).where(*is_its, EFFECTS.c.given_up_at.is_not(None))
        done = await self._connection.execute(
            update(EFFECTS)
            .where(EFFECTS.c.id == newest.scalar_subquery())
            .values(given_up_at=None, attempts=0, due_at=at, last_error=None)
        )
        self.woken.add(Work.EFFECTS)
        return done.rowcount == 1

    async def mark_card(self, *abouts: Ref, not_before: datetime) -> None:
        """Mark things' cards as due for a redraw, no sooner than `not_before` (the earlier of two marks wins)."""
        if not abouts:
            return
        await self._connection.execute(
            _marking(self._connection.dialect.name),
            [
                {
                    "kind": str(about.kind),
                    "number": about.number,
                    "due_version": 1,
                    "drawn_version": 0,
                    "not_before": not_before,
                    "attempts": 0,
                }
                for about in abouts
            ],
        )
        self.woken.add(Work.CARDS)

    async def put_reading(self, about: Ref, reading: Reading[V], value: V | None, *, at: datetime) -> None:
        """Overwrite a thing's reading; with None it has none any more."""
        kept = None if value is None else codec_of(reading).encode(value)
        await self._put_values(reading.name, {about: kept}, at=at)

    async def put_readings(self, reading: Reading[V], values: Mapping[Ref, V], *, at: datetime) -> None:
        """Overwrite the readings of things: many for little more than the price of one."""
        encode = codec_of(reading).encode
        await self._put_values(reading.name, {about: encode(value) for about, value in values.items()}, at=at)

    async def _put_values(self, name: str, values: Mapping[Ref, Json], *, at: datetime) -> None:
        new = upsert(self._connection.dialect.name, READINGS)
        await self._connection.execute(
            new.on_conflict_do_update(
                index_elements=["kind", "number", "name"], set_={"value": new.excluded.value, "at": new.excluded.at}
            ),
            [
                {"kind": str(about.kind), "number": about.number, "name": name, "value": value, "at": at}
                for about, value in values.items()
            ],
        )

    async def put_schedule(self, schedule: Schedule) -> None:
        """Insert or replace a schedule by name."""
        values = schedule_values(schedule)
        new = upsert(self._connection.dialect.name, SCHEDULES).values(**values)
        await self._connection.execute(
            new.on_conflict_do_update(index_elements=["name"], set_={name: new.excluded[name] for name in values})
        )

    async def drop_schedule(self, name: str) -> None:
        """Delete a schedule; its firings stay."""
        await self._connection.execute(delete(SCHEDULES).where(SCHEDULES.c.name == name))

    async def due_schedules(self, now: datetime) -> tuple[Schedule, ...]:
        """Return schedules whose time has come, locked (skipping what another bot holds)."""
        found = await self._connection.execute(
            select(SCHEDULES)
            .where(SCHEDULES.c.next_at <= now)
            .order_by(SCHEDULES.c.next_at, SCHEDULES.c.name)
            .with_for_update(skip_locked=True)
        )
        return tuple(schedule_of(row) for row in found.mappings())

    async def fire(self, schedule: Schedule, *, next_at: datetime, now: datetime) -> bool:
        """Record the firing of `schedule.next_at` and move the schedule on; False if it was recorded before."""
        recorded = await self._connection.execute(
            upsert(self._connection.dialect.name, FIRINGS)
            .values(schedule=schedule.name, fire_at=schedule.next_at, fired_at=now)
            .on_conflict_do_nothing(index_elements=["schedule", "fire_at"])
            .returning(FIRINGS.c.fire_at)
        )
        is_first = recorded.first() is not None
        # moved on in either case: a schedule put again with a time that was fired would else be due for ever
        await self._connection.execute(
            update(SCHEDULES)
            .where(SCHEDULES.c.name == schedule.name, SCHEDULES.c.next_at == schedule.next_at)
            .values(next_at=next_at)
        )
        return is_first


def _as_read(values: Mapping[str, Json]) -> Mapping[str, Json]:
    kept = parse(json_text(values))
    assert isinstance(kept, Mapping)
    return kept


def upsert(dialect: str, table: Table) -> "postgresql.Insert | sqlite.Insert":
    """Return the database's own INSERT, which knows ON CONFLICT."""
    return sqlite.insert(table) if dialect == "sqlite" else postgresql.insert(table)


_TAKING_THE_HEAD = HEAD.with_for_update()
_LOCKING = {kind: query.with_for_update() for kind, query in BY_NUMBER.items()}
_SAVING = {
    kind: update(made.table).where(made.table.c.number == bindparam("wanted")) for kind, made in THING_TABLES.items()
}


@cache
def _marking(dialect: str) -> "postgresql.Insert | sqlite.Insert":
    """Return the statement that marks cards, made once: each fact has it."""
    new = upsert(dialect, CARDS)
    # While a card is drawn, `paced_until` is since when: what it was due for by then is being done.
    is_being_done = CARDS.c.lease_until.is_not(None) & (CARDS.c.not_before <= CARDS.c.paced_until)
    is_due = (CARDS.c.due_version > CARDS.c.drawn_version) & ~is_being_done
    is_sooner_due = is_due & (CARDS.c.not_before < new.excluded.not_before)
    sooner = case((is_sooner_due, CARDS.c.not_before), else_=new.excluded.not_before)
    return new.on_conflict_do_update(
        index_elements=["kind", "number"],
        set_={"due_version": CARDS.c.due_version + 1, "not_before": sooner},
    )
