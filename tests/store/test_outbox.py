"""The outbox, the cards and the wake-ups, on both databases."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.adapters.sql.store import SqlStore
from bot.core.values import Kind, Ref
from bot.errors import Upstream
from bot.ports import CardRow
from tests.support.databases import LEASE, NOW, Database, claim, enqueue

REQ_1 = Ref(Kind.REQUIREMENT, 1)
SECOND = timedelta(seconds=1)


async def test_a_claim_returns_the_effect_with_its_lease(store: SqlStore) -> None:
    """Everything an effect needs is in the row."""
    await enqueue(store, "post")
    (due,) = await claim(store)

    assert (due.about, due.effect, due.lane, due.attempt) == (REQ_1, "post", "chat", 1)
    assert (due.details, due.until) == ({"effect": "post"}, NOW + LEASE)


async def test_a_second_bot_leaves_the_first_ones_work_to_it(database: Database) -> None:
    """While the first lives, what it holds is not done twice; when it is gone, the other takes it at once."""
    first, second = SqlStore.open(database.settings), SqlStore.open(database.settings)
    await enqueue(first, "post")
    await first.release_leases()
    held = await claim(first)
    await second.release_leases()
    meanwhile = await claim(second)
    await first.close()
    await second.release_leases()
    then = await claim(second)
    await second.close()

    assert (1, 0, 1) == (len(held), len(meanwhile), len(then))


async def test_only_some_effects_can_be_claimed(store: SqlStore) -> None:
    """So that quick ones need not wait for slow ones; the order within a thing holds all the same."""
    for number in (1, 2):
        await enqueue(store, "quick" if number == 2 else "slow", number=number)
    wish: dict[str, Any] = {"now": NOW, "lease": LEASE, "limit": 9, "lanes": ("chat",)}
    quick = await store.claim_effects(**wish, but=("slow",))
    slow = await store.claim_effects(**wish, only=("slow",))

    assert (["quick"], ["slow"]) == ([due.effect for due in quick], [due.effect for due in slow])


async def test_an_event_calls_for_an_effect_once(store: SqlStore) -> None:
    """The pair of event and effect is the idempotency key: a second row is refused, and with it the transaction."""
    fact = await enqueue(store, "post")
    with pytest.raises(Upstream, match="contradicts") as refusal:
        async with store.writing() as writer:
            await writer.enqueue(fact, "post", lane="chat", details={}, at=NOW)

    assert not refusal.value.retryable
    assert len(await claim(store)) == 1


async def test_effects_of_a_thing_are_claimed_in_order_within_their_lane(store: SqlStore) -> None:
    """The second waits for the first; other things and other lanes do not."""
    await enqueue(store, "first", "second")
    await enqueue(store, "cancel", lane="cluster")
    await enqueue(store, "other", number=2)
    lanes = ("chat", "cluster")
    rounds = []
    for _ in range(3):
        claimed = await claim(store, lanes=lanes)
        rounds.append([due.effect for due in claimed])
        for due in claimed:
            await store.effect_done(due, now=NOW)

    assert rounds == [["first", "cancel", "other"], ["second"], []]


async def test_only_the_lanes_asked_for_are_claimed_and_only_when_due(store: SqlStore) -> None:
    """Neither another lane's rows nor those of the future."""
    await enqueue(store, "post")
    await enqueue(store, "submit", lane="cluster")
    await enqueue(store, "later", number=2, at=NOW + SECOND)
    at_once = [due.effect for due in await claim(store)]
    later = [due.effect for due in await claim(store, at=NOW + SECOND)]
    nothing = await claim(store, lanes=())

    assert (at_once, later, nothing) == (["post"], ["later"], ())


async def test_the_limit_takes_the_longest_due_first(store: SqlStore) -> None:
    """No thing starves because others came earlier in the table."""
    for number, wait in ((1, 3), (2, 1), (3, 2)):
        await enqueue(store, "post", number=number, at=NOW + wait * SECOND)
    claimed = await claim(store, at=NOW + 9 * SECOND, limit=2)

    assert [due.about.number for due in claimed] == [2, 3]


async def test_a_retry_holds_up_its_lane_until_it_is_given_up(store: SqlStore) -> None:
    """While the first waits for its retry the second may not overtake it; after giving up it may."""
    await enqueue(store, "first", "second")
    (first,) = await claim(store)
    await store.effect_failed(first, "no answer\x00", retry_at=NOW + 10 * SECOND, now=NOW)
    held_up = await claim(store, at=NOW + 9 * SECOND)
    (again,) = await claim(store, at=NOW + 10 * SECOND)
    async with store.reading() as reader:
        failing = await reader.failing_effects()
    await store.effect_failed(again, "still none", retry_at=None, now=NOW)
    (second,) = await claim(store, at=NOW + 10 * SECOND)
    async with store.reading() as reader:
        given_up = await reader.failing_effects()

    assert held_up == ()
    assert (again.effect, again.attempt, second.effect) == ("first", 2, "second")
    assert [(due.effect, said) for due, said in failing] == [("first", "no answer\ufffd")]
    assert given_up == ()


async def test_what_waits_for_its_turn_is_asked_again_without_a_failure(store: SqlStore) -> None:
    """Its waits are no tries; whoever lost the lease cannot have it wait."""
    await enqueue(store, "post")
    (first,) = await claim(store)
    await store.effect_waits(first, until=NOW + 9 * SECOND)
    too_early = await claim(store, at=NOW + 8 * SECOND)
    (again,) = await claim(store, at=NOW + 9 * SECOND)
    await store.effect_waits(first, until=NOW + 99 * SECOND)
    (taken,) = await claim(store, at=NOW + 9 * SECOND + LEASE)
    async with store.reading() as reader:
        failing = await reader.failing_count()

    assert ((), 0) == (too_early, failing)
    assert [(1, 1), (2, 1), (3, 2)] == [(due.attempt, due.tries) for due in (first, again, taken)]


async def test_a_lease_that_ran_out_is_claimed_again_and_the_late_answer_does_not_count(store: SqlStore) -> None:
    """Whoever lost the lease can neither finish the row nor fail it; whoever has it can."""
    await enqueue(store, "post")
    (lost,) = await claim(store)
    too_early = await claim(store, at=NOW + LEASE - SECOND)
    (ours,) = await claim(store, at=NOW + LEASE)
    await store.effect_done(lost, now=NOW)
    await store.effect_failed(lost, "late", retry_at=None, now=NOW)
    async with store.reading() as reader:
        failing = await reader.failing_effects()
    (third,) = await claim(store, at=NOW + 2 * LEASE)
    await store.effect_done(third, now=NOW)
    at_last = await claim(store, at=NOW + 9 * LEASE)

    assert (too_early, failing, at_last) == ((), (), ())
    assert (lost.attempt, ours.attempt, third.attempt) == (1, 2, 3)


async def test_what_is_done_stays_done(store: SqlStore) -> None:
    """A second answer of the same claim changes nothing."""
    await enqueue(store, "post")
    (due,) = await claim(store)
    await store.effect_done(due, now=NOW)
    await store.effect_failed(due, "after all", retry_at=NOW, now=NOW)
    async with store.reading() as reader:
        failing = await reader.failing_effects()

    assert (failing, await claim(store, at=NOW + 9 * LEASE)) == ((), ())


async def test_four_claimers_of_two_bots_claim_each_row_exactly_once(database: Database) -> None:
    """And each thing's effects in order."""
    stores = [SqlStore.open(database.settings), SqlStore.open(database.settings)]
    for number in range(1, 16):
        await enqueue(stores[0], "a", "b", "c", "d", number=number)
    claimed: list[tuple[int, str]] = []

    async def work(store: SqlStore) -> None:
        while len(claimed) < 60:
            for due in await claim(store, limit=4):
                claimed.append((due.about.number, due.effect))
                await store.effect_done(due, now=NOW)

    async with asyncio.timeout(20):
        await asyncio.gather(*(work(stores[index % 2]) for index in range(4)))
    for store in stores:
        await store.close()

    assert sorted(claimed) == [(number, effect) for number in range(1, 16) for effect in "abcd"]
    for number in range(1, 16):
        assert [effect for about, effect in claimed if about == number] == list("abcd")


async def test_marks_are_merged_into_one_redraw(store: SqlStore) -> None:
    """A hundred marks are one claim; the earlier time wins."""
    for wait in (5, 3, 4):
        await _mark(store, wait)
    too_early = await _claim_cards(store, 2)
    (row,) = await _claim_cards(store, 3)
    leased = await _claim_cards(store, 3)
    await _draw(store, row)

    assert (too_early, leased) == ((), ())
    assert row == CardRow(REQ_1, None, None, None, 3, 1)
    assert await _claim_cards(store, 99) == ()


async def test_a_mark_while_drawing_keeps_the_card_due_but_not_too_soon(store: SqlStore) -> None:
    """It is drawn again after the pace, with what was drawn before at hand; then it rests."""
    await _mark(store)
    (row,) = await _claim_cards(store)
    await _mark(store)
    await _draw(store, row, pace=5)
    await _mark(store)
    too_soon = await _claim_cards(store, 4)
    (again,) = await _claim_cards(store, 5)
    await _draw(store, again)

    assert too_soon == ()
    assert again == CardRow(REQ_1, "7", "m1", "digest", 3, 1)
    assert await _claim_cards(store, 99) == ()


async def test_a_later_mark_of_a_drawn_card_counts_by_its_own_time(store: SqlStore) -> None:
    """The time of an earlier redraw is not kept for the next."""
    await _mark(store)
    (row,) = await _claim_cards(store)
    await _draw(store, row)
    await _mark(store, 30)

    assert await _claim_cards(store, 29) == ()
    assert len(await _claim_cards(store, 30)) == 1


async def test_a_card_that_failed_is_tried_later_with_its_failures_counted(store: SqlStore) -> None:
    """A mark in between does not hurry it; drawing it forgets the failures."""
    await _mark(store)
    (row,) = await _claim_cards(store)
    await store.card_failed(row, "503", retry_at=NOW + 10 * SECOND)
    await _mark(store)
    too_soon = await _claim_cards(store, 9)
    (again,) = await _claim_cards(store, 10)
    await _draw(store, again)
    await _mark(store)
    (third,) = await _claim_cards(store, 10)

    assert too_soon == ()
    assert (again.attempt, third.attempt) == (2, 1)


async def test_a_card_whose_drawer_died_is_drawn_by_another(store: SqlStore) -> None:
    """After the lease it is due again, and whoever draws it knows that somebody began to."""
    await _mark(store)
    (row,) = await _claim_cards(store)
    lease_s = int(LEASE.total_seconds())

    assert await _claim_cards(store, lease_s - 1) == ()
    assert await _claim_cards(store, lease_s) == (replace(row, attempt=2),)


async def test_a_deleted_message_comes_back(store: SqlStore) -> None:
    """What it showed is forgotten, so that equal content is sent anew; other messages change nothing."""
    await _mark(store)
    (row,) = await _claim_cards(store)
    await _draw(store, row)
    await store.card_gone("7", "somebody else's")
    untouched = await _claim_cards(store, 1)
    await store.card_gone("7", "m1")
    (gone,) = await _claim_cards(store, 1)

    assert untouched == ()
    assert gone == CardRow(REQ_1, "7", "m1", None, 2, 1)


async def test_a_message_deleted_while_it_is_edited_comes_back(store: SqlStore) -> None:
    """The edit's answer does not bring the dead message's digest back."""
    await _mark(store)
    (row,) = await _claim_cards(store)
    await _draw(store, row)
    await _mark(store)
    (edited,) = await _claim_cards(store, 1)
    await store.card_gone("7", "m1")
    await _draw(store, edited)
    (again,) = await _claim_cards(store, 1)

    assert (again.message, again.drawn_digest) == ("m1", None)


async def test_four_drawers_of_two_bots_claim_each_card_once(database: Database) -> None:
    """No card is drawn twice at once."""
    stores = [SqlStore.open(database.settings), SqlStore.open(database.settings)]
    async with stores[0].writing() as writer:
        for number in range(1, 41):
            await writer.mark_card(Ref(Kind.RUN, number), not_before=NOW)
    rounds = await asyncio.gather(*(_claim_cards(stores[index % 2], limit=15) for index in range(4)))
    left = await _claim_cards(stores[0])
    for store in stores:
        await store.close()

    numbers = [row.about.number for rows in (*rounds, left) for row in rows]
    assert sorted(numbers) == list(range(1, 41))


async def _mark(store: SqlStore, after_s: int = 0) -> None:
    async with store.writing() as writer:
        await writer.mark_card(REQ_1, not_before=NOW + after_s * SECOND)


async def _claim_cards(store: SqlStore, after_s: int = 0, *, limit: int = 50) -> tuple[CardRow, ...]:
    return await store.claim_cards(now=NOW + after_s * SECOND, lease=LEASE, limit=limit)


async def _draw(store: SqlStore, row: CardRow, *, pace: int = 0) -> None:
    await store.card_drawn(row, channel="7", message="m1", digest="digest", not_before=NOW + pace * SECOND)


async def test_what_failed_is_hastened_and_what_is_planned_for_later_is_not(store: SqlStore) -> None:
    """When a system answers again its failed rows are due at once; other lanes and rows not tried yet keep theirs."""
    later = NOW + timedelta(hours=1)
    await enqueue(store, "failed.here", lane="cluster")
    await enqueue(store, "failed.elsewhere", lane="chat", number=2)
    for due in await claim(store, lanes=("cluster", "chat")):
        await store.effect_failed(due, "no answer", retry_at=later, now=NOW)
    await enqueue(store, "planned", lane="cluster", number=3, at=later)

    await store.hasten(("cluster",), now=NOW)

    assert ["failed.here"] == [due.effect for due in await claim(store, lanes=("cluster", "chat"))]
