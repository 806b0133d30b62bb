"""The bot itself, its guild, members and channels over REST."""

from sandbox.discord import checks, limits, town
from sandbox.discord.call import Answer, Call, Route
from sandbox.discord.gateway import DAY_S, GUILD_MEMBERS, IDENTIFIES_PER_DAY
from sandbox.discord.permissions import Permission
from sandbox.discord.problems import Problem
from sandbox.discord.ratelimits import MAX_CONCURRENCY
from sandbox.discord.threads import checked_tags, require_open
from sandbox.discord.wire import Payload, snowflake
from sandbox.discord.world import FORUM_TYPE, THREAD_TYPES, Change, World


def require(world: World, channel_id: str, *needed: Permission) -> Payload:
    """Return the channel if the bot may do this there. Raises Problem 10003, 50001, 50007 or 50013."""
    if channel_id in world.direct:
        raise Problem(50007)
    channel = world.channel(channel_id)
    held = world.may(town.APPLICATION_ID, channel_id)
    if Permission.VIEW_CHANNEL not in held:
        raise Problem(50001)
    if any(permission not in held for permission in needed):
        raise Problem(50013)
    return channel


def _own_guild(call: Call) -> None:
    if call.names["guild_id"] != town.GUILD_ID:
        raise Problem(10004)


def _gateway_url(call: Call) -> str:
    """Return where the gateway is: beside the address that the caller used."""
    return f"wss://{'gateway.discord.gg' if call.host == 'discord.com' else call.host}"


async def gateway(call: Call) -> Answer:
    """GET /gateway."""
    return Answer(200, {"url": _gateway_url(call)})


async def gateway_bot(call: Call) -> Answer:
    """GET /gateway/bot."""
    left = call.server.gateway.identifies_left
    limit = {"total": IDENTIFIES_PER_DAY, "remaining": left, "reset_after": int(1000 * DAY_S)}
    limit["max_concurrency"] = MAX_CONCURRENCY
    return Answer(200, {"url": _gateway_url(call), "shards": 1, "session_start_limit": limit})


async def me(call: Call) -> Answer:
    """GET /users/@me."""
    private = {"mfa_enabled": False, "locale": "en-US", "verified": True, "email": None, "premium_type": 0}
    return Answer(200, call.server.world.user(town.APPLICATION_ID) | private)


async def user(call: Call) -> Answer:
    """GET /users/{user_id}."""
    return Answer(200, call.server.world.user(call.names["user_id"]))


async def application(call: Call) -> Answer:
    """GET /applications/@me and /oauth2/applications/@me."""
    absent = ("icon", "type", "interactions_endpoint_url", "role_connections_verification_url", "team")
    fields = dict.fromkeys(absent) | {
        "id": town.APPLICATION_ID,
        "name": "Slipway",
        "description": "",
        "summary": "",
        "verify_key": "0" * 64,
        "flags": 0,
        "flags_new": "0",
        "redirect_uris": [],
        "owner": call.server.world.user(town.OWNER_ID),
        "approximate_guild_count": 1,
        "approximate_user_install_count": 0,
        "approximate_user_authorization_count": 0,
        "explicit_content_filter": 0,
        "eligible_oauth2_scopes": [],
        "bot_public": False,
        "bot_require_code_grant": False,
        "rpc_origins": [],
        "bot": call.server.world.user(town.APPLICATION_ID),
    }
    return Answer(200, fields)


async def guild(call: Call) -> Answer:
    """GET /guilds/{guild_id}."""
    _own_guild(call)
    fields = town.guild_fields(list(call.server.world.roles.values()))
    counts = {"approximate_member_count": len(town.PEOPLE) + 1, "approximate_presence_count": len(town.PEOPLE)}
    return Answer(200, fields | (counts if call.is_set("with_counts") else {}))


async def my_guilds(_: Call) -> Answer:
    """GET /users/@me/guilds."""
    fields = {name: town.guild_fields([])[name] for name in ("id", "name", "icon", "banner", "features")}
    return Answer(200, [fields | {"owner": False, "permissions": "0"}])


async def roles(call: Call) -> Answer:
    """GET /guilds/{guild_id}/roles."""
    _own_guild(call)
    return Answer(200, list(call.server.world.roles.values()))


async def member(call: Call) -> Answer:
    """GET /guilds/{guild_id}/members/{user_id}."""
    _own_guild(call)
    try:
        return Answer(200, call.server.world.member(call.names["user_id"]))
    except Problem:
        raise Problem(10007) from None


async def my_member(call: Call) -> Answer:
    """GET /users/@me/guilds/{guild_id}/member."""
    _own_guild(call)
    return Answer(200, call.server.world.member(town.APPLICATION_ID))


async def members(call: Call) -> Answer:
    """GET /guilds/{guild_id}/members, by id; only for a bot with the privileged intent."""
    _own_guild(call)
    if not call.server.gateway.granted_intents & GUILD_MEMBERS:
        raise Problem(50001)
    known = sorted([town.APPLICATION_ID, *(person.id for person in town.PEOPLE.values())], key=int)
    query = checks.checked_query(call.query, limits.MEMBERS)
    after, limit = query.get("after", 0), query.get("limit", 1)
    return Answer(200, [call.server.world.member(one) for one in known if int(one) > after][:limit])


async def emojis(call: Call) -> Answer:
    """GET /guilds/{guild_id}/emojis: the town has none of its own."""
    _own_guild(call)
    return Answer(200, [])


async def open_direct(call: Call) -> Answer:
    """POST /users/@me/channels: the channel is there, but nobody in the town takes direct messages."""
    world = call.server.world
    user_fields = world.user(str(call.fields.get("recipient_id")))
    known = (one for one in world.direct.values() if one["recipients"][0]["id"] == user_fields["id"])
    direct = next(known, None)
    if direct is None:
        direct = {"id": snowflake(), "type": 1, "flags": 0, "last_message_id": None, "recipients": [user_fields]}
        world.direct[direct["id"]] = direct
    return Answer(200, direct)


async def guild_channels(call: Call) -> Answer:
    """GET /guilds/{guild_id}/channels."""
    _own_guild(call)
    return Answer(200, [one for one in call.server.world.channels.values() if one["type"] not in THREAD_TYPES])


async def active_threads(call: Call) -> Answer:
    """GET /guilds/{guild_id}/threads/active."""
    _own_guild(call)
    world = call.server.world
    threads = [one for one in world.channels.values() if one["type"] in THREAD_TYPES]
    threads = [one for one in threads if Permission.VIEW_CHANNEL in world.may(town.APPLICATION_ID, one["id"])]
    return Answer(200, {"threads": threads, "members": [], "has_more": False})


async def channel(call: Call) -> Answer:
    """GET /channels/{channel_id}."""
    direct = call.server.world.direct.get(call.names["channel_id"])
    return Answer(200, direct or require(call.server.world, call.names["channel_id"]))


def _needed_to_edit(place: Payload, wish: Payload) -> list[Permission]:
    """Return what an edit takes; who may write in a thread may open it again, unless it is locked."""
    if place["type"] not in THREAD_TYPES:
        return [Permission.MANAGE_CHANNELS]
    if not place["thread_metadata"]["locked"] and wish == {"archived": False}:
        return [Permission.SEND_MESSAGES]
    return [] if place["owner_id"] == town.APPLICATION_ID else [Permission.MANAGE_THREADS]


async def edit_channel(call: Call) -> Answer:
    """PATCH /channels/{channel_id}: a thread's name and archive, a channel's name and topic."""
    world = call.server.world
    fields = require(world, call.names["channel_id"])
    is_thread = fields["type"] in THREAD_TYPES
    require(world, fields["id"], *_needed_to_edit(fields, call.fields))
    if call.fields.get("archived") is not False:
        require_open(fields)
    checks.check_channel(call.fields, is_forum=fields["type"] == FORUM_TYPE)
    settable = {"name", "rate_limit_per_user", "flags"} | (set() if is_thread else {"topic"})
    if is_thread and "applied_tags" in call.fields:
        fields["applied_tags"] = checked_tags(world, fields["parent_id"], call.fields, town.APPLICATION_ID)
    fields.update({name: value for name, value in call.fields.items() if name in settable and value is not None})
    if is_thread:
        metadata = fields["thread_metadata"]
        metadata.update({name: call.fields[name] for name in ("archived", "locked") if name in call.fields})
    world.tell(Change("THREAD_UPDATE" if is_thread else "CHANNEL_UPDATE", fields))
    return Answer(200, fields)


async def typing(call: Call) -> Answer:
    """POST /channels/{channel_id}/typing."""
    world = call.server.world
    require(world, call.names["channel_id"], Permission.SEND_MESSAGES)
    world.tell(
        Change(
            "TYPING_START", {"channel_id": call.names["channel_id"], "user_id": town.APPLICATION_ID}, is_for_bot=False
        )
    )
    return Answer(204)


ROUTES = (
    Route("GET", "/gateway", gateway, needs_token=False),
    Route("GET", "/gateway/bot", gateway_bot),
    Route("GET", "/users/@me", me),
    Route("GET", "/users/@me/guilds", my_guilds),
    Route("GET", "/users/@me/guilds/{guild_id}/member", my_member),
    Route("POST", "/users/@me/channels", open_direct),
    Route("GET", "/users/{user_id}", user),
    Route("GET", "/applications/@me", application),
    Route("GET", "/oauth2/applications/@me", application),
    Route("GET", "/guilds/{guild_id}", guild),
    Route("GET", "/guilds/{guild_id}/roles", roles),
    Route("GET", "/guilds/{guild_id}/members", members),
    Route("GET", "/guilds/{guild_id}/members/{user_id}", member),
    Route("GET", "/guilds/{guild_id}/emojis", emojis),
    Route("GET", "/guilds/{guild_id}/channels", guild_channels),
    Route("GET", "/guilds/{guild_id}/threads/active", active_threads),
    Route("GET", "/channels/{channel_id}", channel),
    Route("PATCH", "/channels/{channel_id}", edit_channel),
    Route("POST", "/channels/{channel_id}/typing", typing),
)
