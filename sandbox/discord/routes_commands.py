"""Application commands over REST, all at once or one by one."""

from typing import Any

from sandbox.discord import checks, town
from sandbox.discord.call import Answer, Call, Route
from sandbox.discord.problems import Problem
from sandbox.discord.wire import Payload, snowflake
from sandbox.discord.world import Change


def _owned(call: Call) -> str | None:
    """Return the guild that the commands are for, None for everywhere. Raises Problem 50001 or 10004."""
    if call.names["application_id"] != town.APPLICATION_ID:
        raise Problem(50001)
    guild_id = call.names.get("guild_id")
    if guild_id not in (None, town.GUILD_ID):
        raise Problem(10004)
    return guild_id


async def list_commands(call: Call) -> Answer:
    """GET …/commands."""
    return Answer(200, call.server.world.commands[_owned(call)])


async def replace_commands(call: Call) -> Answer:
    """PUT …/commands: these and no others; a command that keeps its name keeps its id."""
    guild_id, world = _owned(call), call.server.world
    if not isinstance(call.body, list):
        raise Problem(50109)
    checks.check_commands(call.body)
    known = {_key(one): one["id"] for one in world.commands[guild_id]}
    world.commands[guild_id] = [_settled(one, guild_id, known.get(_key(one))) for one in call.body]
    world.tell(Change("COMMANDS", {}, is_for_bot=False))
    return Answer(200, world.commands[guild_id])


async def create_command(call: Call) -> Answer:
    """POST …/commands: one more; it takes the place of one of the same name and type."""
    guild_id, asked = _owned(call), call.fields
    commands = call.server.world.commands[guild_id]
    old = next((one for one in commands if _key(one) == _key(asked)), None)
    return Answer(201 if old is None else 200, _put(call, asked, old))


async def edit_command(call: Call) -> Answer:
    """PATCH …/commands/{command_id}: what the body does not name stays."""
    old = _named(call)
    return Answer(200, _put(call, old | call.fields, old))


async def fetch_command(call: Call) -> Answer:
    """GET …/commands/{command_id}."""
    return Answer(200, _named(call))


async def delete_command(call: Call) -> Answer:
    """DELETE …/commands/{command_id}."""
    call.server.world.commands[_owned(call)].remove(_named(call))
    call.server.world.tell(Change("COMMANDS", {}, is_for_bot=False))
    return Answer(204)


def _put(call: Call, asked: Payload, old: Payload | None) -> Payload:
    """Put the command in the place of the old one, or at the end, and return it. Raises Problem 50035."""
    guild_id, world = _owned(call), call.server.world
    commands = world.commands[guild_id]
    others = [one for one in commands if one is not old]
    checks.check_command(asked, others)
    new = _settled(asked, guild_id, old["id"] if old else None)
    place = len(others) if old is None else commands.index(old)
    world.commands[guild_id] = [*others[:place], new, *others[place:]]
    world.tell(Change("COMMANDS", {}, is_for_bot=False))
    return new


def _named(call: Call) -> Payload:
    """Return the command that the route names. Raises Problem 10063."""
    for command in call.server.world.commands[_owned(call)]:
        if command["id"] == call.names["command_id"]:
            return command
    raise Problem(10063)


def _key(command: Payload) -> tuple[Any, int]:
    """Return what a command is told apart by: its name and type."""
    return command.get("name"), command.get("type") or 1


def _settled(asked: Payload, guild_id: str | None, command_id: str | None) -> Payload:
    kind = asked.get("type") or 1
    permissions = asked.get("default_member_permissions")
    return {name: value for name, value in asked.items() if value is not None} | {
        "id": command_id or snowflake(),
        "application_id": town.APPLICATION_ID,
        "version": snowflake(),
        "type": kind,
        "description": asked.get("description") or "",
        "default_member_permissions": None if permissions is None else str(permissions),
        "integration_types": asked.get("integration_types") or [0],
        "nsfw": bool(asked.get("nsfw")),
        **({"guild_id": guild_id} if guild_id else {"contexts": asked.get("contexts")}),
    }


PLACES = ("/applications/{application_id}/commands", "/applications/{application_id}/guilds/{guild_id}/commands")
ROUTES = tuple(
    Route(method, f"{place}{rest}", handler)
    for place in PLACES
    for method, rest, handler in (
        ("GET", "", list_commands),
        ("PUT", "", replace_commands),
        ("POST", "", create_command),
        ("GET", "/{command_id}", fetch_command),
        ("PATCH", "/{command_id}", edit_command),
        ("DELETE", "/{command_id}", delete_command),
    )
)
