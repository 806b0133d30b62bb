"""The chat adapter in the sandbox's Discord: what it makes of channels that are not plain text channels."""

from collections.abc import Iterator
from typing import Any

import pytest

from bot.adapters.chat_discord import DiscordChat
from bot.config import Channels
from bot.domain.cards import Card
from bot.errors import Upstream
from tests.support.discord_town import ALL_RIGHTS, Bot, discord_sandbox, online


@pytest.fixture(scope="module")
def described(tmp_path_factory) -> Iterator[dict[str, Any]]:
    """Run one sandbox for the module."""
    with discord_sandbox(tmp_path_factory.mktemp("discord"), options=ALL_RIGHTS) as facts:
        yield facts


def chat_in(bot: Bot, channel_id: str) -> DiscordChat:
    """Return a chat whose `training` is this channel."""
    ids = {name: bot.described["channels"][name] for name in Channels.model_fields}
    return DiscordChat(bot, Channels.model_validate(ids | {"training": int(channel_id)}))


async def test_a_forum_in_the_place_of_a_channel_is_told_and_not_tried_again(described, town):
    """The sentence names the setting and the way out."""
    await town.admin("create_forum", channel="ideas")
    channels = (await town.get("/_client/state?as=nok"))["channels"]
    forum = next(one["id"] for one in channels if one["name"] == "ideas")

    async with online(Bot(described)) as bot:
        with pytest.raises(Upstream, match="`training` of the config takes no messages, as a forum") as told:
            await chat_in(bot, forum).post("training", Card("RUN-1"), nonce="RUN-1")

    assert ("discord.channels.training", False) == (told.value.system, told.value.retryable)
