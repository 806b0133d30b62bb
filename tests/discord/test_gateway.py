"""The sandbox's gateway, as a bare client meets it: close codes, resume and replay, heartbeats."""

import asyncio
import contextlib
from collections.abc import Iterator
from contextlib import AsyncExitStack
from typing import Any

import aiohttp
import pytest

from sandbox.discord.lines import REPLAYED_MAX
from sandbox.person import Town
from tests.support.discord_town import Bot, Connector, discord_sandbox, online, url_of
from tests.support.gateway_line import GUILDS, MESSAGES, Line


@pytest.fixture(scope="module")
def described(tmp_path_factory) -> Iterator[dict[str, Any]]:
    """Run one sandbox for the module."""
    with discord_sandbox(tmp_path_factory.mktemp("discord")) as facts:
        yield facts


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


@pytest.mark.parametrize("text", ["no json", "[]", '{"op": 2}', '{"op": 6, "d": 7}'])
async def test_a_frame_without_form_is_closed_with_4002(described, text):
    """Neither JSON, nor an object, nor fields where they are due."""
    async with Line(described) as line:
        await line.socket.send_str(text)

        assert 4002 == await line.close_code()


@pytest.mark.parametrize(
    "query", ["", "v=9&encoding=json", "v=10&encoding=etf", "v=10&encoding=json&compress=lzma-stream"]
)
async def test_another_dialect_is_closed_with_4012(described, query):
    """Only version 10 in JSON is spoken, and only two compressions."""
    async with Line(described, query, is_greeted=False) as line:
        assert 4012 == await line.close_code()


async def test_who_identifies_twice_is_closed_with_4005(described):
    """One line is one session."""
    async with Line(described) as line:
        await line.identify()
        await line.identify()

        assert 4005 == await line.close_code()


async def test_a_sequence_from_the_future_is_closed_with_4007(described):
    """A resume cannot know more than was sent."""
    async with Line(described) as line:
        await line.identify()
        ready = await line.hear()
        await line.socket.close(code=4000)
    async with Line(described) as line:
        asked = {"token": described["token"], "session_id": ready["d"]["session_id"]}
        await line.say(6, asked | {"seq": 99})

        assert 4007 == await line.close_code()


async def test_the_121st_frame_of_a_minute_is_closed_with_4008(described):
    """Heartbeats count too."""
    async with Line(described) as line:
        for _ in range(121):
            await line.say(1, None)

        assert 4008 == await line.close_code()


async def test_who_sends_no_heartbeat_is_closed_with_4009(tmp_path):
    """Other frames do not count as one; discord.py, which sends them, stays."""
    with discord_sandbox(tmp_path, options=("--heartbeat-ms", "4000")) as described:
        async with online(Bot(described)) as bot, Line(described) as line:
            await line.identify()
            code = await closed_while_talking(line)

            assert (4009, [], False) == (code, bot.events("RESUMED"), bot.is_closed())
            assert 1 == len(bot.events("READY"))


async def closed_while_talking(line: Line) -> int:
    """Send presences, and return the code that the line is closed with."""
    while True:
        await line.say(3, {})
        with contextlib.suppress(TimeoutError):
            while (frame := await line.socket.receive(timeout=0.3)).type is aiohttp.WSMsgType.BINARY:
                pass
            return frame.data


async def test_who_starts_more_than_a_thousand_sessions_a_day_loses_the_token(tmp_path):
    """The count is told before; then all sessions end with 4004, and REST refuses the old token too."""
    with discord_sandbox(tmp_path) as described:
        async with AsyncExitStack() as stack, Town(url_of(described)) as town:
            lines = [await stack.enter_async_context(Line(described)) for _ in range(100)]
            for _ in range(10):  # sessions that are begun anew on their lines count as those on new ones
                await asyncio.gather(*(a_session(line) for line in lines))
                left = await sessions_left(described)
                if left != (200, 0):
                    await town.fault("invalid_session", resumable=False)
                    assert {9} == {(await line.hear())["op"] for line in lines}
            async with Line(described) as one_more:
                await one_more.identify()
                codes = [await one_more.close_code(), await lines[0].close_code()]

            assert (200, 0) == left
            assert [4004, 4004] == codes
            assert (401, None) == await sessions_left(described)


async def a_session(line: Line) -> None:
    """Start a session."""
    await line.identify(intents=0)
    await line.hear()


async def sessions_left(described: dict[str, Any]) -> tuple[int, int | None]:
    """Return the status of GET /gateway/bot, and how many sessions may still be started."""
    headers = {"Authorization": f"Bot {described['token']}"}
    async with (
        aiohttp.ClientSession(connector=Connector(described), headers=headers) as session,
        session.get("https://discord.com/api/v10/gateway/bot") as answer,
    ):
        limit = (await answer.json()).get("session_start_limit", {})
        return answer.status, limit.get("remaining")


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


async def test_a_channel_that_the_bot_may_not_see_is_not_heard(described, town):
    """What is said where only those on call are stays there, with what happens to it."""
    async with Line(described) as line:
        await line.identify(intents=GUILDS | MESSAGES)
        start = [(await line.hear())["t"] for _ in range(2)]
        private = await town.person("somchai").say("on-call", "between us")
        await town.person("somchai").delete(private)
        await town.person("nok").say("general", "for everyone")

        assert (["READY", "GUILD_CREATE"], "MESSAGE_CREATE") == (start, (heard := await line.hear())["t"])
        assert described["channels"]["general"] == heard["d"]["channel_id"]


def usernames(chunk: dict[str, Any]) -> list[str]:
    """Return the names of the members in a chunk."""
    return [one["user"]["username"] for one in chunk["d"]["members"]]


async def test_members_are_found_by_id_and_by_name(described):
    """Who is not there stands in `not_found`; names go by how they begin, so many as are asked for."""
    nok, guild = described["people"]["nok"], {"guild_id": described["guild"]}
    async with Line(described) as line:
        await line.identify()
        await line.hear()
        await line.hear()
        await line.say(8, guild | {"user_ids": [nok, "1"], "nonce": "n"})
        by_id = await line.hear()
        await line.say(8, guild | {"user_ids": nok})
        one = await line.hear()
        await line.say(8, guild | {"query": "KAN", "limit": 5})
        by_name = await line.hear()
        await line.say(8, guild | {"query": "n", "limit": 1})
        few = await line.hear()

    assert (["nok"], ["1"], "n") == (usernames(by_id), by_id["d"]["not_found"], by_id["d"]["nonce"])
    assert (["nok"], ["kanya"], ["nok"]) == (usernames(one), usernames(by_name), usernames(few))


async def test_the_whole_list_of_members_is_not_for_everyone(described):
    """Without the privileged intent there is no answer, to any size of it."""
    async with Line(described) as line:
        await line.identify(intents=0)
        await line.hear()
        for limit in (0, 5):
            await line.say(8, {"guild_id": described["guild"], "query": "", "limit": limit})
        await line.say(1, None)

        assert 11 == (await line.hear())["op"]


@pytest.mark.parametrize("fields", [{}, {"query": 5}, {"query": "n", "limit": "x"}])
async def test_members_are_asked_for_by_something(described, fields):
    """By ids or by a name."""
    async with Line(described) as line:
        await line.identify()
        await line.say(8, {"guild_id": described["guild"]} | fields)

        assert 4002 == await line.close_code()


@pytest.mark.parametrize("is_resumable", [True, False])
async def test_an_invalid_session_is_begun_anew_on_the_same_line(described, town, is_resumable):
    """After op 9 the line is one that has not identified yet."""
    async with Line(described) as line:
        await line.identify(intents=0)
        await line.hear()
        await town.fault("invalid_session", resumable=is_resumable)
        told = await line.hear()
        await line.identify(intents=0)

        assert (9, is_resumable, "READY") == (told["op"], told["d"], (await line.hear())["t"])
