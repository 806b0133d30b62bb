"""/cluster: status, queue, nodes, usage. These ask the cluster, so they answer in two steps."""

from dataclasses import replace
from datetime import timedelta

import aiohttp
import discord
from discord import app_commands
from discord.ext import commands

from bot.answers import show, think
from bot.client import Client
from bot.core.cards import File
from bot.core.said import Say
from bot.core.text import told_apart
from bot.services import capacity, cluster_cards
from bot.services import cluster_words as words

DAYS = 7
MOST_DAYS = 90


class ClusterCog(commands.GroupCog, name="cluster", description="The cluster at a glance."):
    """What operators and creators look at before they ask for more."""

    def __init__(self, client: Client) -> None:
        self.client = client

    @app_commands.command()
    async def status(self, interaction: discord.Interaction[Client]) -> None:
        """Show GPUs free, used and down, the queue's length, and the shared folder's space."""
        await think(interaction)
        cluster = self.client.app.cluster
        nodes, queue, share = await cluster.nodes(), await cluster.queue(), await cluster.share()
        await show(interaction, cluster_cards.status_card(nodes, queue, share, self.client.speaker(interaction)))

    @app_commands.command()
    async def queue(self, interaction: discord.Interaction[Client]) -> None:
        """Show what waits and runs, with reasons and expected starts."""
        await think(interaction)
        queue = await self.client.app.cluster.queue()
        await show(interaction, cluster_cards.queue_card(queue, self.client.speaker(interaction)))

    @app_commands.command()
    async def nodes(self, interaction: discord.Interaction[Client]) -> None:
        """Show each node with its GPUs, CPUs and memory."""
        await think(interaction)
        nodes = await self.client.app.cluster.nodes()
        await show(interaction, cluster_cards.nodes_card(nodes, self.client.speaker(interaction)))

    @app_commands.command()
    @app_commands.describe(days="how far to look back")
    async def usage(
        self, interaction: discord.Interaction[Client], days: app_commands.Range[int, 1, MOST_DAYS] = DAYS
    ) -> None:
        """Show who used how many GPU hours, and runs that asked for far too much."""
        await think(interaction)
        app = self.client.app
        uses = await app.cluster.uses(since=app.record.now() - timedelta(days=days))
        speaker = self.client.speaker(interaction)
        groups, ended = await capacity.usage(app.store, uses)
        card = cluster_cards.usage_card(groups, ended, speaker, job_count=len(uses))
        if groups:
            names = await self._names({who for people in groups.values() for who in people}, speaker)
            named = {name: {names[who]: hours for who, hours in people.items()} for name, people in groups.items()}
            title, unit = speaker(words.USAGE_CHART(days=days)), speaker(words.GPU_HOURS())
            picture = await app.charts.bars(named, title=title, unit=unit, rest=speaker(words.OF_OTHERS()))
            card = replace(card, pictures=(File("usage.png", picture, speaker(words.USAGE_ALT(days=days))),))
        await show(interaction, card)

    async def _names(self, mentions: set[str], say: Say) -> dict[str, str]:
        """Return display names, since a picture cannot resolve mentions; what is no mention stays as it is."""
        guild = self.client.get_guild(self.client.guild_id)
        names = {}
        for who in sorted(mentions):
            names[who] = who
            if guild is not None and (person := who.strip("<@>")).isdecimal():
                try:
                    names[who] = (await guild.fetch_member(int(person))).display_name
                except discord.NotFound:
                    names[who] = say(words.LEFT())
                except (discord.DiscordException, aiohttp.ClientError, OSError):  # the hours count, the name less
                    names[who] = say(words.MEMBER(id=person))
        return told_apart(names)


async def setup(client: Client) -> None:
    """Add the commands."""
    await client.add_cog(ClusterCog(client))
