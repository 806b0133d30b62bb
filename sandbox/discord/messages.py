"""Posting, editing and deleting messages: the one way in for bot, people and interaction replies."""

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from sandbox.discord import town
from sandbox.discord.attachments import attach
from sandbox.discord.components import IS_COMPONENTS_V2, TEXT_DISPLAY, settled, settled_embed, walk
from sandbox.discord.permissions import Permission
from sandbox.discord.wire import Payload, made_at, now_text, snowflake
from sandbox.discord.world import Change, Post, StoredFile, World

SUPPRESS_EMBEDS, EPHEMERAL, LOADING, SILENT = 1 << 2, 1 << 6, 1 << 7, 1 << 12
SETTABLE = SUPPRESS_EMBEDS | EPHEMERAL | SILENT | IS_COMPONENTS_V2
NONCE_S = 180.0
"""Discord remembers nonces for "a few minutes", by its documentation."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A message on its way in: a checked body, its files, and where it comes from."""

    channel_id: str
    author_id: str
    body: Payload
    files: Mapping[str, StoredFile] = field(default_factory=dict)
    extra: Payload = field(default_factory=dict)
    """Fields that only the server sets, such as `interaction_metadata`."""
    ephemeral_to: str | None = None
    extra_flags: int = 0


def mentioned(world: World, body: Payload, held: Permission) -> tuple[list[Payload], list[str], bool]:
    """Return the users, roles and whether everyone is mentioned, as `allowed_mentions` and the author's rights say."""
    may_call_all = Permission.MENTION_EVERYONE in held
    shown = (str(one["content"]) for one in walk(body.get("components") or []) if one.get("type") == TEXT_DISPLAY)
    content = "\n".join((body.get("content") or "", *shown))
    allowed = body.get("allowed_mentions")
    kinds = {"users", "roles", "everyone"} if allowed is None else set(allowed.get("parse") or ())
    ids = {name: set(map(str, (allowed or {}).get(name) or ())) for name in ("users", "roles")}
    known = {person.id for person in town.PEOPLE.values()} | {town.APPLICATION_ID}
    found = dict.fromkeys(re.findall(r"<@!?(\d+)>", content))
    users = [world.user(one) for one in found if one in known and ("users" in kinds or one in ids["users"])]
    found = dict.fromkeys(re.findall(r"<@&(\d+)>", content))
    roles = [one for one in found if one in world.roles and ("roles" in kinds or one in ids["roles"])]
    roles = [one for one in roles if may_call_all or world.roles[one]["mentionable"]]
    is_everyone = may_call_all and "everyone" in kinds and bool(re.search(r"@(everyone|here)\b", content))
    return users, roles, is_everyone


def post(world: World, draft: Draft) -> Post:
    """Add the message and tell everyone who may know of it. An enforced nonce gives the same message twice."""
    body, channel = draft.body, world.channel(draft.channel_id)
    nonce = str(body["nonce"]) if body.get("nonce") is not None else None
    if nonce is not None and body.get("enforce_nonce"):
        for earlier in reversed(world.posts[draft.channel_id].values()):
            if made_at(earlier.id) < time.time() - NONCE_S:
                break
            if earlier.nonce == nonce and earlier.fields["author"]["id"] == draft.author_id:
                return earlier
    ephemeral = draft.ephemeral_to is not None
    attachments = attach(world, draft.channel_id, body, draft.files, ephemeral=ephemeral, kept=[])
    users, roles, is_everyone = mentioned(world, body, world.may(draft.author_id, draft.channel_id))
    flags = (int(body.get("flags") or 0) & SETTABLE & ~EPHEMERAL) | draft.extra_flags | (EPHEMERAL if ephemeral else 0)
    fields: Payload = {
        "id": snowflake(),
        "type": 0,
        "channel_id": draft.channel_id,
        "author": world.user(draft.author_id),
        "content": body.get("content") or "",
        "timestamp": now_text(),
        "edited_timestamp": None,
        "tts": bool(body.get("tts")),
        "mention_everyone": is_everyone,
        "mentions": users,
        "mention_roles": roles,
        "attachments": attachments,
        "embeds": [settled_embed(embed, attachments) for embed in body.get("embeds") or ()],
        "components": settled(body.get("components"), attachments),
        "pinned": False,
        "flags": flags,
    } | draft.extra
    if nonce is not None:
        fields["nonce"] = body["nonce"]
    new = Post(fields, ephemeral_to=draft.ephemeral_to, nonce=nonce)
    world.posts[draft.channel_id][new.id] = new
    channel["last_message_id"] = new.id
    world.tell(Change("MESSAGE_CREATE", gateway_form(world, new), only_to=new.ephemeral_to))
    return new


def edit(world: World, old: Post, body: Payload, files: Mapping[str, StoredFile], *, is_loaded: bool = True) -> Post:
    """Change the message as far as the body says and tell everyone who may know of it."""
    fields = old.fields
    ephemeral = old.ephemeral_to is not None
    fields["attachments"] = attach(
        world, fields["channel_id"], body, files, ephemeral=ephemeral, kept=fields["attachments"]
    )
    if "content" in body:
        fields["content"] = body["content"] or ""
        held = world.may(fields["author"]["id"], fields["channel_id"])
        fields["mentions"], fields["mention_roles"], fields["mention_everyone"] = mentioned(world, body, held)
    if "embeds" in body:
        fields["embeds"] = [settled_embed(embed, fields["attachments"]) for embed in body["embeds"] or ()]
    if "components" in body:
        fields["components"] = settled(body["components"], fields["attachments"])
    if body.get("flags") is not None:
        settable = SUPPRESS_EMBEDS | IS_COMPONENTS_V2
        fields["flags"] = (fields["flags"] & ~SUPPRESS_EMBEDS) | (int(body["flags"]) & settable)
    was_loading = bool(fields["flags"] & LOADING)
    if is_loaded:
        fields["flags"] &= ~LOADING
    if not was_loading:
        fields["edited_timestamp"] = now_text()
    world.tell(Change("MESSAGE_UPDATE", gateway_form(world, old), only_to=old.ephemeral_to))
    return old


def delete(world: World, *old: Post) -> None:
    """Take messages of one channel away and tell everyone who may know of them; the bot hears of many at once."""
    is_one = len(old) == 1
    for one in old:
        channel_id = one.fields["channel_id"]
        del world.posts[channel_id][one.id]
        gone = {"id": one.id, "channel_id": channel_id, "guild_id": town.GUILD_ID}
        world.tell(Change("MESSAGE_DELETE", gone, only_to=one.ephemeral_to, is_for_bot=is_one))
    public = [one for one in old if one.ephemeral_to is None]
    if public and not is_one:
        place = {"channel_id": public[0].fields["channel_id"], "guild_id": town.GUILD_ID}
        world.tell(Change("MESSAGE_DELETE_BULK", place | {"ids": [one.id for one in public]}))


def gateway_form(world: World, one: Post) -> Payload:
    """Return the message with what only events carry: the guild and the author's membership."""
    fields = one.fields | {"guild_id": town.GUILD_ID}
    author_id = one.fields["author"]["id"]
    if "webhook_id" in fields and author_id != town.APPLICATION_ID:
        return fields
    member = {name: value for name, value in world.member(author_id).items() if name != "user"}
    return fields | {"member": member}
