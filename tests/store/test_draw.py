"""A card is drawn once, edited only when it changed, and comes back when somebody deleted it, on a real store."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.adapters.sql.store import SqlStore
from bot.app import App
from bot.core.cards import Card
from bot.core.values import Kind, Ref
from bot.core.words import as_said
from bot.effects import draw
from bot.errors import Upstream
from bot.services import incidents, things
from bot.things.incident.model import Incident
from bot.things.incident.subjects import of_outage
from bot.things.requirement import decisions as requirements
from tests.support.databases import Database, sqlite_database
from tests.support.fakes import FakeChat, FakeCluster
from tests.support.ports import DOWN, Clock, always, app_on, failing
from tests.support.road import ANAN, MALEE, RECIPE
from tests.support.waiting import eventually

REQUIREMENT: dict[str, Any] = {
    "title": "Digits",
    "problem": "p",
    "value": "v",
    "targets": "accuracy >= 0.9",
    "constraints": "",
    "deployment_kind": "new",
    "dataset": "digits",
    "known_datasets": RECIPE.datasets,
}
REQ_1 = Ref(Kind.REQUIREMENT, 1)


@dataclass(frozen=True)
class Place:
    """An app on a fresh database with one requirement, and the chat it draws in."""

    app: App
    clock: Clock
    chat: FakeChat
    database: Database

    async def draw_due(self) -> int:
        """Draw what is due now, once, and return how many."""
        rows = await self.app.store.claim_cards(now=self.clock(), lease=draw.LEASE, limit=9)
        for row in rows:
            await draw.draw(self.app, row)
        return len(rows)

    async def mark(self) -> None:
        """Make the card due although nothing about it changed."""
        async with self.app.store.writing() as tx:
            await tx.mark_card(REQ_1, not_before=self.clock())

    async def claim(self) -> None:
        """Have a fact come that changes the card."""
        await requirements.claim(self.app.record, 1, by=ANAN)

    def rests(self) -> None:
        """Let the time go by in which a card is not drawn again."""
        self.clock.passes(seconds=draw.REST.total_seconds())


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    """Open an app with a requirement that was filed just now."""
    database = sqlite_database(tmp_path / "slipway.db")
    store = SqlStore.open(database.settings)
    clock, chat = Clock(), FakeChat()
    app = app_on(store, clock=clock, chat=chat, cluster=FakeCluster())
    await requirements.file(app.record, **REQUIREMENT, by=MALEE)
    yield Place(app, clock, chat, database)
    await store.close()


def headlines(place: Place) -> list[str]:
    """Return what stands in the chat, the line below each headline."""
    return [card.paragraphs[0].split(" · ")[0] for card in place.chat.messages.values()]


async def test_a_card_is_posted_once_and_then_edited(place: Place):
    """It stands where its kind stands, and shows the newest facts."""
    await place.draw_due()
    await place.claim()
    place.rests()
    await place.draw_due()

    assert place.chat.posts == ["requirements"]
    assert len(place.chat.edits) == 1
    assert headlines(place) == ["🛠️ **Claimed**"]


async def test_a_card_that_shows_nothing_new_is_not_sent_again(place: Place):
    """A mark without a change costs Discord nothing."""
    await place.draw_due()
    await place.mark()
    place.rests()

    assert await place.draw_due() == 1
    assert (place.chat.posts, place.chat.edits) == (["requirements"], [])
    assert await place.draw_due() == 0


async def test_many_facts_at_once_are_one_edit(place: Place):
    """A card rests between two drawings, and the last state is always drawn."""
    await place.draw_due()
    await place.claim()
    for _ in range(50):
        await place.mark()
    too_soon = await place.draw_due()
    place.rests()
    then = [await place.draw_due(), await place.draw_due()]

    assert (too_soon, then, len(place.chat.edits)) == (0, [1, 0], 1)


async def test_a_card_deleted_while_the_bot_looks_comes_back(place: Place):
    """Discord tells of the deletion; nothing else need happen to the thing."""
    await place.draw_due()
    [message] = place.chat.messages
    place.chat.messages.clear()
    await place.app.store.card_gone("requirements", message)
    place.rests()
    await place.draw_due()

    assert place.chat.posts == ["requirements", "requirements"]
    assert headlines(place) == ["📥 **Filed**"]


async def test_a_card_deleted_while_the_bot_was_down_comes_back_when_it_changes(place: Place):
    """The edit finds it gone, and it is posted anew, once."""
    await place.draw_due()
    place.chat.messages.clear()
    await place.claim()
    place.rests()
    await place.draw_due()
    await place.mark()
    place.rests()
    await place.draw_due()

    assert place.chat.posts == ["requirements", "requirements"]
    assert headlines(place) == ["🛠️ **Claimed**"]


async def test_a_card_deleted_again_and_again_comes_back_each_time(place: Place):
    """Each message is a new one: the nonce of the last would bring back what is gone."""
    await place.draw_due()
    for _ in range(3):
        [message] = place.chat.messages
        place.chat.messages.clear()
        await place.app.store.card_gone("requirements", message)
        place.rests()
        await place.draw_due()

        assert len(place.chat.messages) == 1
    assert len(place.chat.posts) == 4


async def _crashed_while_posting(place: Place) -> None:
    """Have the bot die once the chat has the card and before it is noted where."""
    place.chat.answer_is_lost = True
    crashed = asyncio.create_task(place.draw_due())
    await eventually(lambda: place.chat.posts)
    crashed.cancel()
    await asyncio.gather(crashed, return_exceptions=True)
    place.chat.answer_is_lost = False


async def test_a_crash_between_posting_and_noting_it_makes_no_second_card(place: Place):
    """Also when facts come before the lease brings the card back: its nonce is that of its place, not of the moment."""
    await _crashed_while_posting(place)
    await place.claim()
    place.clock.passes(seconds=draw.LEASE.total_seconds())
    await place.draw_due()
    await place.mark()
    place.rests()
    await place.draw_due()

    assert place.chat.posts == ["requirements"]
    assert headlines(place) == ["🛠️ **Claimed**"]


async def test_a_post_whose_answer_was_an_error_makes_no_second_card(place: Place):
    """Discord may have taken it all the same."""
    place.chat.fails_after = always(DOWN)
    await place.draw_due()
    place.chat.fails_after = failing()
    await place.claim()
    place.clock.passes(minutes=1)
    await place.draw_due()
    await place.mark()
    place.rests()
    await place.draw_due()

    assert place.chat.posts == ["requirements"]
    assert headlines(place) == ["🛠️ **Claimed**"]


async def test_a_card_is_found_again_when_the_chat_has_forgotten_the_nonce(place: Place):
    """Whether the try before it failed or died."""
    await _crashed_while_posting(place)
    place.chat.nonces.clear()
    await place.claim()
    place.clock.passes(seconds=draw.LEASE.total_seconds())
    await place.draw_due()

    assert place.chat.posts == ["requirements"]
    assert headlines(place) == ["🛠️ **Claimed**"]


async def test_a_failed_drawing_is_tried_again_later(place: Place):
    """Not before its wait is over; Ops are told after a while, and the outage ends by itself."""
    place.chat.fails = failing(DOWN, DOWN)
    drawn = [await place.draw_due(), await place.draw_due()]
    for _ in range(2):
        place.clock.passes(seconds=9)
        drawn.append(await place.draw_due())
    place.clock.passes(seconds=9)
    await place.draw_due()
    told = await things.newest(place.app.store, Incident)

    assert drawn == [1, 0, 1, 2]
    assert [(one.about, one.stage.value) for one in told] == [(of_outage("discord"), "resolved")]
    assert sorted(place.chat.posts) == ["ops", "requirements"]


async def test_a_drawing_that_never_ends_is_ended_and_tried_again(place: Place, monkeypatch: pytest.MonkeyPatch):
    """Its limit is shorter than its lease, so that nobody else has begun it meanwhile; no second card comes of it."""
    assert draw.LIMIT + timedelta(seconds=15) <= draw.LEASE
    monkeypatch.setattr(draw, "LIMIT", timedelta(milliseconds=50))
    place.chat.answer_is_lost = True
    await place.draw_due()
    place.chat.answer_is_lost = False
    monkeypatch.undo()
    at_once = await place.draw_due()
    place.clock.passes(seconds=9)
    then = await place.draw_due()

    assert (0, 1, ["requirements"]) == (at_once, then, place.chat.posts)


async def test_a_channel_that_was_deleted_is_told_and_its_cards_come_when_it_is_mended(place: Place):
    """Cards for other channels are drawn meanwhile."""
    gone = Upstream("discord.channels.requirements", "the channel is not there", retryable=False)
    place.chat.fails = failing(gone)
    await place.draw_due()
    place.rests()
    await place.draw_due()
    place.clock.passes(minutes=1)
    await place.draw_due()

    assert sorted(place.chat.posts) == ["ops", "requirements"]


async def test_two_drawers_draw_a_card_once(place: Place):
    """Each of two bots on one database draws what the other has not taken."""
    other_store = SqlStore.open(place.database.settings)
    other = app_on(other_store, clock=place.clock, chat=place.chat, cluster=FakeCluster())
    bots = [asyncio.create_task(draw.run(app)) for app in (place.app, other)]
    try:
        await eventually(lambda: place.chat.posts)
        await place.claim()
        place.rests()
        await eventually(lambda: place.chat.edits)
    finally:
        for bot in bots:
            bot.cancel()
        await asyncio.gather(*bots, return_exceptions=True)
        await other_store.close()

    assert (place.chat.posts, len(place.chat.edits)) == (["requirements"], 1)


class FakeChatThatIsJammed(FakeChat):
    """A chat in which one channel takes nothing for a while, as when Discord's limit is reached there."""

    def __init__(self) -> None:
        super().__init__()
        self.is_free = asyncio.Event()

    async def post(self, channel: str, card: Card, *, nonce: str, is_again: bool = False) -> str:
        """Post, in the requirements' channel only once that is free."""
        if channel == "requirements":
            await self.is_free.wait()
        return await super().post(channel, card, nonce=nonce, is_again=is_again)


async def test_ops_hear_at_once_while_another_channel_is_held_up(place: Place):
    """A hundred cards wait for their channel; an incident that comes after them does not wait for theirs."""
    chat = FakeChatThatIsJammed()
    app = replace(place.app, chat=chat)
    for _ in range(100):
        await requirements.file(place.app.record, **REQUIREMENT, by=MALEE)
    drawing = asyncio.create_task(draw.run(app))
    try:
        await eventually(lambda: len(asyncio.all_tasks()) > draw.DRAWN_AT_ONCE)
        await incidents.open_once(
            place.app.record, of_outage("cluster"), title=as_said("t"), cause=as_said("c"), next_step=as_said("n")
        )
        await eventually(lambda: chat.posts)
        first = list(chat.posts)
        chat.is_free.set()
        await eventually(lambda: len(chat.posts) == 102)
    finally:
        drawing.cancel()
        await asyncio.gather(drawing, return_exceptions=True)

    assert first == ["ops"]
