"""The fixed part of the world: one guild, its channels, roles and people. Ids stay the same from start to start."""

from dataclasses import dataclass

from sandbox.discord.permissions import Permission
from sandbox.discord.wire import Payload

GUILD_ID = "1100000000000000001"
APPLICATION_ID = "1100000000000000002"
OWNER_ID = "1100000000000000003"
JOINED_AT = "2026-01-05T02:00:00.000000+00:00"

CHANNEL_TOPICS = {
    "requirements": "What a model is wanted for",
    "training": "Runs on the cluster",
    "audit": "Reviews of model versions",
    "deployments": "Rollouts, step by step",
    "announcements": "What everyone should know",
    "monitoring": "How live models are doing",
    "ops": "What somebody must deal with",
    "general": "Everything else",
    "on-call": "Only for those on call",
}
PRIVATE = {"on-call": "operator"}
"""Channels that only one role sees; not even the bot does."""
CHANNELS = {name: str(1100000000000000100 + place) for place, name in enumerate(CHANNEL_TOPICS)}

ROLE_LOOKS = {
    "analyst": ("Business Analyst", 0x3498DB),
    "creator": ("ML Creator", 0x2ECC71),
    "auditor": ("Auditor", 0xE67E22),
    "data_analyst": ("Data Analyst", 0x9B59B6),
    "operator": ("Ops", 0xE74C3C),
}
ROLES = {name: str(1100000000000000200 + place) for place, name in enumerate(ROLE_LOOKS)}
MEMBER_ROLE_ID = "1100000000000000298"
"""What every person has, so that @everyone, and with it the bot, may nothing."""
BOT_ROLE_ID = "1100000000000000299"


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who sits before the page, or a script in their place."""

    key: str
    id: str
    name: str
    nick: str | None
    duty: str | None
    locale: str


def color_of(duty: str | None) -> str:
    """Return the colour of a duty, as in `#3498db`."""
    return f"#{ROLE_LOOKS[duty][1]:06x}" if duty else "#99aab5"


_CAST = (
    ("malee", "Malee", "Malee · มาลี", "analyst", "th"),
    ("anan", "Anan", "Anan · อนันต์", "creator", "en-US"),
    ("kanya", "Kanya", "Kanya · กัญญา", "auditor", "th"),
    ("preecha", "Preecha", "Preecha · ปรีชา", "data_analyst", "en-US"),
    ("somchai", "Somchai", "Somchai · สมชาย", "operator", "th"),
    ("nok", "Nok", None, None, "en-US"),
)
PEOPLE = {
    key: Person(key, str(1100000000000000300 + place), name, nick, duty, locale)
    for place, (key, name, nick, duty, locale) in enumerate(_CAST)
}


def user(user_id: str, name: str, *, display: str | None = None, is_bot: bool = False) -> Payload:
    """Return a user object."""
    return {
        "id": user_id,
        "username": name,
        "global_name": display,
        "discriminator": "6001" if is_bot else "0",
        "avatar": None,
        "banner": None,
        "accent_color": None,
        "public_flags": 0,
        "flags": 0,
        "bot": is_bot,
        "avatar_decoration_data": None,
        "collectibles": None,
        "primary_guild": None,
    }


def role(role_id: str, name: str, *, color: int = 0, position: int, permissions: int, is_managed: bool) -> Payload:
    """Return a role object."""
    return {
        "id": role_id,
        "name": name,
        "color": color,
        "colors": {"primary_color": color, "secondary_color": None, "tertiary_color": None},
        "position": position,
        "permissions": str(permissions),
        "hoist": bool(color),
        "managed": is_managed,
        "mentionable": not is_managed,
        "icon": None,
        "unicode_emoji": None,
        "flags": 0,
    } | ({"tags": {"bot_id": APPLICATION_ID}} if is_managed and role_id == BOT_ROLE_ID else {})


def channel(channel_id: str, name: str, *, topic: str, position: int) -> Payload:
    """Return a text channel object."""
    return {
        "id": channel_id,
        "type": 0,
        "guild_id": GUILD_ID,
        "name": name,
        "topic": topic,
        "position": position,
        "permission_overwrites": [],
        "nsfw": False,
        "rate_limit_per_user": 0,
        "last_message_id": None,
        "parent_id": None,
        "flags": 0,
    }


def overwrites_of(channel_id: str) -> list[Payload]:
    """Return the overwrites that a channel has in the morning: they hide a private one from who lacks its role."""
    role = next((ROLES[role] for name, role in PRIVATE.items() if CHANNELS[name] == channel_id), None)
    view = str(int(Permission.VIEW_CHANNEL))
    hidden = [{"id": GUILD_ID, "type": 0, "allow": "0", "deny": view}]
    return [*hidden, {"id": role, "type": 0, "allow": view, "deny": "0"}] if role else []


def forum(channel_id: str, name: str, *, position: int, tags: list[str]) -> Payload:
    """Return a forum channel object, which holds posts and no messages."""
    return channel(channel_id, name, topic="", position=position) | {
        "type": 15,
        "available_tags": [
            {"id": str(int(channel_id) + number), "name": tag, "moderated": False, "emoji_id": None, "emoji_name": None}
            for number, tag in enumerate(tags, 1)
        ],
        "default_reaction_emoji": None,
        "default_sort_order": None,
        "default_forum_layout": 0,
    }


def guild_fields(roles: list[Payload]) -> Payload:
    """Return the guild object as REST shows it."""
    empty = ("icon", "description", "home_header", "splash", "discovery_splash", "banner", "application_id")
    absent = ("afk_channel_id", "system_channel_id", "widget_channel_id", "vanity_url_code", "rules_channel_id")
    none_of = ("safety_alerts_channel_id", "public_updates_channel_id", "max_presences", "incidents_data")
    return dict.fromkeys((*empty, *absent, *none_of)) | {
        "id": GUILD_ID,
        "name": "Slipway Town",
        "owner_id": OWNER_ID,
        "features": [],
        "region": "singapore",
        "afk_timeout": 300,
        "system_channel_flags": 0,
        "widget_enabled": False,
        "verification_level": 1,
        "roles": roles,
        "default_message_notifications": 1,
        "mfa_level": 0,
        "explicit_content_filter": 0,
        "max_members": 500000,
        "max_stage_video_channel_users": 50,
        "max_video_channel_users": 25,
        "premium_tier": 0,
        "premium_subscription_count": 0,
        "preferred_locale": "en-US",
        "premium_progress_bar_enabled": False,
        "nsfw": False,
        "nsfw_level": 0,
        "emojis": [],
        "stickers": [],
    }
