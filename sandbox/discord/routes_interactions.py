"""Commands, interaction callbacks and follow-ups over REST."""

from sandbox.discord import checks, messages, town
from sandbox.discord.call import Answer, Call, Route
from sandbox.discord.interactions import CHOICES, MODAL, PING, REPLY, UPDATE, Interaction, Standing
from sandbox.discord.problems import Problem
from sandbox.discord.wire import Payload, snowflake
from sandbox.discord.world import Change, Post


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
    known = {(one["name"], one["type"]): one["id"] for one in world.commands[guild_id]}
    world.commands[guild_id] = [_settled(one, guild_id, known) for one in call.body]
    world.tell(Change("COMMANDS", {}, is_for_bot=False))
    return Answer(200, world.commands[guild_id])


def _settled(asked: Payload, guild_id: str | None, known: dict[tuple[str, int], str]) -> Payload:
    kind = asked.get("type") or 1
    permissions = asked.get("default_member_permissions")
    return {name: value for name, value in asked.items() if value is not None} | {
        "id": known.get((asked["name"], kind)) or snowflake(),
        "application_id": town.APPLICATION_ID,
        "version": snowflake(),
        "type": kind,
        "description": asked.get("description") or "",
        "default_member_permissions": None if permissions is None else str(permissions),
        "integration_types": asked.get("integration_types") or [0],
        "nsfw": bool(asked.get("nsfw")),
        **({"guild_id": guild_id} if guild_id else {"contexts": asked.get("contexts")}),
    }


async def callback(call: Call) -> Answer:
    """POST /interactions/{interaction_id}/{interaction_token}/callback."""
    desk = call.server.desk
    kind, data = call.fields.get("type"), call.fields.get("data") or {}
    interaction = desk.take(call.names["interaction_id"], call.names["interaction_token"])
    if kind in (REPLY, UPDATE):
        before = interaction.message.fields if kind == UPDATE and interaction.message else None
        checks.check_message(data, call.files, before=before, prefix=("data",))
    elif kind == MODAL:
        checks.check_modal(data)
    elif kind == CHOICES:
        checks.check_choices(data)
    if not isinstance(kind, int) or kind == PING:
        raise Problem(50035)
    desk.answer(interaction, kind, data, call.files)
    if not call.is_set("with_response"):
        return Answer(204)
    return Answer(200, _echo(interaction, kind))


def _echo(interaction: Interaction, kind: int) -> Payload:
    about: Payload = {"id": interaction.id, "type": interaction.kind}
    response = interaction.response
    if response is None:
        return {"interaction": about}
    flags = response.fields["flags"]
    about |= {
        "response_message_id": response.id,
        "response_message_loading": bool(flags & messages.LOADING),
        "response_message_ephemeral": bool(flags & messages.EPHEMERAL),
        "channel_id": interaction.channel_id,
        "guild_id": town.GUILD_ID,
    }
    if kind not in (REPLY, UPDATE):
        return {"interaction": about}
    return {"interaction": about, "resource": {"type": kind, "message": response.fields}}


def _held(call: Call) -> Interaction:
    if call.names["webhook_id"] != town.APPLICATION_ID:
        raise Problem(10015)
    return call.server.desk.by_valid_token(call.names["webhook_token"])


def _response(call: Call, interaction: Interaction) -> Post:
    """Return the message that the route names. Raises Problem 10008."""
    world = call.server.world
    named = call.names.get("message_id")
    if named is None:
        if interaction.response is None or interaction.response.id not in world.posts[interaction.channel_id]:
            raise Problem(10008)
        return interaction.response
    one = world.post(interaction.channel_id, named)
    if one.fields.get("webhook_id") != town.APPLICATION_ID and one is not interaction.response:
        raise Problem(10008)
    return one


async def follow_up(call: Call) -> Answer:
    """POST /webhooks/{webhook_id}/{webhook_token}."""
    interaction = _held(call)
    checks.check_message(call.fields, call.files)
    new = call.server.desk.follow_up(interaction, call.fields, call.files)
    return Answer(200, new.fields)


async def fetch_response(call: Call) -> Answer:
    """GET …/messages/@original and …/messages/{message_id}."""
    return Answer(200, _response(call, _held(call)).fields)


async def edit_response(call: Call) -> Answer:
    """PATCH …/messages/@original and …/messages/{message_id}."""
    interaction = _held(call)
    one = _response(call, interaction)
    checks.check_message(call.fields, call.files, before=one.fields)
    messages.edit(call.server.world, one, call.fields, call.files)
    if one is interaction.response:
        call.server.desk.loaded(interaction)
    return Answer(200, one.fields)


async def delete_response(call: Call) -> Answer:
    """DELETE …/messages/@original and …/messages/{message_id}."""
    interaction = _held(call)
    one = _response(call, interaction)
    messages.delete(call.server.world, one)
    if one is interaction.response and interaction.standing is Standing.DEFERRED:
        call.server.desk.loaded(interaction)
    return Answer(204)


_GLOBAL = "/applications/{application_id}/commands"
_GUILD = "/applications/{application_id}/guilds/{guild_id}/commands"
_WEBHOOK = "/webhooks/{webhook_id}/{webhook_token}"
ROUTES = (
    Route("GET", _GLOBAL, list_commands),
    Route("PUT", _GLOBAL, replace_commands),
    Route("GET", _GUILD, list_commands),
    Route("PUT", _GUILD, replace_commands),
    Route("POST", "/interactions/{interaction_id}/{interaction_token}/callback", callback, needs_token=False),
    Route("POST", _WEBHOOK, follow_up, needs_token=False),
    Route("GET", f"{_WEBHOOK}/messages/@original", fetch_response, needs_token=False),
    Route("PATCH", f"{_WEBHOOK}/messages/@original", edit_response, needs_token=False),
    Route("DELETE", f"{_WEBHOOK}/messages/@original", delete_response, needs_token=False),
    Route("GET", f"{_WEBHOOK}/messages/{{message_id}}", fetch_response, needs_token=False),
    Route("PATCH", f"{_WEBHOOK}/messages/{{message_id}}", edit_response, needs_token=False),
    Route("DELETE", f"{_WEBHOOK}/messages/{{message_id}}", delete_response, needs_token=False),
)
