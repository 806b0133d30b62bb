"""Interaction callbacks and follow-ups over REST."""

from sandbox.discord import checks, limits, messages, town
from sandbox.discord.call import Answer, Call, Route
from sandbox.discord.interactions import CHOICES, MODAL, REPLY, UPDATE, Interaction, Standing
from sandbox.discord.problems import Problem
from sandbox.discord.wire import Payload
from sandbox.discord.world import Post


async def callback(call: Call) -> Answer:
    """POST /interactions/{interaction_id}/{interaction_token}/callback."""
    desk = call.server.desk
    checks.check(call.fields, limits.CALLBACK)
    kind, data = call.fields["type"], call.fields.get("data") or {}
    interaction = desk.take(call.names["interaction_id"], call.names["interaction_token"])
    if kind in (REPLY, UPDATE):
        before = interaction.message.fields if kind == UPDATE and interaction.message else None
        checks.check_message(data, call.files, before=before, prefix=("data",))
    elif kind == MODAL:
        checks.check_modal(data)
    elif kind == CHOICES:
        checks.check_choices(data)
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


_WEBHOOK = "/webhooks/{webhook_id}/{webhook_token}"
ROUTES = (
    Route("POST", "/interactions/{interaction_id}/{interaction_token}/callback", callback, needs_token=False),
    Route("POST", _WEBHOOK, follow_up, needs_token=False),
    Route("GET", f"{_WEBHOOK}/messages/@original", fetch_response, needs_token=False),
    Route("PATCH", f"{_WEBHOOK}/messages/@original", edit_response, needs_token=False),
    Route("DELETE", f"{_WEBHOOK}/messages/@original", delete_response, needs_token=False),
    Route("GET", f"{_WEBHOOK}/messages/{{message_id}}", fetch_response, needs_token=False),
    Route("PATCH", f"{_WEBHOOK}/messages/{{message_id}}", edit_response, needs_token=False),
    Route("DELETE", f"{_WEBHOOK}/messages/{{message_id}}", delete_response, needs_token=False),
)
