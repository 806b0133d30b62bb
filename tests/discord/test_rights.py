"""What the bot may do in the sandbox's Discord with the README's four permissions, and what it is refused."""

import io
import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import discord
import pytest

from bot.checkup import PERMISSIONS
from tests.support import need
from tests.support.discord_town import DISCORD_SPEC, Api, Bot, discord_sandbox, online

README = Path(__file__).parents[2] / "README.md"


@pytest.fixture(scope="module")
def described(tmp_path_factory) -> Iterator[dict[str, Any]]:
    """Run one sandbox for the module, as `make sandbox` does."""
    with discord_sandbox(tmp_path_factory.mktemp("discord")) as facts:
        yield facts


@pytest.fixture
async def api(described) -> AsyncIterator[Api]:
    """Return bare REST."""
    async with Api(described) as bare:
        yield bare


async def test_the_bot_has_the_four_permissions_of_the_readme_and_no_other(described):
    """In every channel, whatever @everyone may."""
    readme = re.sub(r"\s+", " ", README.read_text(encoding="utf-8"))
    async with online(Bot(described)) as bot:
        rights = [place.permissions_for(place.guild.me) for place in bot.guilds[0].channels]

    held = {name for one in rights for name, is_held in one if is_held}
    assert f"the permissions {', '.join(PERMISSIONS)}" in readme
    assert set(PERMISSIONS.values()) == held


async def test_four_permissions_are_enough_to_write_edit_attach_and_look_back(described):
    """What the bot's cards need."""
    async with online(Bot(described)) as bot:
        place = bot.place("training")
        sent = await place.send("one", file=discord.File(io.BytesIO(b"x"), "x.txt"))
        await sent.edit(content="two")

        assert ["two"] == [one.content async for one in place.history(limit=1)]
        assert sent.id == (await place.fetch_message(sent.id)).id
        await sent.delete()


async def test_what_needs_more_is_refused_with_50013(api, described, town):
    """Embeds, threads, reactions, pins, deleting others' messages, and changing a channel."""
    said = await town.person("nok").say("general", "hello")
    place = f"/channels/{described['channels']['general']}"
    message = f"{place}/messages/{said['id']}"
    asked = [
        ("POST", f"{place}/messages", {"embeds": [{"title": "t"}]}),
        ("POST", f"{place}/messages", {"content": "x", "embeds": [{"title": "t"}]}),
        ("POST", f"{place}/threads", {"name": "t", "type": 11}),
        ("POST", f"{message}/threads", {"name": "t"}),
        ("PUT", f"{message}/reactions/👍/@me", None),
        ("DELETE", f"{message}/reactions/👍/{said['author']['id']}", None),
        ("DELETE", f"{message}/reactions", None),
        ("PUT", f"{place}/messages/pins/{said['id']}", None),
        ("PUT", f"{place}/pins/{said['id']}", None),
        ("POST", f"{place}/messages/bulk-delete", {"messages": [said["id"], "1"]}),
        ("DELETE", message, None),
        ("PATCH", place, {"topic": "t"}),
    ]

    refused = [(method, path, *await api.call(method, path, body)) for method, path, body in asked]

    assert [] == [(method, path) for method, path, status, body in refused if (status, body["code"]) != (403, 50013)]


async def test_a_channel_that_may_not_be_looked_back_in_shows_nothing(api, described, town):
    """Its history is empty; a message, its reactions and its pins are refused; a hidden channel is 50001 throughout."""
    said = await town.person("nok").say("ops", "hello")
    place = f"/channels/{described['channels']['ops']}"
    message = f"{place}/messages/{said['id']}"
    paths = [message, f"{message}/reactions/👍", f"{place}/messages/pins", f"{place}/pins"]
    await town.fault("forbid", channel="ops", permission="read_message_history")
    history = await api.call("GET", f"{place}/messages")
    blind = {path: (await api.call("GET", path))[1]["code"] for path in paths}
    await town.fault("forbid", channel="ops", permission="view_channel")
    hidden = {path: (await api.call("GET", path))[1]["code"] for path in [place, f"{place}/messages", *paths]}

    assert ((200, []), {50013}, {50001}) == (history, set(blind.values()), set(hidden.values()))


async def test_what_is_not_there_has_a_code_of_its_own(api, described):
    """An unknown command, emoji, message, user and guild; members without their intent; bulk deletion of one."""
    place = f"/channels/{described['channels']['general']}"
    commands = f"/applications/{described['application']}/commands"
    asked = [
        ("GET", f"{commands}/1", None, 404, 10063),
        ("PATCH", f"{commands}/1", {"description": "d"}, 404, 10063),
        ("DELETE", f"{commands}/1", None, 404, 10063),
        ("GET", f"/applications/{described['application']}/guilds/1/commands", None, 404, 10004),
        ("GET", f"{place}/messages/1/reactions/👍", None, 404, 10008),
        ("POST", "/users/@me/channels", {"recipient_id": "1"}, 404, 10013),
        ("GET", "/guilds/1/emojis", None, 404, 10004),
        ("GET", f"/guilds/{described['guild']}/members", None, 403, 50001),
    ]

    seen = [(method, path, body, *await api.call(method, path, body)) for method, path, body, _, _ in asked]

    assert asked == [(method, path, body, status, answer["code"]) for method, path, body, status, answer in seen]


async def test_one_command_past_a_limit_is_refused_and_the_others_stay(api, described):
    """Created or edited, its faults are named without a place among others."""
    path = f"/applications/{described['application']}/guilds/{described['guild']}/commands"
    status, one = await api.call("POST", path, {"name": "one", "description": "d"})
    await api.call("POST", path, {"name": "two", "description": "d"})
    bad = [
        await api.call("POST", path, {"name": "Three", "description": "d"}),
        await api.call("PATCH", f"{path}/{one['id']}", {"description": ""}),
        await api.call("PATCH", f"{path}/{one['id']}", {"name": "two"}),
    ]

    _, kept = await api.call("GET", path)
    assert (201, ["one", "two"]) == (status, [command["name"] for command in kept])
    assert [["name"], ["description"], ["name"]] == [list(body["errors"]) for _, body in bad]


async def test_all_this_was_in_discords_official_form(town):
    """Requests and answers, refusals included, fit the OpenAPI description."""
    if not DISCORD_SPEC.is_file():
        need.lacking("Discord's OpenAPI description")

    report = await town.violations()

    assert [] == [(one["where"], one["message"][-400:]) for one in report["violations"] if one["side"] == "response"]
    assert [] == report["unknown_routes"]
