"""The store on SQLite or PostgreSQL: transactions, the outbox's claims and the cards' claims."""

import asyncio
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import asynccontextmanager, suppress
from datetime import datetime, timedelta
from typing import Self

import structlog
from sqlalchemy import ColumnElement, Update, case, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.adapters.sql.claim import claim_of
from bot.adapters.sql.codec import storable
from bot.adapters.sql.due import is_unfinished, lease_of_cards, lease_of_effects
from bot.adapters.sql.engine import Engines, open_engines
from bot.adapters.sql.errors import translating
from bot.adapters.sql.glance import Cards, Effects, Glance
from bot.adapters.sql.read import SqlReader
from bot.adapters.sql.rows import card_of, due_of
from bot.adapters.sql.tables import CARDS, CHAIN, EFFECTS
from bot.adapters.sql.wake import Wakes, Work
from bot.adapters.sql.write import SqlWriter
from bot.config import DatabaseSettings
from bot.core.values import Kind
from bot.errors import Upstream
from bot.ports import CardRow, Due

log = structlog.get_logger()

POLL_S = 1.0
"""How often `next_due` looks: another bot's commits and retries whose time has come wake nobody here."""
ERROR_CHARACTERS = 2_000


class _Undone(Exception):
    """Ends a transaction of which nothing is kept."""


class SqlStore:
    """Fills `bot.ports.Store`.

    All writers of a database stand in one line: in this process first come, first served; between processes by SQLite's
    write lock or the row lock on the chain's head. So facts have a total order, and no two transactions can deadlock.
    """

    def __init__(self, engines: Engines) -> None:
        self._engines = engines
        self._turn = asyncio.Lock()  # fair: waiters are served in the order they came
        self._wakes = Wakes()
        self._glance = Glance(engines.reader)
        self._claim = claim_of(engines)

    @classmethod
    def open(cls, settings: DatabaseSettings) -> Self:
        """Return a store; nothing is connected before the first use, and the tables must exist (see `migrate`)."""
        return cls(open_engines(settings))

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[SqlReader]:
        """Open a read transaction, which sees one state of the database throughout."""
        with translating():
            async with self._engines.reader.connect() as connection:
                yield SqlReader(connection)

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[SqlWriter]:
        """Open a write transaction. Writers queue first come, first served."""
        with translating(), suppress(_Undone):
            async with self._turn, self._engines.writer.begin() as connection:
                writer = await SqlWriter.begin(connection)
                yield writer
                if writer.is_undone:
                    raise _Undone
        for work in writer.woken:
            self._wakes.bump(work)

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
        """Lease due outbox rows: for each thing and lane only the oldest unfinished row, in one short statement."""
        wanted = Effects(*(tuple(map(str, names)) for names in (lanes, only, but)))
        self._wakes.ask(Work.EFFECTS, wanted)
        claim = lease_of_effects(wanted.lanes, wanted.only, wanted.but)
        async with self._short() as connection:
            rows = (await connection.execute(claim, {"at": now, "until": now + lease, "most": limit})).mappings().all()
        return tuple(sorted((due_of(row) for row in rows), key=lambda due: due.id))

    async def effect_done(self, due: Due, *, now: datetime) -> None:
        """Mark the row done, unless another bot has leased it since."""
        await self._finish(_of(due).values(done_at=now, lease_until=None), wakes=Work.EFFECTS)

    async def effect_failed(self, due: Due, error: str, *, retry_at: datetime | None, now: datetime) -> None:
        """Keep the error; due again at `retry_at`, or given up when that is None. Does nothing if the lease is lost."""
        said = storable(error)[:ERROR_CHARACTERS]
        if retry_at is None:
            await self._finish(_of(due).values(given_up_at=now, lease_until=None, last_error=said), wakes=Work.EFFECTS)
        else:
            await self._finish(_of(due).values(due_at=retry_at, lease_until=None, last_error=said))

    async def effect_waits(self, due: Due, *, until: datetime) -> None:
        """Have it due again then, with one more wait on its count: the attempts are what a lease is known by."""
        details = {**due.details, "waits": due.waits + 1}
        await self._finish(_of(due).values(due_at=until, lease_until=None, details=details))

    async def claim_cards(
        self, *, now: datetime, lease: timedelta, limit: int, kinds: Collection[Kind] = ()
    ) -> tuple[CardRow, ...]:
        """Lease cards that are due for a redraw, of any or of the given kinds, longest due first."""
        wanted = Cards(tuple(map(str, kinds)))
        self._wakes.ask(Work.CARDS, wanted)
        claim = lease_of_cards(wanted.kinds)
        async with self._short() as connection:
            rows = (await connection.execute(claim, {"at": now, "until": now + lease, "most": limit})).mappings().all()
        return tuple(
            card_of(row) for row in sorted(rows, key=lambda row: (row["not_before"], row["kind"], row["number"]))
        )

    async def card_drawn(self, row: CardRow, *, channel: str, message: str, digest: str, not_before: datetime) -> None:
        """Note what was drawn; a mark that came meanwhile keeps the card due, no sooner than `not_before`."""
        is_as_claimed = (
            CARDS.c.message.is_not_distinct_from(row.message),
            CARDS.c.drawn_digest.is_not_distinct_from(row.drawn_digest),
        )
        drawn = (
            _card(row)
            .where(*is_as_claimed, CARDS.c.drawn_version <= row.due_version)
            .values(
                channel=channel,
                message=message,
                drawn_digest=digest,
                drawn_version=row.due_version,
                paced_until=not_before,
                lease_until=None,
                attempts=0,
                last_error=None,
            )
        )
        async with self._short() as connection:
            if (await connection.execute(drawn)).rowcount == 0:
                # the message was deleted while it was drawn, so the card stays due and is posted anew
                again = {"lease_until": None, "not_before": _no_later_than(not_before), "paced_until": not_before}
                await connection.execute(_card(row).values({**again, "attempts": 0}))

    async def card_failed(self, row: CardRow, error: str, *, retry_at: datetime) -> None:
        """Keep the error and try again later."""
        await self._finish(
            _card(row).values(
                lease_until=None,
                not_before=_no_later_than(retry_at),
                paced_until=retry_at,
                last_error=storable(error)[:ERROR_CHARACTERS],
            )
        )

    async def card_gone(self, channel: str, *messages: str) -> None:
        """Forget what the deleted messages showed and mark their cards as due, so that they come back."""
        gone = update(CARDS).where(CARDS.c.channel == channel, CARDS.c.message.in_(messages))
        await self._finish(
            gone.values(drawn_digest=None, due_version=CARDS.c.due_version + 1),
            wakes=Work.CARDS,
        )

    async def release_leases(self) -> None:
        """Make what a dead bot had leased due at once; while another bot is at work on the database, leave it alone."""
        if not await self._claim.is_ours():
            log.warning("another bot is at work on this database; what it has in hand is left to it")
            return
        await self._finish(update(EFFECTS).values(lease_until=None), wakes=Work.EFFECTS)
        was_due = {"lease_until": None, "not_before": _no_later_than(CARDS.c.paced_until)}
        leased = update(CARDS).where(CARDS.c.lease_until.is_not(None), CARDS.c.paced_until.is_not(None))
        await self._finish(leased.values(was_due), wakes=Work.CARDS)
        await self._finish(update(CARDS).values(lease_until=None), wakes=Work.CARDS)

    async def hasten(self, lanes: Collection[str], *, now: datetime) -> None:
        """Make due at once what failed in these lanes and waits to be tried again; with the lane `chat`, cards too."""
        names = [str(lane) for lane in lanes]
        failed = (is_unfinished(), EFFECTS.c.last_error.is_not(None), EFFECTS.c.due_at > now)
        effects = update(EFFECTS).where(EFFECTS.c.lane.in_(names), *failed)
        await self._finish(effects.values(due_at=now), wakes=Work.EFFECTS)
        if "chat" in names:
            cards = update(CARDS).where(CARDS.c.attempts > 0, CARDS.c.paced_until > now)
            await self._finish(cards.values(paced_until=None), wakes=Work.CARDS)

    async def next_due(self, *, now: Callable[[], datetime]) -> None:
        """Return when there may be work of the sorts that the caller has asked for; may return at any time.

        A commit of this process wakes it, also one since the caller's last claim. What another bot made due, or a time
        that has come, is seen within two seconds.
        """
        while not await self._wakes.wait(timeout_s=POLL_S):
            wanted = self._wakes.wanted_by_caller()
            try:
                if not wanted or await self._glance.shows(wanted, at=now()):
                    return
            except Upstream:
                return  # the caller asks, and hears why

    async def check(self) -> str:
        """Return a sentence on what was reached."""
        version = text("SELECT sqlite_version()") if self._engines.is_sqlite else text("SHOW server_version")
        with translating():
            async with self._engines.reader.connect() as connection:
                said = (await connection.execute(version)).scalar_one()
                sequence = (await connection.execute(select(CHAIN.c.sequence))).scalar_one()
        return f"{'SQLite' if self._engines.is_sqlite else 'PostgreSQL'} {said} with {sequence} events"

    async def close(self) -> None:
        """Close all connections."""
        await self._claim.give_up()
        await self._engines.writer.dispose()
        await self._engines.reader.dispose()

    @asynccontextmanager
    async def _short(self) -> AsyncIterator[AsyncConnection]:
        """Open a transaction of one statement: it waits in SQLite's line of writers, but not in PostgreSQL's."""
        with translating():
            if self._engines.is_sqlite:
                async with self._turn, self._engines.writer.begin() as connection:
                    yield connection
            else:
                async with self._engines.writer.begin() as connection:
                    yield connection

    async def _finish(self, statement: Update, *, wakes: Work | None = None) -> None:
        async with self._short() as connection:
            is_done = (await connection.execute(statement)).rowcount > 0
        if is_done and wakes is not None:
            self._wakes.bump(wakes)


def _of(due: Due) -> Update:
    """Return an update of the row while the lease is ours: each claim raises the attempt."""
    return update(EFFECTS).where(EFFECTS.c.id == due.id, EFFECTS.c.attempts == due.attempt, is_unfinished())


def _no_later_than(at: datetime | ColumnElement[datetime]) -> ColumnElement[datetime]:
    """Return when a card is due that was not drawn after all, whatever has come meanwhile for later."""
    return case((CARDS.c.not_before > at, at), else_=CARDS.c.not_before)


def _card(row: CardRow) -> Update:
    return update(CARDS).where(CARDS.c.kind == str(row.about.kind), CARDS.c.number == row.about.number)
