"""Checks the config and every connection, and says in a sentence what was reached or how to mend it."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import TypeAlias

import discord
from aiohttp import ClientError

from bot import wiring
from bot.adapters.sql.revision import schema_is_current
from bot.app import App
from bot.client import Client
from bot.config import LOOK_AT, Channels, Roles, Settings
from bot.errors import Misconfigured, SlipwayError, Upstream
from bot.plugins import PLUGINS
from bot.proof import Head, proven

LIMIT_S = 180.0
"""By system. Who asks MLflow or Azure first imports their libraries: four CPU seconds each, for which a minute was too
little where two slow cores have much else to do."""
PERMISSIONS = {
    "View Channels": "read_messages",
    "Send Messages": "send_messages",
    "Attach Files": "attach_files",
    "Read Message History": "read_message_history",
}
"""What the README asks for: Discord's words, and discord.py's."""
IN_A_THREAD = {"Send Messages in Threads": "send_messages_in_threads"} | {
    name: permission for name, permission in PERMISSIONS.items() if permission != "send_messages"
}
Place: TypeAlias = discord.abc.GuildChannel | discord.Thread


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the check."""

    name: str
    is_well: bool
    said: str

    def __str__(self) -> str:
        return f"{'ok  ' if self.is_well else 'FAIL'} {self.name}: {' '.join(self.said.split())}"


async def check(settings: Settings, *, only: Collection[str] = ()) -> list[Finding]:
    """Try every connection, or those to some systems only, side by side, and return what came of it."""
    async with wiring.opened(settings) as (app, client):
        probes: dict[str, Callable[[], Awaitable[str]]] = {
            "database": lambda: _database(app),
            "cluster": app.cluster.check,
            "mlflow": app.registry.check,
            "azure": app.endpoints.check,
            "discord": lambda: _discord(app, client),
        }
        findings = await asyncio.gather(
            *(_probe(name, probe) for name, probe in probes.items() if not only or name in only)
        )
    plugins = [
        Finding(f"plugin {one.plugin.name}", is_well=True, said=f"version {one.version} of {one.distribution}")
        for one in PLUGINS[1:]
    ]
    return [Finding("config", is_well=True, said="every setting is known and in range"), *plugins, *findings]


async def _probe(name: str, probe: Callable[[], Awaitable[str]]) -> Finding:
    try:
        async with asyncio.timeout(LIMIT_S):
            return Finding(name, is_well=True, said=await probe())
    except TimeoutError:
        return Finding(
            name, is_well=False, said=f"no answer within {LIMIT_S:.0f} s; is it running, and is the way open?"
        )
    except Upstream as error:
        is_named = f"{name}." in error.message
        said = error.message if is_named else f"{error.message}; look at {LOOK_AT[name]}"
        return Finding(name, is_well=False, said=said)
    except SlipwayError as error:
        return Finding(name, is_well=False, said=str(error))


async def _database(app: App) -> str:
    if await asyncio.to_thread(schema_is_current, app.settings.database):
        return await app.store.check()
    with suppress(Upstream):  # that a table is missing; that there is no database at all is told as it is
        await app.store.check()
    raise Misconfigured("the database has no tables or those of another version; run `python -m bot migrate`")


async def _discord(app: App, client: Client) -> str:
    settings = app.settings.discord
    try:
        await client.login(settings.token.reveal())
        guild = await client.fetch_guild(settings.guild)
        channels: dict[int, Place] = {channel.id: channel for channel in await guild.fetch_channels()}
        channels |= await _threads(client, set(settings.channels.model_dump().values()) - set(channels))
        roles = {role.id for role in await guild.fetch_roles()}
        assert client.user is not None, "it has just logged in"
        me = await guild.fetch_member(client.user.id)
        await client.tree.fetch_commands(guild=guild)  # refused when it was invited without commands
    except discord.LoginFailure as error:
        raise Misconfigured("discord.token: Discord does not know this token; put the bot's present token") from error
    except (discord.NotFound, discord.Forbidden) as error:
        raise Misconfigured(
            f"discord.guild: {settings.guild} cannot be seen ({error.text}); invite the bot to it, with commands"
        ) from error
    except (discord.DiscordException, ClientError, OSError) as error:
        raise Upstream("discord", f"cannot be reached: {error}", retryable=True) from error
    missing = [f"channels.{name}" for name in Channels.model_fields if getattr(settings.channels, name) not in channels]
    missing += [f"roles.{name}" for name in Roles.model_fields if not set(getattr(settings.roles, name)) <= roles]
    wrong = [f"not there: {', '.join(missing)}; put ids of what exists in {guild.name}"] if missing else []
    there = {f"channels.{name}": channels.get(getattr(settings.channels, name)) for name in Channels.model_fields}
    mute = [name for name, place in there.items() if place and not isinstance(place, discord.abc.Messageable)]
    if mute:
        wrong.append(f"{', '.join(mute)} can take no messages, as a forum cannot; put the id of a text channel")
    rooms = {name: _room(place, channels) for name, place in there.items()}
    lacking = [f"{lacked} in {name}" for name, room in rooms.items() if room and (lacked := _lacked(*room, me))]
    if lacking:
        wrong.append(
            f"the bot lacks {'; '.join(lacking)}; allow it that in the channel's settings under Permissions, for the "
            "bot itself or a role it has"
        )
    if wrong:
        raise Misconfigured(f"discord: {'. Also, '.join(wrong)}")
    return f"{client.user} in {guild.name}, with all channels, roles and permissions"


async def _threads(client: Client, missing: Collection[int]) -> dict[int, Place]:
    """Return those of the missing channels that are threads, which a guild's list of channels does not have."""
    found: dict[int, Place] = {}
    for number in missing:
        with suppress(discord.NotFound, discord.Forbidden, discord.InvalidData):
            place = await client.fetch_channel(number)
            if isinstance(place, discord.Thread):
                found[number] = place
    return found


def _room(
    place: Place | None, channels: Mapping[int, Place]
) -> tuple[discord.abc.GuildChannel, Mapping[str, str]] | None:
    """Return the channel that a place's permissions are those of, and which of them are needed."""
    if not isinstance(place, discord.Thread):
        return (place, PERMISSIONS) if place else None
    above = channels.get(place.parent_id)
    return (above, IN_A_THREAD) if isinstance(above, discord.abc.GuildChannel) else None


def _lacked(channel: discord.abc.GuildChannel, needed: Mapping[str, str], me: discord.Member) -> str:
    """Return which of the permissions that the bot needs it does not have in a channel; empty when it has all."""
    held = discord.abc.GuildChannel.permissions_for(channel, me)  # a kind's own takes all away with View Channels
    return " and ".join(name for name, permission in needed.items() if not getattr(held, permission))


async def verify(settings: Settings, *, noted: Head | None = None) -> tuple[str, bool]:
    """Return whether the record proves itself, in a sentence; `noted` is a head that an earlier one has printed."""
    async with wiring.opened(settings) as (app, _):
        return await proven(app.store, noted=noted)
