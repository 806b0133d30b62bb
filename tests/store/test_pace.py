"""When a card is due that was marked while it was drawn, on each engine: each mark counts for its own time."""

from datetime import timedelta

from bot.adapters.sql.store import SqlStore
from bot.core.values import Kind, Ref
from bot.ports import CardRow
from tests.support.databases import NOW

REQ_1 = Ref(Kind.REQUIREMENT, 1)
LEASE = timedelta(minutes=2)
SECOND = timedelta(seconds=1)


async def test_what_comes_while_a_card_is_drawn_is_due_in_its_own_time(store: SqlStore) -> None:
    """Not at once because the card was due before; the earliest of several counts."""
    await _mark(store)
    (row,) = await _claim_cards(store)
    for after_s in (60, 30, 90):
        await _mark(store, after_s)
    await _draw(store, row, pace=1)

    assert [0, 1] == [len(await _claim_cards(store, after_s)) for after_s in (29, 30)]


async def test_a_card_that_was_not_drawn_after_all_does_not_wait_for_what_came_meanwhile(store: SqlStore) -> None:
    """It failed, or the bot died over it: it is as due as it was."""
    await _mark(store)
    (row,) = await _claim_cards(store)
    await _mark(store, 60)
    await store.card_failed(row, "no answer", retry_at=NOW + 3 * SECOND)
    after_failure = await _claim_cards(store, 3)
    await _mark(store, 60)
    await store.release_leases()

    assert (1, 1) == (len(after_failure), len(await _claim_cards(store, 4)))


async def _mark(store: SqlStore, after_s: int = 0) -> None:
    async with store.writing() as writer:
        await writer.mark_card(REQ_1, not_before=NOW + after_s * SECOND)


async def _claim_cards(store: SqlStore, after_s: int = 0) -> tuple[CardRow, ...]:
    return await store.claim_cards(now=NOW + after_s * SECOND, lease=LEASE, limit=50)


async def _draw(store: SqlStore, row: CardRow, *, pace: int) -> None:
    await store.card_drawn(row, channel="7", message="m1", digest="digest", not_before=NOW + pace * SECOND)
