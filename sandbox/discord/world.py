"""The state of the world: channels, messages, commands, files. Who changes it tells everyone who watches."""

import base64
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field

from sandbox.discord import town
from sandbox.discord.permissions import ALL, BOT, MEMBER, Permission, permissions_in
from sandbox.discord.problems import Problem
from sandbox.discord.wire import Payload

THREAD_TYPES = frozenset({10, 11, 12})
FORUM_TYPE = 15


@dataclass(slots=True)
class Post:
    """A message, and what only the server knows of it."""

    fields: Payload
    """Discord's message object."""
    ephemeral_to: str | None = None
    nonce: str | None = None
    reactions: dict[str, list[str]] = field(default_factory=dict)
    """Who reacted, by emoji."""

    @property
    def id(self) -> str:
        """The message's id."""
        return str(self.fields["id"])


@dataclass(frozen=True, slots=True)
class Change:
    """Something that happened, as the gateway names it."""

    event: str
    fields: Payload
    only_to: str | None = None
    """The one person who may know of it; the bot is not told."""
    is_for_bot: bool = True


@dataclass(frozen=True, slots=True)
class StoredFile:
    """The bytes behind an attachment."""

    name: str
    content: bytes
    content_type: str


@dataclass(slots=True)
class World:
    """Everything that is the case."""

    token: str = ""
    roles: dict[str, Payload] = field(default_factory=dict)
    channels: dict[str, Payload] = field(default_factory=dict)
    posts: dict[str, dict[str, Post]] = field(default_factory=dict)
    """By channel, then by message, oldest first."""
    direct: dict[str, Payload] = field(default_factory=dict)
    """The bot's direct channels to people, who take no messages there."""
    commands: dict[str | None, list[Payload]] = field(default_factory=lambda: {None: [], town.GUILD_ID: []})
    """By guild; None is everywhere."""
    files: dict[str, StoredFile] = field(default_factory=dict)
    """By the attachment's path on the CDN."""
    watchers: list[Callable[[Change], None]] = field(default_factory=list)
    held_roles: dict[str, list[str]] = field(default_factory=dict)
    """By person, for those whose duties were changed; everyone else has the one of the morning."""

    def tell(self, change: Change) -> None:
        """Tell everyone who watches."""
        for watcher in self.watchers:
            watcher(change)

    def channel(self, channel_id: str) -> Payload:
        """Return the channel or thread. Raises Problem 10003."""
        if channel_id not in self.channels:
            raise Problem(10003)
        return self.channels[channel_id]

    def post(self, channel_id: str, message_id: str) -> Post:
        """Return the message. Raises Problem 10008."""
        self.channel(channel_id)
        if message_id not in self.posts[channel_id]:
            raise Problem(10008)
        return self.posts[channel_id][message_id]

    def may(self, member_id: str, channel_id: str) -> Permission:
        """Return what the member may do in the channel; a thread follows its parent."""
        place = self.channel(channel_id)
        if place["type"] in THREAD_TYPES:
            place = self.channels[place["parent_id"]]
        return permissions_in(
            place["permission_overwrites"],
            guild_id=town.GUILD_ID,
            member_id=member_id,
            roles=self.roles.values(),
            role_ids=self.role_ids(member_id),
        )

    def role_ids(self, member_id: str) -> list[str]:
        """Return the ids of the member's roles, without @everyone."""
        if member_id == town.APPLICATION_ID:
            return [town.BOT_ROLE_ID]
        person = person_by_id(member_id)
        if person is None:
            return []
        usual = [town.ROLES[person.duty]] if person.duty else []
        return [*self.held_roles.get(member_id, usual), town.MEMBER_ROLE_ID]

    def set_role(self, member_id: str, role_id: str, *, is_held: bool) -> None:
        """Give the member a role or take it away; the next interaction carries what they hold then."""
        others = [one for one in self.role_ids(member_id) if one not in (role_id, town.MEMBER_ROLE_ID)]
        self.held_roles[member_id] = [*others, role_id] if is_held else others
        self.tell(Change("GUILD_MEMBER_UPDATE", self.member(member_id) | {"guild_id": town.GUILD_ID}))

    def user(self, user_id: str) -> Payload:
        """Return the user. Raises Problem 10013."""
        if user_id == town.APPLICATION_ID:
            return town.user(user_id, "slipway", is_bot=True)
        if user_id == town.OWNER_ID:
            return town.user(user_id, "owner", display="Owner")
        person = person_by_id(user_id)
        if person is None:
            raise Problem(10013)
        return town.user(user_id, person.key, display=person.name)

    def member(self, user_id: str) -> Payload:
        """Return the guild member with their user. Raises Problem 10013."""
        person = person_by_id(user_id)
        return {
            "user": self.user(user_id),
            "nick": person.nick if person else None,
            "roles": self.role_ids(user_id),
            "joined_at": town.JOINED_AT,
            "avatar": None,
            "banner": None,
            "communication_disabled_until": None,
            "flags": 0,
            "pending": False,
            "premium_since": None,
            "mute": False,
            "deaf": False,
        }

    def commands_for(self, member_id: str) -> list[Payload]:
        """Return the commands that the member sees in the guild, by the commands' default member permissions."""
        held = Permission(0)
        for role_id in self.role_ids(member_id):
            held |= Permission(int(self.roles[role_id]["permissions"]) & ALL)
        commands = [*self.commands[None], *self.commands[town.GUILD_ID]]
        return [one for one in commands if _is_open_to(one, held)]


def _is_open_to(command: Payload, held: Permission) -> bool:
    needed = command["default_member_permissions"]
    return needed is None or (needed != "0" and not int(needed) & ~int(held))


def person_by_id(user_id: str) -> town.Person | None:
    """Return the person with that id, or None."""
    return next((person for person in town.PEOPLE.values() if person.id == user_id), None)


ROLE_PERMISSIONS = {"operator": Permission.MANAGE_MESSAGES}
"""What a role may do beyond every member: those on call keep order in the channels too."""


def new_token() -> str:
    """Return a token in the form of Discord's: the application's id, and a secret."""
    return f"{base64.b64encode(town.APPLICATION_ID.encode()).decode()}.{secrets.token_urlsafe(24)}"


def new_world(bot_may: Permission = BOT) -> World:
    """Return the world as it is in the morning, with a bot that may do so much."""
    world = World(token=new_token())
    for role_id, name, position, held in (
        (town.GUILD_ID, "@everyone", 0, Permission(0)),
        (town.MEMBER_ROLE_ID, "Member", 8, MEMBER),
        (town.BOT_ROLE_ID, "Slipway", 9, bot_may),
    ):
        is_managed = role_id == town.BOT_ROLE_ID
        world.roles[role_id] = town.role(role_id, name, position=position, permissions=int(held), is_managed=is_managed)
    for position, (key, (name, color)) in enumerate(town.ROLE_LOOKS.items(), 1):
        role_id = town.ROLES[key]
        held = ROLE_PERMISSIONS.get(key, Permission(0))
        world.roles[role_id] = town.role(
            role_id, name, color=color, position=position, permissions=int(held), is_managed=False
        )
    for position, (name, topic) in enumerate(town.CHANNEL_TOPICS.items()):
        channel_id = town.CHANNELS[name]
        world.channels[channel_id] = town.channel(channel_id, name, topic=topic, position=position)
        world.channels[channel_id]["permission_overwrites"] = town.overwrites_of(channel_id)
        world.posts[channel_id] = {}
    return world
