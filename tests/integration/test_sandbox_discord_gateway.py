"""The sandbox's gateway, as a bare client meets it: close codes, resume and replay, heartbeats."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from sandbox.discord.gateway import REPLAYED_MAX
from sandbox.person import Town
from tests.support.discord_town import discord_sandbox, url_of
from tests.support.gateway_line import GUILDS, MESSAGES, Line


@pytest.fixture(scope="module")
def described(tmp_path_factory) -> Iterator[dict[str, Any]]:
    """Run one sandbox for the module."""
    with discord_sandbox(tmp_path_factory.mktemp("discord")) as facts:
        yield facts


@pytest.fixture
async def town(described) -> AsyncIterator[Town]:
    """Return the people; at the end every fault is lifted."""
    async with Town(url_of(described)) as people:
        yield people
        await people.fault("lift")


@pytest.mark.parametrize(
    ("op", "fields", "code"),
    [
        (99, {}, 4001),
        (3, {}, 4003),
        (2, {"intents": 1 << 40}, 4013),
        (2, {"intents": 1 << 15}, 4014),
        (2, {"shard": [2, 1]}, 4010),
    ],
)
async def test_the_gateway_closes_with_the_documented_code(described, op, fields, code):
    """Unknown opcode, not identified, invalid and disallowed intents, invalid shard."""
    async with Line(described) as line:
        await (line.identify(**fields) if op == 2 else line.say(op, fields))

        assert code == await line.close_code()


async def test_events_come_only_by_intent(described, town):
    """Without the message intent there is no MESSAGE_CREATE; a heartbeat is acknowledged meanwhile."""
    async with Line(described) as line:
        await line.identify(intents=GUILDS)
        start = [(await line.hear())["t"] for _ in range(2)]
        await town.person("nok").say("general", "nobody hears")
        await line.say(1, None)

        assert (["READY", "GUILD_CREATE"], 11) == (start, (await line.hear())["op"])


async def test_a_lost_line_is_resumed_with_everything_missed(described, town):
    """RESUME replays what came after the sequence number; an unknown session is op 9."""
    async with Line(described) as line:
        await line.identify(intents=GUILDS | MESSAGES)
        ready = await line.hear()
        await line.hear()
        await line.socket.close(code=4000)
        await town.bot_is_online(online=False)
    await town.person("nok").say("general", "while away")
    resume = {"token": described["token"], "session_id": ready["d"]["session_id"], "seq": ready["s"]}

    async with Line(described) as line:
        await line.say(6, resume)
        heard = [(await line.hear())["t"] for _ in range(3)]
    async with Line(described) as line:
        await line.say(6, resume | {"session_id": "unknown"})
        invalid = await line.hear()

    assert ["GUILD_CREATE", "MESSAGE_CREATE", "RESUMED"] == heard
    assert (9, False) == (invalid["op"], invalid["d"])


async def test_what_is_no_longer_kept_cannot_be_resumed(described, town):
    """A client that missed more than is kept is told to start anew, instead of losing events in silence."""
    async with Line(described) as line:
        await line.identify(intents=GUILDS | MESSAGES)
        ready = await line.hear()
        await line.socket.close(code=4000)
        await town.bot_is_online(online=False)
    await asyncio.gather(*(town.person("nok").say("general", str(number)) for number in range(REPLAYED_MAX)))

    async with Line(described) as line:
        resume = {"token": described["token"], "session_id": ready["d"]["session_id"], "seq": ready["s"]}
        await line.say(6, resume)
        too_old = await line.hear()
    async with Line(described) as line:
        await line.say(6, resume | {"seq": ready["s"] + 1})
        young = await line.hear()

    assert (9, False) == (too_old["op"], too_old["d"])
    assert ("MESSAGE_CREATE", ready["s"] + 2) == (young["t"], young["s"])
