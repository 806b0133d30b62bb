"""The sandbox's gateway, rate limits and faults, as discord.py and a bare client meet them."""

import asyncio
import io
import json
import sys
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Any

import discord
import pytest

from tests.support.discord_town import FAST, ROOT, Api, Bot, discord_sandbox, eventually, online
from tests.support.gateway_line import Line
from tests.support.waiting import eventually_awaited


@pytest.fixture(scope="module")
def described(tmp_path_factory) -> Iterator[dict[str, Any]]:
    """Run one sandbox at Discord's own pace for the module."""
    with discord_sandbox(tmp_path_factory.mktemp("discord"), pace=1.0) as facts:
        yield facts


@pytest.fixture
async def bot(described, town) -> AsyncIterator[Bot]:
    """Return a bot that is online; it need not wait because of the one before."""
    client = Bot(described)

    @client.tree.command(description="Answer")
    async def ping(interaction: discord.Interaction) -> None:
        await interaction.response.send_message("pong", ephemeral=True)

    await town.fault("pace", factor=FAST)
    async with online(client):
        await client.sync()
        await town.fault("pace", factor=1)
        yield client


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


@pytest.mark.parametrize("fault", [{"kind": "disconnect", "code": 4000}, {"kind": "reconnect"}])
async def test_discord_py_comes_back_by_itself_and_answers(bot, town, fault):
    """After a dropped line or op 7 the session is resumed, and commands work."""
    await town.fault(**fault)
    await eventually(lambda: bot.events("RESUMED"), what="a resume")

    reply = await town.person("nok").slash("ping", channel="general")

    assert "pong" == reply.text


async def test_an_invalid_session_may_be_resumable(bot, town):
    """Op 9 true: discord.py resumes what it had."""
    await town.fault("invalid_session", resumable=True)
    await eventually(lambda: bot.events("RESUMED"), what="a resume")

    assert 1 == len(bot.events("READY"))


async def test_an_invalid_session_starts_anew_and_commands_work(bot, town):
    """Op 9 false: discord.py waits its five seconds, identifies again, and answers."""
    await town.fault("invalid_session")
    await eventually(lambda: len(bot.events("READY")) == 2, what="a new session")

    reply = await town.person("nok").slash("ping", channel="general")

    assert ("pong", []) == (reply.text, bot.events("RESUMED"))


async def test_an_answer_on_a_slow_way_comes_too_late(described, town):
    """The person sees a failure, and the bot's answer is refused as Discord refuses a late one."""
    refused: list[int] = []
    client = Bot(described)

    @client.tree.command(description="Answer")
    async def ping(interaction: discord.Interaction) -> None:
        try:
            await interaction.response.send_message("pong")
        except discord.NotFound as late:
            refused.append(late.code)

    async with online(client):
        await client.sync()
        await town.fault("late_answer", delay_s=3.5)
        late = await town.person("nok").slash("ping", channel="general")
        await eventually(lambda: refused, what="the late answer")
        prompt = await town.person("nok").slash("ping", channel="general")

    assert ("failed", [10062], "pong") == (late.state, refused, prompt.text)


async def test_latency_holds_up_the_requests_that_it_is_meant_for(bot, town):
    """A message waits, and then arrives."""
    await town.fault("latency", delay_s=0.4, path="/messages", method="POST")
    began = time.monotonic()

    await bot.place("audit").send("after a while")

    assert 0.4 <= time.monotonic() - began
    await town.person("nok").sees("audit", "after a while")


async def test_a_download_may_fail_once(bot, town):
    """The CDN answers 404, and the next time the file."""
    sent = await bot.place("deployments").send(file=discord.File(io.BytesIO(b"report"), "report.txt"))
    await town.fault("cdn")

    with pytest.raises(discord.NotFound):
        await sent.attachments[0].read()

    assert b"report" == await sent.attachments[0].read()


async def test_a_faster_pace_lets_more_through_until_it_is_lifted(described, town):
    """Six messages at once pass at ten times the pace, and five of a bucket at Discord's own."""
    path, other = (f"/channels/{described['channels'][name]}/messages" for name in ("requirements", "monitoring"))
    await town.fault("pace", factor=10)
    async with Api(described) as api:
        fast = [await api.call("POST", path, {"content": str(number)}) for number in range(6)]
        await town.fault("lift")
        _, _, headers = await api.ask("POST", other, {"content": "x"})

    assert ([200] * 6, "5") == ([status for status, _ in fast], headers["X-RateLimit-Limit"])


async def test_ten_thousand_invalid_requests_are_a_ban(described, town):
    """Cloudflare's page instead of JSON, whatever is asked; here at a thousandth of the pace, and so after ten."""
    await town.fault("pace", factor=0.001)
    async with Api(described) as api:
        for _ in range(10):
            await api.call("GET", "/users/@me", token="wrong")
        status, page, headers = await api.ask("GET", "/gateway")
        await town.fault("lift")

        async def is_let_in() -> bool:
            return (await api.call("GET", "/gateway"))[0] == 200

        await eventually_awaited(is_let_in)  # at once, or in the next second where others have asked much in this one

    assert (429, True) == (status, "1015" in page)
    assert ("text/html", "600", False) == (headers["Content-Type"][:9], headers["Retry-After"], "Via" in headers)


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
        answers = [await api.ask("POST", path, {"content": str(number)}) for number in range(6)]
        _, _, elsewhere = await api.ask("POST", f"/channels/{described['channels']['training']}/typing")

    status, body, headers = answers[-1]
    assert ([200] * 5, 429, False) == ([one for one, _, _ in answers[:5]], status, body["global"])
    assert 0 < body["retry_after"] <= 5
    assert ["4", "3", "2", "1", "0", "0"] == [one["X-RateLimit-Remaining"] for _, _, one in answers]
    assert [{"5"}, 1] == [{one["X-RateLimit-Limit"] for _, _, one in answers}, len(buckets_of(answers))]
    assert ("user", "1.1 google", True) == (headers["X-RateLimit-Scope"], headers["Via"], "Retry-After" in headers)
    assert 0 < float(headers["X-RateLimit-Reset-After"]) <= 5
    assert abs(float(headers["X-RateLimit-Reset"]) - time.time()) < 60
    assert elsewhere["X-RateLimit-Bucket"] not in buckets_of(answers)


def buckets_of(answers: list[tuple[int, Any, Mapping[str, str]]]) -> set[str]:
    """Return the names of the buckets that the answers were counted in."""
    return {headers["X-RateLimit-Bucket"] for _, _, headers in answers}


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


async def test_sessions_are_started_one_in_five_seconds(tmp_path):
    """Who identifies too soon gets op 9, may try again on the same line, and loses none of the day's sessions."""
    with discord_sandbox(tmp_path, pace=1.0) as described:
        async with Line(described) as first, Line(described) as second:
            await first.identify()
            ready = await first.hear()
            over_at = time.monotonic() + 5.1
            await second.identify()
            refused = await second.hear()
            await eventually(lambda: time.monotonic() > over_at)
            await second.identify()
            taken = await second.hear()
        async with Api(described) as api:
            _, told = await api.call("GET", "/gateway/bot")

    assert ("READY", 9, False, "READY") == (ready["t"], refused["op"], refused["d"], taken["t"])
    assert (1, 998) == tuple(told["session_start_limit"][name] for name in ("max_concurrency", "remaining"))


async def test_discord_py_waits_by_itself_when_it_comes_too_soon(tmp_path):
    """A bot that is started again at once is refused, waits its five seconds, and is there."""
    with discord_sandbox(tmp_path, pace=1.0) as described:
        async with online(Bot(described)):
            pass
        began = time.monotonic()
        async with online(Bot(described)) as again:
            took_s = time.monotonic() - began
            invalid = [one for one in again.heard if one["op"] == 9]

    assert (1, True) == (len(invalid), 4 < took_s < 9)


async def test_a_killed_bot_is_offline_at_once_and_the_next_one_answers(described, town, tmp_path):
    """Kill -9: its commands remain, a command meanwhile fails, and the next process serves it."""
    facts = tmp_path / "discord.json"
    facts.write_text(json.dumps(described), encoding="utf-8")

    async def started(name: str) -> asyncio.subprocess.Process:
        argv = (sys.executable, "-m", "tests.support.ping_bot", str(facts), name)
        process = await asyncio.create_subprocess_exec(*argv, cwd=ROOT, stdout=asyncio.subprocess.PIPE)
        assert process.stdout is not None
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
    begun = time.monotonic()
    await eventually(lambda: time.monotonic() > begun + 1)  # what others have asked counts no more
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


async def test_other_origins_may_not_act(town):
    """A page from elsewhere, or one that rebinds a name to loopback, is turned away."""
    body = {"as": "nok", "op": "say", "channel": "general", "content": "x"}
    statuses = []
    for headers in ({"Origin": "https://evil.example"}, {"Host": "evil.example"}):
        async with town.session.post(f"{town.url}/_client/act", json=body, headers=headers) as response:
            statuses.append(response.status)

    assert [403, 403] == statuses
