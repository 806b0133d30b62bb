"""/status: how everything stands, at a glance."""

import discord
from discord import app_commands
from discord.ext import commands

from bot.answers import show
from bot.client import Client
from bot.services import overview


class StatusCog(commands.Cog):
    """What everyone may ask."""

    def __init__(self, client: Client) -> None:
        self.client = client

    @app_commands.command()
    async def status(self, interaction: discord.Interaction[Client]) -> None:
        """Show how everything stands: what is open, what is live, what fails."""
        app = self.client.app
        await show(
            interaction, await overview.status(app.store, self.client.speaker(interaction), troubles=app.outages)
        )


async def setup(client: Client) -> None:
    """Add the command."""
    await client.add_cog(StatusCog(client))
