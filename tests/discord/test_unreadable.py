"""What Discord says and discord.py cannot read: the bot's process lives on, and hears what comes after it."""

import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from sandbox.discord.town import CHANNELS, GUILD_ID
from sandbox.road import Patient
from tests.support.bot_in_discord import BotInDiscord, bot_in_discord
from tests.support.waiting import eventually

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(720)]

PLACE = {"id": CHANNELS["training"], "guild_id": GUILD_ID}
EVENTS: tuple[tuple[str, Any], ...] = (
    ("MESSAGE_DELETE", {"id": None, "channel_id": None}),
    ("MESSAGE_DELETE_BULK", None),
    ("MESSAGE_CREATE", {}),
    ("MESSAGE_UPDATE", ["no", "object"]),
    ("CHANNEL_CREATE", PLACE),
    ("CHANNEL_UPDATE", PLACE | {"type": "zero"}),
    ("CHANNEL_DELETE", PLACE | {"guild_id": {}}),
    ("THREAD_CREATE", PLACE | {"type": 11, "parent_id": None}),
    ("GUILD_ROLE_CREATE", {"guild_id": GUILD_ID, "role": {}}),
    ("GUILD_MEMBER_ADD", {"guild_id": GUILD_ID, "user": {"id": "anan"}, "roles": None}),
    ("GUILD_CREATE", {"id": GUILD_ID, "channels": [{"id": "1", "type": 0}], "members": [{"user": None}]}),
    ("GUILD_UPDATE", {"id": []}),
    ("INTERACTION_CREATE", {"id": "1", "application_id": None, "token": "a-secret-of-this-interaction"}),
    ("VOICE_STATE_UPDATE", 5),
)
SPOILED: tuple[tuple[str, str, Any], ...] = (
    ("READY", "user.id", None),
    ("HELLO", "", None),
    ("GUILD_CREATE", "members.0.user", None),
    ("GUILD_CREATE", "roles.0.permissions", "many"),
    ("GUILD_CREATE", "channels", None),
)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def up(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[BotInDiscord]:
    """Return the module's bot in its Discord."""
    async with bot_in_discord(tmp_path_factory.mktemp("unreadable")) as both:
        yield both


async def lives_on(up: BotInDiscord, process: int) -> None:
    """Check that the same process answers people, and has written neither traceback nor secret."""
    await up.town.bot_is_online()
    reply = await Patient(up.town.person("nok")).slash("requirement list", channel="general")

    assert "There is no requirement yet" in reply.text
    up.bot.must_run()
    assert process == up.pid
    assert [] == [word for word in ("Traceback", "─ locals ─", up.token, "a-secret-of") if word in up.log]


async def test_an_event_that_cannot_be_read_is_logged_once_and_what_comes_after_it_is_heard(tmp_path: Path) -> None:
    """Fields that lack, are null or of another type, in any event: a line of the log, on the same connection.

    The bot is the test's own: one that could not read its guild does not try to read the guild's channels.
    """
    async with bot_in_discord(tmp_path) as up:
        process = up.pid
        for event, fields in (*EVENTS, *EVENTS):
            await up.town.fault("event", event=event, fields=fields)
        await lives_on(up, process)

        assert sorted(event for event, _ in EVENTS) == sorted(re.findall(r"cannot be read.* unread=(\w+)", up.log))
        assert 0 == up.renewals


async def test_a_frame_that_cannot_be_read_renews_the_connection(up: BotInDiscord) -> None:
    """What is no JSON, and what comes before the bot is ready: after a while there is a new session."""
    process, count = up.pid, up.renewals
    await up.town.fault("spoil", event="READY", at="session_id")
    await up.town.fault("frame", text="<html>not JSON</html>")
    await eventually(lambda: up.renewals == count + 2)

    await lives_on(up, process)


async def test_a_guild_that_cannot_be_read_keeps_nobody_from_being_answered(up: BotInDiscord) -> None:
    """What the bot is told of its guild at the start lacks what it must have."""
    process, count = up.pid, up.renewals
    await up.town.fault("spoil", event="GUILD_CREATE", at="channels.0.name")
    await up.town.fault("frame", text="[]")
    await eventually(lambda: up.renewals == count + 1)

    await lives_on(up, process)


@pytest.mark.repetition
@pytest.mark.parametrize(("event", "at", "value"), SPOILED)
async def test_a_start_in_any_other_form_is_lived_through(tmp_path: Path, event: str, at: str, value: Any) -> None:
    """The same for other fields."""
    async with bot_in_discord(tmp_path) as up:
        process = up.pid
        await up.town.fault("spoil", event=event, at=at, value=value)
        await up.town.fault("frame", text='{"op": 0, "t": ["READY"], "s": null, "d": {}}')
        await eventually(lambda: up.renewals >= (1 if event == "GUILD_CREATE" else 2))

        await lives_on(up, process)
