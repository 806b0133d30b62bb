"""Checks the config and every connection, and says in a sentence what was reached or how to mend it."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import discord

from bot import wiring
from bot.app import App
from bot.client import Client
from bot.config import Channels, Roles, Settings
from bot.domain.events import broken_at
from bot.domain.model import Fact
from bot.errors import SlipwayError

LIMIT_S = 60.0
PAGE = 1000


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the check."""

    name: str
    is_well: bool
    said: str

    def __str__(self) -> str:
        return f"{'ok  ' if self.is_well else 'FAIL'} {self.name}: {self.said}"


async def check(settings: Settings) -> list[Finding]:
    """Try every connection, side by side, and return what came of it."""
    async with wiring.opened(settings) as (app, client):
        probes: dict[str, Callable[[], Awaitable[str]]] = {
            "database": app.store.check,
            "cluster": app.cluster.check,
            "mlflow": app.registry.check,
            "azure": app.endpoints.check,
            "discord": lambda: _discord(app, client),
        }
        findings = await asyncio.gather(*(_probe(name, probe) for name, probe in probes.items()))
    return [Finding("config", is_well=True, said="every setting is known and in range"), *findings]


async def _probe(name: str, probe: Callable[[], Awaitable[str]]) -> Finding:
    try:
        async with asyncio.timeout(LIMIT_S):
            return Finding(name, is_well=True, said=await probe())
    except TimeoutError:
        return Finding(
            name, is_well=False, said=f"no answer within {LIMIT_S:.0f} s; is it running, and is the way open?"
        )
    except SlipwayError as error:
        return Finding(name, is_well=False, said=str(error))


async def _discord(app: App, client: Client) -> str:
    settings = app.settings.discord
    try:
        await client.login(settings.token.reveal())
    except discord.LoginFailure as error:
        raise SlipwayError("discord.token: Discord does not know this token; put the bot's present token") from error
    try:
        guild = await client.fetch_guild(settings.guild)
        channels = {channel.id for channel in await guild.fetch_channels()}
        roles = {role.id for role in await guild.fetch_roles()}
    except discord.HTTPException as error:
        raise SlipwayError(
            f"discord.guild: {settings.guild} cannot be seen ({error.text}); invite the bot to it"
        ) from error
    missing = [f"channels.{name}" for name in Channels.model_fields if getattr(settings.channels, name) not in channels]
    missing += [f"roles.{name}" for name in Roles.model_fields if not set(getattr(settings.roles, name)) <= roles]
    if missing:
        raise SlipwayError(f"discord: not there: {', '.join(missing)}; put ids of what exists in {guild.name}")
    return f"{client.user} in {guild.name}, with all channels and roles"


async def verify(settings: Settings) -> tuple[str, bool]:
    """Follow the event log's hash chain from its beginning; return a sentence and whether it is whole."""
    facts: list[Fact] = []
    async with wiring.opened(settings) as (app, _), app.store.reading() as tx:
        while page := await tx.facts(after=facts[-1].sequence if facts else 0, limit=PAGE):
            facts.extend(page)
    broken = broken_at(facts)
    if broken is None:
        head = facts[-1].hash[:16] if facts else "none"
        return f"all {len(facts)} events are as they were written; head {head}", True
    return f"the event log was changed at event {broken}: its hash is not that of its content; restore a backup", False
