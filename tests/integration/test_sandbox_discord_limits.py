"""Every limit of Discord's that the sandbox keeps, tried over REST, one row past it."""

import asyncio
import io
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any

import discord
import pytest
from discord import app_commands

from sandbox.discord.command_rules import is_name
from sandbox.person import Town
from tests.support import over_limit, over_limit_commands
from tests.support.discord_town import Api, Bot, discord_sandbox, eventually, faults_of, online, url_of

Send = Callable[[Any], Awaitable[tuple[int, Any]]]


@pytest.fixture(scope="module")
def described(tmp_path_factory) -> Iterator[dict[str, Any]]:
    """Run one sandbox for the module."""
    with discord_sandbox(tmp_path_factory.mktemp("discord")) as facts:
        yield facts


@pytest.fixture
async def api(described) -> AsyncIterator[Api]:
    """Return bare REST."""
    async with Api(described) as bare:
        yield bare


async def refusals(rows: tuple[over_limit.Row, ...], send: Send) -> dict[str, tuple[str, str | None]]:
    """Send every row and return how each was refused, by name: `(path, code)` of the fault that is looked for."""
    seen = {}
    for name, body, path, _ in rows:
        status, answer = await send(body)
        faults = faults_of(answer.get("errors", {})) if status == 400 else {}
        seen[name] = (path, faults.get(path, f"{status} {answer.get('code')} {faults}"))
    return seen


def wanted(rows: tuple[over_limit.Row, ...]) -> dict[str, tuple[str, str]]:
    """Return how every row must be refused."""
    return {name: (path, code) for name, _, path, code in rows}


async def test_messages_past_a_limit_are_refused_where_they_are_wrong(api):
    """50035 with a tree that names the field."""
    path = f"/channels/{api.described['channels']['general']}/messages"

    seen = await refusals(over_limit.MESSAGES, lambda body: api.call("POST", path, body))

    assert wanted(over_limit.MESSAGES) == seen


async def test_messages_at_the_limit_are_taken(api):
    """The last that fits, fits."""
    path = f"/channels/{api.described['channels']['general']}/messages"

    statuses = [(await api.call("POST", path, body))[0] for body in over_limit.AT_THE_LIMIT]

    assert [200] * len(over_limit.AT_THE_LIMIT) == statuses


async def test_commands_past_a_limit_are_refused_where_they_are_wrong(api):
    """And what was registered before stays."""
    path = f"/applications/{api.described['application']}/guilds/{api.described['guild']}/commands"
    await api.call("PUT", path, over_limit_commands.command(name="kept"))

    seen = await refusals(over_limit_commands.COMMANDS, lambda body: api.call("PUT", path, body))

    _, kept = await api.call("GET", path)
    assert wanted(over_limit_commands.COMMANDS) == seen
    assert ["kept"] == [one["name"] for one in kept]


async def test_threads_past_a_limit_are_refused_where_they_are_wrong(api):
    """Names, tags and archive durations."""
    path = f"/channels/{api.described['channels']['general']}/threads"

    seen = await refusals(over_limit.THREADS, lambda body: api.call("POST", path, body))

    assert wanted(over_limit.THREADS) == seen


async def test_modals_and_callbacks_past_a_limit_leave_the_interaction_open(api, described):
    """Each is refused, and the interaction can still be answered; a second answer is 40060."""
    bot = Bot(described)
    taken: list[discord.Interaction] = []

    @bot.tree.command(description="Hand the interaction to the test")
    async def take(interaction: discord.Interaction) -> None:
        taken.append(interaction)

    async with online(bot), Town(url_of(described)) as town:
        await bot.sync()
        asking = asyncio.create_task(town.person("anan").slash("take", channel="general"))
        await eventually(lambda: taken)
        path = f"/interactions/{taken[0].id}/{taken[0].token}/callback"
        modals = await refusals(over_limit.MODALS, lambda body: api.call("POST", path, {"type": 9, "data": body}))
        callbacks = await refusals(over_limit.CALLBACKS, lambda body: api.call("POST", path, body))
        first = await api.ask("POST", f"{path}?with_response=1", {"type": 4, "data": {"content": "at last"}})
        second = await api.call("POST", path, {"type": 4, "data": {"content": "again"}})
        reply = await asking

    assert wanted(over_limit.MODALS) == modals
    assert wanted(over_limit.CALLBACKS) == callbacks
    assert (200, 400, 40060, "at last") == (first[0], second[0], second[1]["code"], reply.text)
    assert [] == [name for name in first[2] if name.startswith("X-RateLimit")], "callbacks are in no bucket"


async def test_an_empty_message_has_an_error_of_its_own(api):
    """50006, also for an edit that leaves nothing."""
    path = f"/channels/{api.described['channels']['general']}/messages"
    _, sent = await api.call("POST", path, {"content": "x"})

    empty = [await api.call("POST", path, {}), await api.call("PATCH", f"{path}/{sent['id']}", {"content": ""})]

    assert [(400, 50006), (400, 50006)] == [(status, body["code"]) for status, body in empty]


async def test_a_card_cannot_lose_its_v2_flag_or_get_content(api):
    """Once V2, always V2: an edit with content is refused, one without the flag keeps it."""
    path = f"/channels/{api.described['channels']['general']}/messages"
    _, sent = await api.call("POST", path, over_limit.v2(over_limit.text("one")))

    refused = await api.call("PATCH", f"{path}/{sent['id']}", {"content": "x"})
    _, edited = await api.call("PATCH", f"{path}/{sent['id']}", {"components": [over_limit.text("two")], "flags": 0})

    assert {"content": "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2"} == faults_of(refused[1]["errors"])
    assert over_limit.V2 == edited["flags"] & over_limit.V2


async def test_a_file_past_ten_mebibytes_is_refused(described):
    """413 40005."""
    bot = Bot(described)
    async with online(bot):
        with pytest.raises(discord.HTTPException) as refused:
            await bot.place("general").send(file=discord.File(io.BytesIO(bytes(10 * 2**20 + 1)), "big"))

    assert (413, 40005) == (refused.value.status, refused.value.code)


def test_command_names_follow_the_scripts():
    """Thai and Korean pass with their marks; capitals and slashes do not."""
    assert over_limit_commands.NAMES == {name: is_name(name) for name in over_limit_commands.NAMES}


def test_discord_py_agrees_on_command_names():
    """The library's own check, where it has one."""
    for name in ("ฝึกโมเดล", "บันทึก", "학습"):
        assert name == app_commands.commands.validate_name(name)
