"""Messages and threads over REST."""

import time

from sandbox.discord import checks, limits, messages, town
from sandbox.discord.call import Answer, Call, Route
from sandbox.discord.gateway import MESSAGE_CONTENT, redacted
from sandbox.discord.permissions import Permission
from sandbox.discord.problems import Problem
from sandbox.discord.routes_guild import require
from sandbox.discord.threads import open_thread, reopen, require_open
from sandbox.discord.wire import Payload, made_at
from sandbox.discord.world import FORUM_TYPE, THREAD_TYPES, Change, Post

BULK_MIN, BULK_MAX, BULK_YOUNGER_S = 2, 100, 14 * 24 * 3600


def _seen(call: Call, one: Post) -> Payload:
    """Return the message as far as the bot's intents let it see."""
    is_full = call.server.gateway.granted_intents & MESSAGE_CONTENT
    return one.fields if is_full else redacted(one.fields)


def visible(call: Call, channel_id: str, message_id: str) -> Post:
    """Return the message unless it is ephemeral: those have no channel route. Raises Problem 10008."""
    one = call.server.world.post(channel_id, message_id)
    if one.ephemeral_to is not None:
        raise Problem(10008)
    return one


def _writable(call: Call) -> Payload:
    world, channel_id = call.server.world, call.names["channel_id"]
    channel = require(world, channel_id)
    if channel["type"] == FORUM_TYPE:
        raise Problem(50008)
    is_thread = channel["type"] in THREAD_TYPES
    require(world, channel_id, Permission.SEND_MESSAGES_IN_THREADS if is_thread else Permission.SEND_MESSAGES)
    if call.files:
        require(world, channel_id, Permission.ATTACH_FILES)
    if isinstance(call.body, dict) and call.body.get("embeds"):
        require(world, channel_id, Permission.EMBED_LINKS)
    return channel


async def create(call: Call) -> Answer:
    """POST /channels/{channel_id}/messages."""
    channel = _writable(call)
    checks.check_message(call.fields, call.files)
    reopen(call.server.world, channel, town.APPLICATION_ID)
    extra = _reference(call, channel["id"])
    draft = messages.Draft(channel["id"], town.APPLICATION_ID, call.fields, call.files, extra)
    return Answer(200, messages.post(call.server.world, draft).fields)


def _reference(call: Call, channel_id: str) -> Payload:
    wanted = call.fields.get("message_reference")
    if not wanted:
        return {}
    world = call.server.world
    original = world.posts[channel_id].get(str(wanted["message_id"]))
    if original is None and wanted.get("fail_if_not_exists", True):
        raise Problem(10008)
    reference = {
        "type": 0,
        "channel_id": channel_id,
        "message_id": str(wanted["message_id"]),
        "guild_id": town.GUILD_ID,
    }
    return {"type": 19, "message_reference": reference, "referenced_message": original.fields if original else None}


async def history(call: Call) -> Answer:
    """GET /channels/{channel_id}/messages, newest first."""
    world, channel_id = call.server.world, call.names["channel_id"]
    require(world, channel_id)
    if Permission.READ_MESSAGE_HISTORY not in world.may(town.APPLICATION_ID, channel_id):
        return Answer(200, [])
    query = checks.checked_query(call.query, limits.HISTORY)
    posts = [one for one in reversed(world.posts[channel_id].values()) if one.ephemeral_to is None]
    return Answer(200, [_seen(call, one) for one in _page(posts, query)])


def _page(posts: list[Post], query: Payload) -> list[Post]:
    limit: int = query.get("limit", 50)
    if "before" in query:
        return [one for one in posts if int(one.id) < query["before"]][:limit]
    if "after" in query:
        return [one for one in posts if int(one.id) > query["after"]][-limit:]
    if "around" in query:
        nearest = sorted(posts, key=lambda one: abs(int(one.id) - query["around"]))[:limit]
        return sorted(nearest, key=lambda one: -int(one.id))
    return posts[:limit]


async def fetch(call: Call) -> Answer:
    """GET /channels/{channel_id}/messages/{message_id}."""
    require(call.server.world, call.names["channel_id"], Permission.READ_MESSAGE_HISTORY)
    return Answer(200, _seen(call, visible(call, call.names["channel_id"], call.names["message_id"])))


async def edit(call: Call) -> Answer:
    """PATCH /channels/{channel_id}/messages/{message_id}."""
    require_open(_writable(call))
    one = visible(call, call.names["channel_id"], call.names["message_id"])
    if one.fields["author"]["id"] != town.APPLICATION_ID:
        raise Problem(50005)
    checks.check_message(call.fields, call.files, before=one.fields)
    return Answer(200, messages.edit(call.server.world, one, call.fields, call.files).fields)


async def delete_many(call: Call) -> Answer:
    """POST /channels/{channel_id}/messages/bulk-delete; what is not there is passed over."""
    world, channel_id = call.server.world, call.names["channel_id"]
    require(world, channel_id, Permission.MANAGE_MESSAGES)
    checks.check(call.fields, limits.BULK_DELETE)
    wanted = call.fields.get("messages")
    if not isinstance(wanted, list) or not BULK_MIN <= len(wanted) <= BULK_MAX:
        raise Problem(50016)
    if any(made_at(str(one)) < time.time() - BULK_YOUNGER_S for one in wanted):
        raise Problem(50034)
    posts = world.posts[channel_id]
    there = [posts[one] for one in map(str, wanted) if one in posts and posts[one].ephemeral_to is None]
    messages.delete(world, *there)
    return Answer(204)


async def pins(call: Call) -> Answer:
    """GET /channels/{channel_id}/messages/pins, newest first."""
    return Answer(
        200, {"items": [{"message": one, "pinned_at": one["timestamp"]} for one in _pinned(call)], "has_more": False}
    )


async def old_pins(call: Call) -> Answer:
    """GET /channels/{channel_id}/pins, as it was before there were pages."""
    return Answer(200, _pinned(call))


def _pinned(call: Call) -> list[Payload]:
    require(call.server.world, call.names["channel_id"], Permission.READ_MESSAGE_HISTORY)
    posts = reversed(call.server.world.posts[call.names["channel_id"]].values())
    return [_seen(call, one) for one in posts if one.fields["pinned"]]


async def delete(call: Call) -> Answer:
    """DELETE /channels/{channel_id}/messages/{message_id}."""
    world = call.server.world
    require(world, call.names["channel_id"])
    one = visible(call, call.names["channel_id"], call.names["message_id"])
    if one.fields["author"]["id"] != town.APPLICATION_ID:
        require(world, call.names["channel_id"], Permission.MANAGE_MESSAGES)
    messages.delete(world, one)
    return Answer(204)


def _set_pin(call: Call, *, pinned: bool) -> Answer:
    require_open(require(call.server.world, call.names["channel_id"], Permission.PIN_MESSAGES))
    one = visible(call, call.names["channel_id"], call.names["message_id"])
    one.fields["pinned"] = pinned
    call.server.world.tell(Change("MESSAGE_UPDATE", messages.gateway_form(call.server.world, one)))
    return Answer(204)


async def pin(call: Call) -> Answer:
    """PUT /channels/{channel_id}/messages/pins/{message_id}."""
    return _set_pin(call, pinned=True)


async def unpin(call: Call) -> Answer:
    """DELETE /channels/{channel_id}/messages/pins/{message_id}."""
    return _set_pin(call, pinned=False)


async def thread_from_message(call: Call) -> Answer:
    """POST /channels/{channel_id}/messages/{message_id}/threads; the thread's id is the message's."""
    channel_id = call.names["channel_id"]
    require(call.server.world, channel_id, Permission.CREATE_PUBLIC_THREADS)
    checks.check_thread(call.fields)
    one = visible(call, channel_id, call.names["message_id"])
    if one.id in call.server.world.channels:
        raise Problem(160004)
    thread = open_thread(call.server.world, channel_id, call.fields, thread_id=one.id)
    one.fields["thread"] = thread
    one.fields["flags"] |= 1 << 5
    call.server.world.tell(Change("MESSAGE_UPDATE", messages.gateway_form(call.server.world, one)))
    return Answer(201, thread)


async def thread_alone(call: Call) -> Answer:
    """POST /channels/{channel_id}/threads; in a forum with its first message, whose id is the thread's."""
    world, parent_id = call.server.world, call.names["channel_id"]
    is_forum = require(world, parent_id)["type"] == FORUM_TYPE
    require(world, parent_id, Permission.SEND_MESSAGES if is_forum else Permission.CREATE_PUBLIC_THREADS)
    checks.check_thread(call.fields)
    if not is_forum:
        return Answer(201, open_thread(world, parent_id, call.fields))
    body = call.fields.get("message") or {}
    checks.check_message(body, call.files, prefix=("message",))
    thread = open_thread(world, parent_id, call.fields)
    first = messages.Draft(thread["id"], town.APPLICATION_ID, body, call.files, {"id": thread["id"]})
    return Answer(201, thread | {"message": messages.post(world, first).fields})


async def join_thread(_: Call) -> Answer:
    """PUT and DELETE /channels/{channel_id}/thread-members/@me."""
    return Answer(204)


_MESSAGE = "/channels/{channel_id}/messages/{message_id}"
ROUTES = (
    Route("POST", "/channels/{channel_id}/messages", create),
    Route("GET", "/channels/{channel_id}/messages", history),
    Route("POST", "/channels/{channel_id}/messages/bulk-delete", delete_many),
    Route("GET", "/channels/{channel_id}/messages/pins", pins),
    Route("PUT", "/channels/{channel_id}/messages/pins/{message_id}", pin),
    Route("DELETE", "/channels/{channel_id}/messages/pins/{message_id}", unpin),
    Route("GET", "/channels/{channel_id}/pins", old_pins),
    Route("PUT", "/channels/{channel_id}/pins/{message_id}", pin),
    Route("DELETE", "/channels/{channel_id}/pins/{message_id}", unpin),
    Route("GET", _MESSAGE, fetch),
    Route("PATCH", _MESSAGE, edit),
    Route("DELETE", _MESSAGE, delete),
    Route("POST", f"{_MESSAGE}/threads", thread_from_message),
    Route("POST", "/channels/{channel_id}/threads", thread_alone),
    Route("PUT", "/channels/{channel_id}/thread-members/@me", join_thread),
    Route("DELETE", "/channels/{channel_id}/thread-members/@me", join_thread),
)
