"""Reactions over REST."""

from sandbox.discord import checks, limits, town
from sandbox.discord.call import Answer, Call, Route
from sandbox.discord.messages import gateway_form
from sandbox.discord.permissions import Permission
from sandbox.discord.problems import Problem
from sandbox.discord.routes_guild import require
from sandbox.discord.routes_messages import visible
from sandbox.discord.threads import require_open
from sandbox.discord.wire import Payload
from sandbox.discord.world import Change, Post

EMOJIS_MAX = 20
"""Different emojis on one message."""


def _found(call: Call, *needed: Permission) -> Post:
    require(call.server.world, call.names["channel_id"], *needed)
    return visible(call, call.names["channel_id"], call.names["message_id"])


def _require_open(call: Call) -> None:
    require_open(require(call.server.world, call.names["channel_id"]))


def _emoji(call: Call) -> str:
    """Return the emoji that the route names; the town has none of its own. Raises Problem 10014."""
    name = call.names["emoji_name"]
    if name.isascii():
        raise Problem(10014)
    return name


def _tell(call: Call, one: Post, event: str, who: str | None, emoji: str | None) -> None:
    """Show the message's reactions on it and tell everyone; without `who` and `emoji` all are gone."""
    world = call.server.world
    one.fields["reactions"] = [_counted(name, users) for name, users in one.reactions.items()]
    place = {"channel_id": one.fields["channel_id"], "message_id": one.id, "guild_id": town.GUILD_ID}
    about: Payload = {} if emoji is None else {"emoji": {"id": None, "name": emoji}}
    if who is not None:
        about |= {"user_id": who, "burst": False, "type": 0}
    if event == "MESSAGE_REACTION_ADD" and who is not None:
        about |= {"member": world.member(who), "message_author_id": one.fields["author"]["id"]}
    world.tell(Change(event, place | about))
    world.tell(Change("MESSAGE_UPDATE", gateway_form(world, one), is_for_bot=False))


def _counted(emoji: str, users: list[str]) -> Payload:
    return {
        "emoji": {"id": None, "name": emoji},
        "count": len(users),
        "count_details": {"burst": 0, "normal": len(users)},
        "burst_colors": [],
        "me_burst": False,
        "me": town.APPLICATION_ID in users,
    }


async def add(call: Call) -> Answer:
    """PUT …/reactions/{emoji_name}/@me; who is the first with an emoji needs a permission for it."""
    _require_open(call)
    one, emoji = _found(call, Permission.READ_MESSAGE_HISTORY), _emoji(call)
    if emoji not in one.reactions:
        require(call.server.world, call.names["channel_id"], Permission.ADD_REACTIONS)
        if len(one.reactions) >= EMOJIS_MAX:
            raise Problem(30010)
    users = one.reactions.setdefault(emoji, [])
    if town.APPLICATION_ID not in users:
        users.append(town.APPLICATION_ID)
        _tell(call, one, "MESSAGE_REACTION_ADD", town.APPLICATION_ID, emoji)
    return Answer(204)


async def take_back(call: Call) -> Answer:
    """DELETE …/reactions/{emoji_name}/@me and …/{user_id}; those of others need a permission."""
    _require_open(call)
    who = call.names.get("user_id", town.APPLICATION_ID)
    one, emoji = _found(call, *([] if who == town.APPLICATION_ID else [Permission.MANAGE_MESSAGES])), _emoji(call)
    users = one.reactions.get(emoji, [])
    if who in users:
        users.remove(who)
        one.reactions = {name: users for name, users in one.reactions.items() if users}
        _tell(call, one, "MESSAGE_REACTION_REMOVE", who, emoji)
    return Answer(204)


async def clear(call: Call) -> Answer:
    """DELETE …/reactions and …/reactions/{emoji_name}."""
    _require_open(call)
    one = _found(call, Permission.MANAGE_MESSAGES)
    if "emoji_name" in call.names:
        one.reactions.pop(_emoji(call), None)
        _tell(call, one, "MESSAGE_REACTION_REMOVE_EMOJI", None, _emoji(call))
    else:
        one.reactions.clear()
        _tell(call, one, "MESSAGE_REACTION_REMOVE_ALL", None, None)
    return Answer(204)


async def reacted(call: Call) -> Answer:
    """GET …/reactions/{emoji_name}: who reacted so, by id."""
    one = _found(call, Permission.READ_MESSAGE_HISTORY)
    query = checks.checked_query(call.query, limits.REACTIONS)
    after, limit = query.get("after", 0), query.get("limit", 25)
    users = [who for who in sorted(one.reactions.get(_emoji(call), ()), key=int) if int(who) > after]
    return Answer(200, [call.server.world.user(who) for who in users[:limit]])


_ALL = "/channels/{channel_id}/messages/{message_id}/reactions"
ROUTES = (
    Route("PUT", f"{_ALL}/{{emoji_name}}/@me", add),
    Route("DELETE", f"{_ALL}/{{emoji_name}}/@me", take_back),
    Route("DELETE", f"{_ALL}/{{emoji_name}}/{{user_id}}", take_back),
    Route("GET", f"{_ALL}/{{emoji_name}}", reacted),
    Route("DELETE", f"{_ALL}/{{emoji_name}}", clear),
    Route("DELETE", _ALL, clear),
)
