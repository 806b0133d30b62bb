"""Who waits for work is woken when there is some: by a commit, by another bot's, by a time that has come."""

import asyncio
import contextlib
from collections.abc import Awaitable

import pytest

from bot.adapters.sql.store import SqlStore
from bot.core.values import Kind, Ref
from bot.ports import CardRow
from tests.support.databases import LEASE, NOW, Database, claim, enqueue
from tests.support.ports import Clock

REQ_1 = Ref(Kind.REQUIREMENT, 1)


@pytest.fixture
def _no_poll(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let nothing but a commit end a wait."""
    monkeypatch.setattr("bot.adapters.sql.store.POLL_S", 600.0)


@pytest.mark.usefixtures("_no_poll")
async def test_a_commit_wakes_who_waits(store: SqlStore) -> None:
    """Both who waits for effects and who waits for cards, each for its own."""
    woken = []

    async def wait(name: str) -> None:
        await (_claim_cards(store) if name == "cards" else claim(store))
        await store.next_due(now=lambda: NOW)
        woken.append(name)

    waiters = [asyncio.create_task(wait(name)) for name in ("effects", "cards")]
    await asyncio.sleep(0)
    await enqueue(store, "post")
    await waiters[0]
    await _mark(store)
    await waiters[1]

    assert woken == ["effects", "cards"]


@pytest.mark.usefixtures("_no_poll")
async def test_no_wake_up_is_lost_between_asking_and_waiting(store: SqlStore) -> None:
    """A commit after the claim makes the next wait return at once, in this task or in one it starts; and only once."""
    await claim(store)
    await enqueue(store, "post")
    at_once = await _is_woken(store)
    await claim(store, limit=0)
    await enqueue(store, "post", number=2)
    in_a_child = await _is_woken(store, in_a_task=True)
    await claim(store, limit=0)
    then = await _is_woken(store)

    assert (at_once, in_a_child, then) == (True, True, False)


@pytest.mark.usefixtures("_no_poll")
async def test_what_is_rolled_back_wakes_nobody_and_what_is_done_wakes_the_next(store: SqlStore) -> None:
    """The second effect of a lane becomes due when the first is done."""
    await enqueue(store, "first", "second")
    (first,) = await claim(store)
    with contextlib.suppress(LookupError):
        async with store.writing() as writer:
            await writer.mark_card(REQ_1, not_before=NOW)
            raise LookupError
    in_vain = await _is_woken(store)
    await claim(store)
    await store.effect_done(first, now=NOW)
    at_once = await _is_woken(store)

    assert (in_vain, at_once) == (False, True)


@pytest.fixture
def _quick_polls(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look for what wakes nobody many times a second."""
    monkeypatch.setattr("bot.adapters.sql.store.POLL_S", 0.01)
    monkeypatch.setattr("bot.adapters.sql.glance.FRESH_S", 0.0)


@pytest.mark.usefixtures("_quick_polls")
async def test_what_another_bot_makes_due_is_seen_by_who_waits_for_it(database: Database, store: SqlStore) -> None:
    """And by nobody else: not by who waits for another lane, for other effects or for cards."""
    other, ended = SqlStore.open(database.settings), []

    async def wait(name: str, asked: Awaitable[object]) -> None:
        await asked
        await store.next_due(now=lambda: NOW)
        ended.append(name)

    asked = {
        "this one": claim(store),
        "another lane": claim(store, lanes=("meter",)),
        "other effects": store.claim_effects(now=NOW, lease=LEASE, limit=1, lanes=("chat",), but=("post",)),
        "cards": _claim_cards(store),
    }
    waiting = [asyncio.create_task(wait(*one)) for one in asked.items()]
    await asyncio.wait(waiting, timeout=0.2)
    before = [*ended]
    await enqueue(other, "post")
    await waiting[0]
    await asyncio.wait(waiting[1:], timeout=0.2)
    for task in waiting:
        task.cancel()
    await asyncio.wait(waiting)
    await other.close()

    assert ([], ["this one"]) == (before, ended)


@pytest.mark.usefixtures("_quick_polls")
async def test_a_retry_is_seen_when_its_time_has_come(store: SqlStore) -> None:
    """Nobody commits anything then."""
    clock = Clock()
    await enqueue(store, "post")
    (due,) = await claim(store)
    await store.effect_failed(due, "no answer", retry_at=NOW + LEASE, now=NOW)
    await claim(store)
    waiting = asyncio.create_task(store.next_due(now=clock))
    too_soon, _ = await asyncio.wait({waiting}, timeout=0.2)
    clock.passes(seconds=LEASE.total_seconds())
    await waiting

    assert set() == too_soon


async def _mark(store: SqlStore) -> None:
    async with store.writing() as writer:
        await writer.mark_card(REQ_1, not_before=NOW)


async def _claim_cards(store: SqlStore) -> tuple[CardRow, ...]:
    return await store.claim_cards(now=NOW, lease=LEASE, limit=50)


async def _is_woken(store: SqlStore, *, in_a_task: bool = False) -> bool:
    """Tell whether a wait ends: it does at once or, without a poll, not at all."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(0.5):
            waiting = store.next_due(now=lambda: NOW)
            await (asyncio.create_task(waiting) if in_a_task else waiting)
            return True
    return False
