"""Every limit of Discord's that the sandbox keeps, tried over REST, one row past it."""

import asyncio
import io
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import aiohttp
import discord
import pytest
from discord import app_commands

from sandbox.discord import limits
from sandbox.discord.checking import Limit, faults_in, misfits
from sandbox.discord.command_rules import is_name
from sandbox.discord.rules import placed_components
from sandbox.discord.slash import Mistake, Sending, command_data
from sandbox.discord.town import PEOPLE
from sandbox.discord.world import new_world
from sandbox.person import Town
from tests.support import over_limit, over_limit_bounds, over_limit_commands, over_limit_types
from tests.support.discord_town import ALL_RIGHTS, Api, Bot, discord_sandbox, eventually, faults_of, online, url_of

Send = Callable[[Any], Awaitable[tuple[int, Any]]]
MESSAGES = (*over_limit.MESSAGES, *over_limit_bounds.MESSAGES, *over_limit_types.MESSAGES)
MODALS = (*over_limit.MODALS, *over_limit_bounds.MODALS, *over_limit_types.MODALS)
CALLBACKS = (*over_limit.CALLBACKS, *over_limit_bounds.CALLBACKS, *over_limit_types.CALLBACKS)
AT_A_TIME = 25
"""On one interaction: a busy machine takes a tenth of a second for each."""
THREADS = (*over_limit.THREADS, *over_limit_bounds.THREADS, *over_limit_types.THREADS)
COMMANDS = (*over_limit_commands.COMMANDS, *over_limit_bounds.COMMANDS, *over_limit_types.COMMANDS)
CHANNELS = (*over_limit_bounds.CHANNELS, *over_limit_types.CHANNELS)


@pytest.fixture(scope="module")
def described(tmp_path_factory) -> Iterator[dict[str, Any]]:
    """Run one sandbox for the module."""
    with discord_sandbox(tmp_path_factory.mktemp("discord"), options=ALL_RIGHTS) as facts:
        yield facts


@pytest.fixture
async def api(described) -> AsyncIterator[Api]:
    """Return bare REST."""
    async with Api(described) as bare:
        yield bare


async def refusals(rows: tuple[over_limit.Row, ...], send: Send) -> dict[str, tuple[str, str | None]]:
    """Send every row and return how each was refused, by name: `(path, code)` of the fault that is looked for."""
    seen: dict[str, tuple[str, str | None]] = {}
    for name, body, path, _ in rows:
        status, answer = await send(body)
        faults = faults_of(answer.get("errors", {})) if status == 400 else {}
        seen[name] = (path, faults.get(path, f"{status} {answer.get('code')} {faults}"))
    return seen


def wanted(rows: tuple[over_limit.Row, ...]) -> Mapping[str, tuple[str, str | None]]:
    """Return how every row must be refused."""
    assert len(rows) == len({name for name, *_ in rows}), "two rows have one name"
    return {name: (path, code) for name, _, path, code in rows}


async def test_messages_past_a_limit_are_refused_where_they_are_wrong(api):
    """50035 with a tree that names the field."""
    path = f"/channels/{api.described['channels']['general']}/messages"

    seen = await refusals(MESSAGES, lambda body: api.call("POST", path, body))

    assert wanted(MESSAGES) == seen


async def test_messages_at_the_limit_are_taken(api):
    """The last that fits, fits."""
    path = f"/channels/{api.described['channels']['general']}/messages"

    statuses = [(await api.call("POST", path, body))[0] for body in over_limit.AT_THE_LIMIT]

    assert [200] * len(over_limit.AT_THE_LIMIT) == statuses


async def test_commands_past_a_limit_are_refused_where_they_are_wrong(api):
    """And what was registered before stays."""
    path = f"/applications/{api.described['application']}/guilds/{api.described['guild']}/commands"
    await api.call("PUT", path, over_limit_commands.command(name="kept"))

    seen = await refusals(COMMANDS, lambda body: api.call("PUT", path, body))

    _, kept = await api.call("GET", path)
    assert wanted(COMMANDS) == seen
    assert ["kept"] == [one["name"] for one in kept]


async def test_threads_past_a_limit_are_refused_where_they_are_wrong(api):
    """Names, tags and archive durations."""
    path = f"/channels/{api.described['channels']['general']}/threads"

    seen = await refusals(THREADS, lambda body: api.call("POST", path, body))

    assert wanted(THREADS) == seen


async def test_posts_past_a_limit_are_refused_where_they_are_wrong(api, described):
    """In a forum: five tags are taken, six are not, and one that the forum does not have is 10087."""
    async with Town(url_of(described)) as town:
        await town.admin("create_forum", channel="ideas", tags=[f"tag {number}" for number in range(6)])
    _, channels = await api.call("GET", f"/guilds/{described['guild']}/channels")
    forum = next(one for one in channels if one["name"] == "ideas")
    path, tags = f"/channels/{forum['id']}/threads", [one["id"] for one in forum["available_tags"]]
    post = {"name": "x", "message": {"content": "x"}}

    seen = await refusals(over_limit.POSTS, lambda body: api.call("POST", path, body))
    taken = await api.call("POST", path, post | {"applied_tags": tags[:5]})
    unknown = await api.call("POST", path, post | {"applied_tags": ["1"]})
    retagged = await api.call("PATCH", f"/channels/{taken[1]['id']}", {"applied_tags": tags[5:]})

    assert wanted(over_limit.POSTS) == seen
    assert (201, tags[:5], 404, 10087) == (taken[0], taken[1]["applied_tags"], unknown[0], unknown[1]["code"])
    assert (200, tags[5:]) == (retagged[0], retagged[1]["applied_tags"])


async def test_modals_and_callbacks_past_a_limit_leave_the_interaction_open(api, described):
    """Each is refused, and the interaction can still be answered; a second answer is 40060."""
    bot = Bot(described)
    taken: list[discord.Interaction] = []

    @bot.tree.command(description="Hand the interaction to the test")
    async def take(interaction: discord.Interaction) -> None:
        taken.append(interaction)

    async with online(bot), Town(url_of(described)) as town:
        await bot.sync()

        async def answered(rows: tuple[over_limit.Row, ...], wrapped: Callable[[Any], Any]) -> tuple[Any, ...]:
            """Try a few on an interaction of their own, which waits three seconds, and answer it then, twice."""
            asking = asyncio.create_task(town.person("anan").slash("take", channel="general"))
            await eventually(lambda: taken)
            one = taken.pop()
            path = f"/interactions/{one.id}/{one.token}/callback"
            seen = await refusals(rows, lambda body: api.call("POST", path, wrapped(body)))
            first = await api.ask("POST", f"{path}?with_response=1", {"type": 4, "data": {"content": "at last"}})
            second = await api.call("POST", path, {"type": 4, "data": {"content": "again"}})
            return seen, first, second, (await asking).text

        tried = [await answered(rows, _modal) for rows in _few(MODALS)]
        tried += [await answered(rows, _as_it_is) for rows in _few(CALLBACKS)]

    seen = {name: refused for one, *_ in tried for name, refused in one.items()}
    assert wanted((*MODALS, *CALLBACKS)) == seen
    for _, first, second, text in tried:
        assert (200, 400, 40060, "at last") == (first[0], second[0], second[1]["code"], text)
        assert [] == [name for name in first[2] if name.startswith("X-RateLimit")], "callbacks are in no bucket"


def _few(rows: tuple[over_limit.Row, ...]) -> Iterator[tuple[over_limit.Row, ...]]:
    return (rows[start : start + AT_A_TIME] for start in range(0, len(rows), AT_A_TIME))


def _modal(body: Any) -> Any:
    return {"type": 9, "data": body}


def _as_it_is(body: Any) -> Any:
    return body


def bounds_of(table: Iterable[Limit]) -> Iterator[Limit]:
    """Yield every bound of a table's rows as a row of its own."""
    for limit in table:
        if limit.is_required:
            yield Limit(limit.path, is_required=True)
        if limit.kind is not None:
            yield Limit(limit.path, kind=limit.kind)
        if limit.allowed:
            yield Limit(limit.path, allowed=limit.allowed)
        if limit.most is not None:
            yield Limit(limit.path, most=limit.most, only=limit.only)
        if limit.least is not None:
            yield Limit(limit.path, least=limit.least, only=limit.only)


def options_in(nodes: Sequence[Any]) -> Iterator[dict[str, Any]]:
    """Yield every option of commands, those within options too."""
    for node in nodes:
        options = node.get("options") if isinstance(node, dict) else None
        inner = [one for one in options if isinstance(one, dict)] if isinstance(options, list) else []
        yield from inner
        yield from options_in(inner)


def families() -> Iterator[tuple[str, tuple[Limit, ...], list[Any]]]:
    """Yield every table of limits with the payloads above that it is held against."""
    messages, modals, threads = ([body for _, body, _, _ in rows] for rows in (MESSAGES, MODALS, THREADS))
    commands = [one for _, body, _, _ in COMMANDS for one in body]
    yield "message", limits.MESSAGE, messages
    yield "modal", limits.MODAL, modals
    yield "thread", limits.THREAD, [*threads, *(body for _, body, _, _ in over_limit.POSTS)]
    yield "choices", limits.CHOICES, [body["data"] for _, body, _, _ in CALLBACKS if body.get("type") == 8]
    yield "callback", limits.CALLBACK, [body for _, body, _, _ in CALLBACKS]
    yield "channel", limits.CHANNEL, [body for _, body, _, _ in CHANNELS]
    yield "deletion", limits.BULK_DELETE, [body for _, body, _, _ in over_limit_types.BULK]
    yield "command", limits.COMMAND, commands
    yield "option", limits.OPTION, list(options_in(commands))
    trees = [body.get("components") for body in (*messages, *modals)]
    components = [node for tree in trees for _, node in placed_components(tree, ())]
    for kind, table in limits.COMPONENTS.items():
        yield f"component {kind}", table, [node for node in components if node["type"] == kind]


def test_every_bound_of_every_limit_is_passed_by_some_payload():
    """No row of the table can be dropped or misspelt without a payload above being taken."""
    silent = [
        (name, bound)
        for name, table, bodies in families()
        for bound in bounds_of(table)
        if not any(list((misfits if bound.kind else faults_in)(body, (bound,))) for body in bodies)
    ]

    assert [] == silent


async def test_channels_past_a_limit_are_refused_where_they_are_wrong(api):
    """And keep their name."""
    path = f"/channels/{api.described['channels']['general']}"

    seen = await refusals(CHANNELS, lambda body: api.call("PATCH", path, body))

    assert wanted(CHANNELS) == seen
    assert "general" == (await api.call("GET", path))[1]["name"]


async def test_queries_and_lists_of_messages_have_types_too(api):
    """What stands behind the `?`, and the ids of a bulk deletion."""
    path = f"/channels/{api.described['channels']['ops']}/messages"

    answers = {query: await api.call("GET", f"{path}?{query}") for query, *_ in over_limit_types.QUERIES}
    deletions = await refusals(over_limit_types.BULK, lambda body: api.call("POST", f"{path}/bulk-delete", body))

    wrong = {query: faults_of(body.get("errors", {})) for query, (_, body) in answers.items()}
    assert {query: {field: code} for query, field, code in over_limit_types.QUERIES} == wrong
    assert wanted(over_limit_types.BULK) == deletions


@pytest.mark.parametrize("body", [b"{", b"\xff", b"[" * 100_000, b'{"content": NaN}', b"[]", b'"x"', b"5"])
async def test_a_body_that_is_no_json_object_is_50109(api, body):
    """Cut short, no text, too deep, with what only Python reads, or another type."""
    status, answer = await api.call("POST", f"/channels/{api.described['channels']['general']}/messages", data=body)

    assert (400, 50109) == (status, answer["code"])


async def test_what_no_check_foresees_is_answered_and_stands_in_the_log(api, described):
    """A 500 as JSON, which the page shows among the wires."""
    path = f"/channels/{described['channels']['general']}/messages"
    unforeseen = {"flags": over_limit.V2, "components": [over_limit.text() | {"emoji": {"type": 10}}]}

    status, answer = await api.call("POST", path, unforeseen)

    async with aiohttp.ClientSession() as session, session.get(f"{url_of(described)}/_client/wire") as wire:
        newest = [one for one in (await wire.json())["entries"] if one["what"] == f"POST {path}"][-1]
    assert (500, 0) == (status, answer["code"])
    assert ("500", False) == (newest["status"], newest["is_good"])


async def test_an_empty_message_has_an_error_of_its_own(api):
    """50006, also for an edit that leaves nothing."""
    path = f"/channels/{api.described['channels']['general']}/messages"
    _, sent = await api.call("POST", path, {"content": "x"})

    empty = [await api.call("POST", path, {"content": one} if one else {}) for one in ("", " \n\t")]
    empty += [await api.call("PATCH", f"{path}/{sent['id']}", {"content": one}) for one in ("", " \n\t")]

    assert 4 * [(400, 50006)] == [(status, body["code"]) for status, body in empty]


async def test_a_card_cannot_lose_its_v2_flag_or_get_content(api):
    """Once V2, always V2: an edit with content is refused, one without the flag keeps it."""
    path = f"/channels/{api.described['channels']['general']}/messages"
    _, sent = await api.call("POST", path, over_limit.v2(over_limit.text("one")))

    refused = await api.call("PATCH", f"{path}/{sent['id']}", {"content": "x"})
    _, edited = await api.call("PATCH", f"{path}/{sent['id']}", {"components": [over_limit.text("two")], "flags": 0})

    assert {"content": "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2"} == faults_of(refused[1]["errors"])
    assert over_limit.V2 == edited["flags"] & over_limit.V2


async def test_reactions_and_bulk_deletion_have_limits(api):
    """Twenty emojis on a message, none that is a word; two to a hundred messages of the last fortnight."""
    path = f"/channels/{api.described['channels']['ops']}/messages"
    _, sent = await api.call("POST", path, {"content": "x"})
    emojis = [chr(0x1F600 + number) for number in range(21)]
    reacted = [await api.call("PUT", f"{path}/{sent['id']}/reactions/{one}/@me") for one in (*emojis, "thumb:7")]
    few, many, old = ["1"], [str(number) for number in range(101)], [sent["id"], "1"]
    deleted = [await api.call("POST", f"{path}/bulk-delete", {"messages": one}) for one in (few, many, old)]

    assert [204] * 20 + [400, 404] == [status for status, _ in reacted]
    assert [30010, 10014] == [body["code"] for _, body in reacted[20:]]
    assert [50016, 50016, 50034] == [body["code"] for _, body in deleted]


@pytest.mark.parametrize("kind", [4, 10])
def test_numbers_that_people_type_end_where_json_loses_digits(kind):
    """2^53 - 1 is taken, the next one is not, either way; nor is what has no end."""
    world = new_world()
    world.commands[None] = [
        over_limit_commands.command(options=[over_limit_commands.one(type=kind)])[0]
        | {"id": "1", "default_member_permissions": None}
    ]
    sending = Sending(world, PEOPLE["nok"].id, "1", {})
    most = 2**53 - 1

    taken = [command_data(sending, "c", {"o": one})["options"][0]["value"] for one in (most, -most)]

    assert [most, -most] == taken
    for one in (most + 1, -most - 1, "1e400", "nan"):
        with pytest.raises(Mistake, match=r"must be between|needs a number"):
            command_data(sending, "c", {"o": one})


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
