"""/ticket open."""

import discord
from discord import app_commands
from discord.ext import commands

from bot.answers import say
from bot.client import Client
from tickets import words
from tickets.ticket import Ticket, TicketEvent


class TicketCog(commands.GroupCog, name="ticket", description="What people want."):
    """What people want."""

    def __init__(self, client: Client) -> None:
        self.client = client

    @app_commands.command()
    @app_commands.describe(text="what you want")
    async def open(self, interaction: discord.Interaction[Client], text: app_commands.Range[str, 1, 100]) -> None:
        """Open a ticket."""
        by = self.client.actor(interaction)
        async with self.client.app.record.decide(by) as decision:
            ticket = await decision.open(Ticket(text=text, opened_by=by.id), TicketEvent.OPENED)
        await say(interaction, words.OPENED(ticket=ticket.ref))


async def setup(client: Client) -> None:
    """Add the command."""
    await client.add_cog(TicketCog(client))
