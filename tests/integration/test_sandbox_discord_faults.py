"""The sandbox's gateway, rate limits and faults, as discord.py and a bare client meet them."""

import asyncio
import json
import sys
import time
import zlib
from collections.abc import AsyncIterator, Iterator
from typing import Any, Self

import aiohttp
import discord
import pytest

from sandbox.person import Town
from tests.support.discord_town import ROOT, Api, Bot, Connector, discord_sandbox, eventually, online, url_of

GUILDS, MESSAGES = 1, 1 << 9


@pytest.fixture(scope="module")
def described(tmp_path_factory) -> Iterator[dict[str, Any]]:
    """Run one sandbox at Discord's own pace for the module."""
    with discord_sandbox(tmp_path_factory.mktemp("discord"), pace=1.0) as facts:
        yield facts


@pytest.fixture
async def town(described) -> AsyncIterator[Town]:
    """Return the people; at the end every fault is lifted."""
    async with Town(url_of(described)) as people:
        yield people
        await people.fault("lift")


@pytest.fixture
async def bot(described) -> AsyncIterator[Bot]:
    """Return a bot that is online."""
    client = Bot(described)

    @client.tree.command(description="Answer")
    async def ping(interaction: discord.Interaction) -> None:
        await interaction.response.send_message("pong", ephemeral=True)

    async with online(client):
        await client.sync()
        yield client


class Line:
    """A bare gateway connection."""

    def __init__(self, described: dict[str, Any]) -> None:
        self.described = described

    async def __aenter__(self) -> Self:
        self.line = Connector(self.described)
        self.session = aiohttp.ClientSession(connector=self.line)
        url = "wss://gateway.discord.gg/?v=10&encoding=json&compress=zlib-stream"
        self.socket = await self.session.ws_connect(url)
        self.stream = zlib.decompressobj()
        assert 10 == (await self.hear())["op"]
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.socket.close()
        await self.session.close()
        await self.line.settled()

    async def hear(self) -> dict[str, Any]:
        """Return the next frame."""
        return json.loads(self.stream.decompress(await self.socket.receive_bytes(timeout=5)))

    async def say(self, op: int, fields: Any) -> None:
        """Send a frame, as bytes, which is allowed too."""
        await self.socket.send_bytes(json.dumps({"op": op, "d": fields}).encode())

    async def identify(self, **fields: Any) -> None:
        """Send an IDENTIFY."""
        await self.say(2, {"token": self.described["token"], "intents": GUILDS, "properties": {}} | fields)

    async def close_code(self) -> int:
        """Return the code that the line is closed with."""
        while (frame := await self.socket.receive(timeout=5)).type is not aiohttp.WSMsgType.CLOSE:
            assert frame.type is aiohttp.WSMsgType.BINARY
        return frame.data


async def test_a_wrong_token_is_refused_at_both_doors(described):
    """401 over REST, close code 4004 over the gateway."""
    async with Api(described) as api:
        status, body = await api.call("GET", "/users/@me", token="wrong")
    async with Line(described) as line:
        await line.identify(token="wrong")
        code = await line.close_code()

    assert (401, 0, 4004) == (status, body["code"], code)


async def test_discord_py_reports_a_wrong_token(described):
    """LoginFailure, as a person with a mistyped token would see."""
    bot = Bot(described | {"token": "wrong"})

    with pytest.raises(discord.LoginFailure):
        async with online(bot):
            pass


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


@pytest.mark.parametrize("fault", [{"kind": "disconnect", "code": 4000}, {"kind": "reconnect"}])
async def test_discord_py_comes_back_by_itself_and_answers(bot, town, fault):
    """After a dropped line or op 7 the session is resumed, and commands work."""
    await town.fault(**fault)
    await eventually(lambda: bot.events("RESUMED"), what="a resume")

    reply = await town.person("nok").slash("ping", channel="general")

    assert "pong" == reply.text


async def test_an_interaction_may_be_dropped_or_come_twice(bot, town):
    """Dropped: the person sees a failure. Twice: the second answer is refused, the first holds."""
    await town.fault("duplicate_interaction")
    twice = await town.person("nok").slash("ping", channel="general")
    await eventually(lambda: len(bot.events("INTERACTION_CREATE")) == 2)
    await town.fault("drop_interaction")

    dropped = await town.person("nok").slash("ping", channel="general")

    assert ("answered", "failed") == (twice.state, dropped.state)


async def test_the_sixth_message_within_five_seconds_waits(described):
    """The headers count down to a 429 with Via, which says how long and which bucket."""
    async with Api(described) as api:
        path = f"/channels/{described['channels']['ops']}/messages"
        answers = [await api.call("POST", path, {"content": str(number)}) for number in range(6)]

    status, body = answers[-1]
    assert ([200] * 5, 429, False) == ([one for one, _ in answers[:5]], status, body["global"])
    assert 0 < body["retry_after"] <= 5


async def test_discord_py_waits_out_a_429_and_retries_a_502(bot, town):
    """Both messages arrive; a 429 without Via is taken for a ban and raised."""
    began = time.monotonic()
    await town.fault("429", retry_after=0.2, path="/messages")
    await bot.place("training").send("after a 429")
    waited_s = time.monotonic() - began
    await town.fault("http_status", status=502, path="/messages")
    await bot.place("training").send("after a 502")
    await town.fault("429", via=False, path="/messages")
    with pytest.raises(discord.HTTPException) as banned:
        await bot.place("training").send("never")

    assert 0.2 <= waited_s
    assert 429 == banned.value.status
    await town.person("nok").sees("training", "after a 502")
    await town.person("nok").sees_nothing("training", "never")


@pytest.mark.usefixtures("bot")
async def test_down_means_no_gateway_and_no_rest_until_it_is_lifted(town, described):
    """People still see the page; the bot is offline, and comes back by itself."""
    await town.fault("down")
    await town.bot_is_online(online=False)
    async with Api(described) as api:
        status, _ = await api.call("GET", "/users/@me")
    await town.fault("lift")
    await town.bot_is_online()

    reply = await town.person("nok").slash("ping", channel="general")

    assert (503, "pong") == (status, reply.text)


async def test_a_killed_bot_is_offline_at_once_and_the_next_one_answers(described, town, tmp_path):
    """Kill -9: its commands remain, a command meanwhile fails, and the next process serves it."""
    facts = tmp_path / "discord.json"
    facts.write_text(json.dumps(described), encoding="utf-8")

    async def started(name: str) -> asyncio.subprocess.Process:
        argv = (sys.executable, "-m", "tests.support.ping_bot", str(facts), name)
        process = await asyncio.create_subprocess_exec(*argv, cwd=ROOT, stdout=asyncio.subprocess.PIPE)
        assert b"ready\n" == await process.stdout.readline()
        return process

    first = await started("one")
    before = await town.person("nok").slash("ping", channel="general")
    first.kill()
    await town.bot_is_online(online=False, within_s=1.0)
    meanwhile = await town.person("nok").slash("ping", channel="general")
    second = await started("two")
    after = await town.person("nok").slash("ping", channel="general")
    second.kill()
    await asyncio.gather(first.wait(), second.wait())

    assert ("pong from one", "failed", "pong from two") == (before.text, meanwhile.state, after.text)


async def test_fifty_requests_a_second_are_the_limit_over_all_routes(described):
    """The 51st is a global 429, whatever its route."""
    async with Api(described) as api:
        paths = ["/users/@me", f"/guilds/{described['guild']}"] * 30
        answers = await asyncio.gather(*(api.call("GET", path) for path in paths))

    limited = [body for status, body in answers if status == 429]
    assert [True] * len(limited) == [body["global"] for body in limited]
    assert 5 <= len(limited) <= 15


async def test_an_unknown_route_is_remembered(described, town):
    """404, and a line in the report, so that a test can fail on it."""
    async with Api(described) as api:
        status, _ = await api.call("GET", "/nowhere")

    assert 404 == status
    assert "GET /nowhere" in (await town.violations())["unknown_routes"]


async def test_people_hear_events_as_they_happen(bot, town):
    """Server-sent events bring the message, and the interaction's way from waiting to answered, to its person only."""
    heard: list[dict[str, Any]] = []
    others: list[dict[str, Any]] = []

    async def listen(who: str, into: list[dict[str, Any]]) -> None:
        async with town.session.get(f"{town.url}/_client/events?as={who}") as response:
            async for line in response.content:
                if line.startswith(b":"):
                    into.append({"type": "open"})
                elif line.startswith(b"data: "):
                    into.append(json.loads(line[6:]))

    listeners = [asyncio.create_task(listen("nok", heard)), asyncio.create_task(listen("malee", others))]
    await eventually(lambda: heard and others)
    await town.person("nok").slash("ping", channel="general")
    await bot.place("announcements").send("for all")
    await eventually(lambda: any(one.get("message", {}).get("content") == "for all" for one in others))
    for one in listeners:
        one.cancel()
    await asyncio.gather(*listeners, return_exceptions=True)

    assert ["waiting", "answered"] == [one["state"] for one in heard if one["type"] == "interaction"]
    assert ["pong", "for all"] == [one["message"]["content"] for one in heard if one["type"] == "message_create"]
    assert ["for all"] == [one["message"]["content"] for one in others if one["type"] == "message_create"]


async def test_other_origins_may_not_act(town):
    """A page from elsewhere, or one that rebinds a name to loopback, is turned away."""
    body = {"as": "nok", "op": "say", "channel": "general", "content": "x"}
    statuses = []
    for headers in ({"Origin": "https://evil.example"}, {"Host": "evil.example"}):
        async with town.session.post(f"{town.url}/_client/act", json=body, headers=headers) as response:
            statuses.append(response.status)

    assert [403, 403] == statuses
