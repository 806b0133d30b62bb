"""Threads of channels and posts of forums, opened by the bot or by people."""

from sandbox.discord import town
from sandbox.discord.permissions import Permission
from sandbox.discord.problems import Problem
from sandbox.discord.wire import Payload, now_text, snowflake
from sandbox.discord.world import FORUM_TYPE, Change, World


def checked_tags(world: World, parent_id: str, body: Payload, owner_id: str) -> list[str]:
    """Return the ids of the tags that the body asks for; only a forum has any. Raises Problem 10087 or 50013."""
    forum = world.channel(parent_id)
    wanted = [str(tag) for tag in body.get("applied_tags") or ()]
    if forum["type"] != FORUM_TYPE:
        return []
    known = {one["id"]: one for one in forum["available_tags"]}
    if any(tag not in known for tag in wanted):
        raise Problem(10087)
    is_moderated = any(known[tag]["moderated"] for tag in wanted)
    if is_moderated and Permission.MANAGE_THREADS not in world.may(owner_id, parent_id):
        raise Problem(50013)
    return wanted


def require_open(place: Payload) -> None:
    """Refuse what changes an archived thread: only a new message opens it again. Raises Problem 50083.

    Source: docs, "Threads", active and archived threads; github.com/discord/discord-api-docs, pull request 2855.
    """
    if place.get("thread_metadata", {}).get("archived"):
        raise Problem(50083)


def reopen(world: World, place: Payload, author_id: str) -> None:
    """Open an archived thread again for a message; a locked one only for who manages it. Raises Problem 50083."""
    metadata = place.get("thread_metadata", {})
    if not metadata.get("archived"):
        return
    if metadata["locked"] and Permission.MANAGE_THREADS not in world.may(author_id, place["id"]):
        raise Problem(50083)
    metadata["archived"] = False
    world.tell(Change("THREAD_UPDATE", place))


def open_thread(
    world: World,
    parent_id: str,
    body: Payload,
    *,
    thread_id: str | None = None,
    owner_id: str = town.APPLICATION_ID,
) -> Payload:
    """Add a thread to a channel, or a post to a forum, and tell everyone. Raises Problem 10087 or 50013."""
    tags = checked_tags(world, parent_id, body, owner_id)
    thread_id = thread_id or snowflake()
    archive_min = body.get("auto_archive_duration") or 1440
    joined = {"id": thread_id, "user_id": owner_id, "join_timestamp": now_text(), "flags": 0}
    thread: Payload = {
        "id": thread_id,
        "type": 11,
        "guild_id": town.GUILD_ID,
        "parent_id": parent_id,
        "owner_id": owner_id,
        "name": body["name"],
        "last_message_id": None,
        "message_count": 0,
        "total_message_sent": 0,
        "member_count": 1,
        "rate_limit_per_user": 0,
        "flags": 0,
        "thread_metadata": {
            "archived": False,
            "locked": False,
            "auto_archive_duration": archive_min,
            "archive_timestamp": now_text(),
            "create_timestamp": now_text(),
        },
        "member": joined,
        "applied_tags": tags,
    }
    world.channels[thread_id] = thread
    world.posts[thread_id] = {}
    world.tell(Change("THREAD_CREATE", thread | {"newly_created": True}))
    return thread
