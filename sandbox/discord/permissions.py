"""Who may do what in which channel. Source: docs, "Permissions", computing base permissions and overwrites."""

from collections.abc import Collection, Iterable
from enum import IntFlag
from functools import reduce

from sandbox.discord.wire import Payload


class Permission(IntFlag):
    """The permissions that this server looks at, with Discord's bits."""

    ADMINISTRATOR = 1 << 3
    MANAGE_CHANNELS = 1 << 4
    ADD_REACTIONS = 1 << 6
    VIEW_CHANNEL = 1 << 10
    SEND_MESSAGES = 1 << 11
    MANAGE_MESSAGES = 1 << 13
    EMBED_LINKS = 1 << 14
    ATTACH_FILES = 1 << 15
    READ_MESSAGE_HISTORY = 1 << 16
    MENTION_EVERYONE = 1 << 17
    USE_APPLICATION_COMMANDS = 1 << 31
    MANAGE_THREADS = 1 << 34
    CREATE_PUBLIC_THREADS = 1 << 35
    SEND_MESSAGES_IN_THREADS = 1 << 38
    PIN_MESSAGES = 1 << 51


BOT = Permission.VIEW_CHANNEL | Permission.SEND_MESSAGES | Permission.ATTACH_FILES | Permission.READ_MESSAGE_HISTORY
"""What the README asks for."""
MEMBER = (
    BOT
    | Permission.ADD_REACTIONS
    | Permission.EMBED_LINKS
    | Permission.USE_APPLICATION_COMMANDS
    | Permission.CREATE_PUBLIC_THREADS
    | Permission.SEND_MESSAGES_IN_THREADS
)
"""What every person may."""
ALL = reduce(lambda one, other: one | other, Permission)


def permissions_in(
    overwrites: Iterable[Payload], *, guild_id: str, member_id: str, roles: Iterable[Payload], role_ids: Collection[str]
) -> Permission:
    """Return what a member with these roles may do in a channel with these overwrites."""
    held = Permission(0)
    for role in roles:
        if role["id"] == guild_id or role["id"] in role_ids:
            held |= Permission(int(role["permissions"]) & ALL)
    if Permission.ADMINISTRATOR in held:
        return ALL
    by_target = {overwrite["id"]: overwrite for overwrite in overwrites}
    for targets in ((guild_id,), tuple(role_ids), (member_id,)):
        denied, allowed = 0, 0
        for target in targets:
            denied |= int(by_target.get(target, {}).get("deny", 0))
            allowed |= int(by_target.get(target, {}).get("allow", 0))
        held = (held & ~Permission(denied & ALL)) | Permission(allowed & ALL)
    return held if Permission.VIEW_CHANNEL in held else Permission(0)
