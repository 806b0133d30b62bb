"""The store: where facts, readings, the outbox, cards and schedules are kept."""

from collections.abc import Callable, Collection, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol, TypeVar

from bot.core.readings import Readable, Reading
from bot.core.values import Deed, Fact, Json, Kind, Ref, Thing

T = TypeVar("T", bound=Thing)
V = TypeVar("V")


@dataclass(frozen=True, slots=True)
class Due:
    """An outbox row that has been claimed: one effect of one event, to be acted on before `until`."""

    id: int
    about: Ref
    effect: str
    lane: str
    details: Mapping[str, Json]
    attempt: int
    """1 for the first."""
    until: datetime
    """The lease: after this another bot may take the row."""

    @property
    def waits(self) -> int:
        """How often it was not its turn."""
        return int(str(self.details.get("waits", 0)))

    @property
    def tries(self) -> int:
        """Attempts without those; 1 for the first."""
        return self.attempt - self.waits


@dataclass(frozen=True, slots=True)
class CardRow:
    """Where a thing's card stands in its channel."""

    about: Ref
    channel: str | None
    """The config's name of the channel it stands in; None before it is posted."""
    message: str | None
    drawn_digest: str | None
    """Digest of the content as last drawn; equal content is not sent again."""
    due_version: int
    """Rises with each fact or reading; the drawer marks how far it has come."""
    attempt: int
    """1 for the first since it was last drawn; before a further one, what the last did is not known for sure."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """A recurring job as data. An unknown `job` is parked, never deleted."""

    name: str
    """Unique, as in `monitor:MON-3`."""
    job: str
    cron: str
    """Five fields, as cron reads them."""
    zone: str
    """IANA name."""
    arguments: Mapping[str, Json]
    next_at: datetime


class Reader(Protocol):
    """Reads within one transaction."""

    async def find(self, kind: type[T], number: int) -> T | None:
        """Return the thing, or None."""
        ...

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

        An empty `stages` means any stage. What an incident is about is given whole, or by some of its columns:
        `about_matter`, `about_code`, `about_kind`, `about_number`.
        With `below`, only those of a lower number: the next page.
        """
        ...

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

        The texts are the columns `by`; the number may be another column that holds one. A thing whose number is just
        what was typed comes first, then the newest.
        """
        ...

    async def history(self, about: Ref) -> tuple[Fact, ...]:
        """Return the thing's events, oldest first."""
        ...

    async def facts_of(self, deed: str, *, after: int = 0) -> tuple[Fact, ...]:
        """Return the events that somebody's deed has brought about, from its place `after` on."""
        ...

    async def facts(self, *, after: int = 0, limit: int = 1000) -> tuple[Fact, ...]:
        """Return events of all things by sequence, for verifying the chain."""
        ...

    async def head(self) -> tuple[int, str]:
        """Return sequence and hash of the last event as noted beside the log, which shows what was cut off its end."""
        ...

    async def reading(self, about: Ref, reading: Readable[V]) -> V | None:
        """Return the latest value of a thing's reading, or None."""
        ...

    async def readings(self, kind: Kind, numbers: Collection[int], reading: Readable[V]) -> Mapping[int, V]:
        """Return the latest values of things' readings, by number; a thing that has none is left out."""
        ...

    async def counts(self, kind: Kind) -> Mapping[str, int]:
        """Return how many things of the kind stand at each stage."""
        ...

    async def numbers(self, kind: Kind, *, stage: str) -> tuple[int, ...]:
        """Return the numbers of all things of the kind that stand at a stage, the lowest first."""
        ...

    async def failing_count(self) -> int:
        """Return how many outbox rows failed at least once and will be tried again."""
        ...

    async def schedules(self) -> tuple[Schedule, ...]:
        """Return all schedules by name."""
        ...

    async def failing_effects(self, *, limit: int = 20) -> tuple[tuple[Due, str], ...]:
        """Return outbox rows that failed at least once and will be tried again, with their last error."""
        ...


class Writer(Reader, Protocol):
    """Reads and writes within one transaction, which is committed when its block ends without an error."""

    async def lock(self, kind: type[T], number: int) -> T | None:
        """Return the thing with its row locked until the end of the transaction, or None."""
        ...

    async def add(self, thing: T) -> T:
        """Insert the thing and return it with its number."""
        ...

    async def save(self, thing: Thing) -> None:
        """Write the thing's row."""
        ...

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

        The deed is counted on. A second event at the same place of a deed is refused: (deed, place) is unique.
        """
        ...

    def undo(self) -> None:
        """Have nothing of the transaction kept."""
        ...

    async def enqueue(self, fact: Fact, effect: str, *, lane: str, details: Mapping[str, Json], at: datetime) -> None:
        """Add an outbox row. (event, effect) is unique: the idempotency key."""
        ...

    async def try_again(self, about: Ref, effect: str, *, at: datetime) -> bool:
        """Make the newest row of the thing's effect that was given up due again, as new; False where there is none."""
        ...

    async def mark_card(self, *abouts: Ref, not_before: datetime) -> None:
        """Mark things' cards as due for a redraw, no sooner than `not_before` (the earlier of two marks wins)."""
        ...

    async def put_reading(self, about: Ref, reading: Reading[V], value: V | None, *, at: datetime) -> None:
        """Overwrite a thing's reading; with None it has none any more."""
        ...

    async def put_readings(self, reading: Reading[V], values: Mapping[Ref, V], *, at: datetime) -> None:
        """Overwrite the readings of things: many for little more than the price of one."""
        ...

    async def put_schedule(self, schedule: Schedule) -> None:
        """Insert or replace a schedule by name."""
        ...

    async def drop_schedule(self, name: str) -> None:
        """Delete a schedule; its firings stay."""
        ...

    async def due_schedules(self, now: datetime) -> tuple[Schedule, ...]:
        """Return schedules whose time has come, locked (skipping what another bot holds)."""
        ...

    async def fire(self, schedule: Schedule, *, next_at: datetime, now: datetime) -> bool:
        """Record the firing of `schedule.next_at` and move the schedule on; False if it was recorded before."""
        ...


class Store(Protocol):
    """Where facts are kept."""

    def reading(self) -> AbstractAsyncContextManager[Reader]:
        """Open a read transaction."""
        ...

    def writing(self) -> AbstractAsyncContextManager[Writer]:
        """Open a write transaction. Writers queue first come, first served."""
        ...

    async def claim_effects(
        self,
        *,
        now: datetime,
        lease: timedelta,
        limit: int,
        lanes: Collection[str],
        only: Collection[str] = (),
        but: Collection[str] = (),
    ) -> tuple[Due, ...]:
        """Lease due outbox rows: for each thing and lane only the oldest unfinished row, in one short statement.

        With `only` or `but`, only rows of these effects, or all but these.
        """
        ...

    async def effect_done(self, due: Due, *, now: datetime) -> None:
        """Mark the row done."""
        ...

    async def effect_failed(self, due: Due, error: str, *, retry_at: datetime | None, now: datetime) -> None:
        """Keep the error; due again at `retry_at`, or given up when that is None."""
        ...

    async def effect_waits(self, due: Due, *, until: datetime) -> None:
        """Have it due again then; this was no try."""
        ...

    async def claim_cards(
        self, *, now: datetime, lease: timedelta, limit: int, kinds: Collection[Kind] = ()
    ) -> tuple[CardRow, ...]:
        """Lease cards that are due for a redraw, of any or of the given kinds."""
        ...

    async def card_drawn(self, row: CardRow, *, channel: str, message: str, digest: str, not_before: datetime) -> None:
        """Note what was drawn; a mark that came meanwhile keeps the card due, no sooner than `not_before`."""
        ...

    async def card_failed(self, row: CardRow, error: str, *, retry_at: datetime) -> None:
        """Keep the error and try again later."""
        ...

    async def card_gone(self, channel: str, *messages: str) -> None:
        """Forget what messages that were deleted showed and mark their cards as due: drawing them finds them gone."""
        ...

    async def release_leases(self) -> None:
        """Make what a dead bot had leased due at once; while another bot is at work on the database, leave it alone."""
        ...

    async def hasten(self, lanes: Collection[str], *, now: datetime) -> None:
        """Make due at once what failed in these lanes and waits to be tried again; with the lane `chat`, cards too."""
        ...

    async def next_due(self, *, now: Callable[[], datetime]) -> None:
        """Return when there may be work of the sorts that the caller has claimed before; may return at any time."""
        ...

    async def check(self) -> str:
        """Return a sentence on what was reached, for `check`."""
        ...

    async def close(self) -> None:
        """Close all connections."""
        ...
