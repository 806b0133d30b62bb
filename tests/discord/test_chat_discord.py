"""The chat adapter in the sandbox's Discord: what it makes of channels that are not plain text channels."""

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from bot.adapters.discord import chat as chat_discord
from bot.adapters.discord.chat import DiscordChat
from bot.config import Channels
from bot.core.cards import Card
from bot.errors import Upstream
from bot.ports import Gone
from sandbox.person import Town
from sandbox.text import text_of
from tests.support.discord_town import ALL_RIGHTS, Api, Bot, discord_sandbox, online, url_of


@pytest.fixture(scope="module")
def described(tmp_path_factory) -> Iterator[dict[str, Any]]:
    """Run one sandbox for the module."""
    with discord_sandbox(tmp_path_factory.mktemp("discord"), options=ALL_RIGHTS) as facts:
        yield facts


def chat_in(bot: Bot, channel_id: str) -> DiscordChat:
    """Return a chat whose `training` is this channel."""
    ids = {name: bot.described["channels"][name] for name in Channels.model_fields}
    return DiscordChat(bot, Channels.model_validate(ids | {"training": int(channel_id)}))


async def a_thread(api: Api, name: str) -> str:
    """Begin a thread in #training and return its id."""
    body = {"name": name, "type": 11}
    _, thread = await api.call("POST", f"/channels/{api.described['channels']['training']}/threads", body)
    return str(thread["id"])


async def test_a_card_in_an_archived_thread_is_edited_there(described, town):
    """Discord refuses the edit: the thread is opened again first; the card stays one message and shows the present."""
    async with online(Bot(described)) as bot, Api(described) as api:
        thread = await a_thread(api, "Runs of spring")
        chat = chat_in(bot, thread)
        message = await chat.post("training", Card("RUN-1 is queued"), nonce="RUN-1")
        for stage in ("runs", "has succeeded"):
            await api.call("PATCH", f"/channels/{thread}", {"archived": True})
            await chat.edit("training", message, Card(f"RUN-1 {stage}"))
        _, state = await api.call("GET", f"/channels/{thread}")
        shown = await town.person("nok").messages("Runs of spring")

    assert [(message, True)] == [(one["id"], "RUN-1 has succeeded" in text_of(one)) for one in shown]
    assert not state["thread_metadata"]["archived"]


async def test_a_new_card_opens_an_archived_thread_by_itself(described):
    """As any message does."""
    async with online(Bot(described)) as bot, Api(described) as api:
        thread = await a_thread(api, "Runs of summer")
        await api.call("PATCH", f"/channels/{thread}", {"archived": True})
        await chat_in(bot, thread).post("training", Card("RUN-2"), nonce="RUN-2")
        _, state = await api.call("GET", f"/channels/{thread}")

    assert not state["thread_metadata"]["archived"]


async def test_a_thread_that_is_archived_and_locked_is_told_with_the_way_out(tmp_path):
    """Whoever locked it wants it shut; the bot, which does not manage threads, neither posts nor tries for ever."""
    with discord_sandbox(tmp_path, options=ALL_RIGHTS) as described:
        async with online(Bot(described)) as bot, Api(described) as api, Town(url_of(described)) as town:
            thread = await a_thread(api, "Runs of autumn")
            chat = chat_in(bot, thread)
            message = await chat.post("training", Card("RUN-3"), nonce="RUN-3")
            await api.call("PATCH", f"/channels/{thread}", {"archived": True, "locked": True})
            await town.fault("forbid", channel="training", permission="manage_threads")
            with pytest.raises(Upstream, match="archived and locked; unlock it") as told:
                await chat.edit("training", message, Card("RUN-3 runs"))
            with pytest.raises(Upstream, match="archived and locked; unlock it"):
                await chat.post("training", Card("RUN-4"), nonce="RUN-4")

    assert ("discord.channels.training", False) == (told.value.system, told.value.retryable)


async def test_a_forum_in_the_place_of_a_channel_is_told_and_not_tried_again(described, town):
    """The sentence names the setting and the way out."""
    await town.admin("create_forum", channel="ideas")
    channels = (await town.get("/_client/state?as=nok"))["channels"]
    forum = next(one["id"] for one in channels if one["name"] == "ideas")

    async with online(Bot(described)) as bot:
        with pytest.raises(Upstream, match="`training` of the config takes no messages, as a forum") as told:
            await chat_in(bot, forum).post("training", Card("RUN-1"), nonce="RUN-1")

    assert ("discord.channels.training", False) == (told.value.system, told.value.retryable)


async def test_what_was_posted_before_a_long_outage_is_found_again(described, town):
    """Discord has forgotten the nonce; the message is known by its mark, among those of others, and after an edit."""
    async with online(Bot(described)) as bot, Api(described) as api:
        chat = chat_in(bot, await a_thread(api, "Runs of winter"))
        cards = {mark: Card(f"{mark} is queued", mark=mark) for mark in ("RUN-5", "RUN-6")}
        posted = {mark: await chat.post("training", card, nonce=mark) for mark, card in cards.items()}
        await chat.edit("training", posted["RUN-5"], Card("RUN-5 runs", mark="RUN-5"))
        await town.fault("forget_nonces")
        again = {mark: await chat.post("training", card, nonce=mark, is_again=True) for mark, card in cards.items()}
        other = await chat.post("training", Card("RUN-7", mark="RUN-7"), nonce="RUN-7", is_again=True)
        shown = await town.person("nok").messages("Runs of winter")

    assert posted == again
    assert [*posted.values(), other] == [one["id"] for one in shown]


async def test_a_request_without_an_answer_does_not_hold_up_its_channel(described, town, monkeypatch):
    """Whoever sent it hears of that; those in line behind it have their turn."""
    async with online(Bot(described)) as bot, Api(described) as api:
        thread = await a_thread(api, "Runs of night")
        chat = chat_in(bot, thread)
        silent, other = [await chat.post("training", Card(name), nonce=name) for name in ("RUN-8", "RUN-9")]
        await town.fault("latency", method="PATCH", path=f"/messages/{silent}", delay_s=20)
        monkeypatch.setattr(chat_discord, "ANSWER_LIMIT_S", 0.5)
        held = asyncio.create_task(chat.edit("training", silent, Card("RUN-8 runs")))
        await asyncio.wait([held], timeout=0.1)
        monkeypatch.setattr(chat_discord, "ANSWER_LIMIT_S", 10)
        await chat.edit("training", other, Card("RUN-9 runs"))
        with pytest.raises(Upstream, match="no answer within") as told:
            await held

    assert told.value.retryable


@pytest.mark.parametrize("retry_after", [0.01, 90])
async def test_a_card_too_old_to_be_edited_is_taken_away_for_a_new_one(described, town, retry_after, monkeypatch):
    """Of a message older than an hour Discord takes few edits; it says so, or that one is to wait for long."""
    monkeypatch.setattr(chat_discord, "OLD_AFTER", timedelta(0))
    async with online(Bot(described, max_ratelimit_timeout=30.0)) as bot, Api(described) as api:
        thread = await a_thread(api, f"Runs of years, {retry_after}")
        chat = chat_in(bot, thread)
        message = await chat.post("training", Card("RUN-8"), nonce=f"RUN-8 {retry_after}")
        path = f"/messages/{message}"
        await town.fault("429", method="PATCH", path=path, times=5, retry_after=retry_after, code=30046)
        with pytest.raises(Gone):
            await chat.edit("training", message, Card("RUN-8 runs"))
        status, _ = await api.call("GET", f"/channels/{thread}{path}")

    assert 404 == status
