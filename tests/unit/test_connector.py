"""The lines to Discord: bounded, whether it is Discord itself or a server in its place."""

import pytest

from bot.connector import CONNECTIONS, connector_of
from bot.effects.draw import DRAWN_AT_ONCE
from bot.lifecycle import CHANNELS
from tests.support.ports import SETTINGS


@pytest.mark.parametrize("connect_to", [None, "127.0.0.1:9"], ids=["discord", "a private server"])
async def test_a_burst_of_answers_does_not_open_a_line_for_each(connect_to: str | None):
    """But more lines than all cards take that are drawn at once, so that an answer never waits for a card."""
    settings = SETTINGS.discord.model_copy(update={"connect_to": connect_to})
    connector = connector_of(settings)
    limit = connector.limit
    await connector.close()

    assert CONNECTIONS == limit
    assert DRAWN_AT_ONCE * len(set(CHANNELS.values())) < CONNECTIONS
