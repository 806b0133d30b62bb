"""The incident card's buttons: Acknowledge, Resolve."""

import discord
from discord.ext import commands

from bot.client import Client, pressed_number
from bot.domain.lifecycle import Event
from bot.domain.model import Actor, Incident
from bot.services import incidents
from bot.services.desk import Desk
from cogs._decisions import Decision, register


async def _resolve(desk: Desk, number: int, reason: str, by: Actor) -> Incident:
    return await incidents.resolve(desk, number, resolution=reason, by=by)


RESOLVE = Decision("resolve", Incident, Event.INCIDENT_RESOLVED, "Resolve", "What it was and what was done", _resolve)


class OpsCog(commands.Cog):
    """What operators deal with."""

    def __init__(self, client: Client) -> None:
        self.client = client
        client.on_press("acknowledge", self._acknowledge_pressed)
        register(client, RESOLVE)

    async def _acknowledge_pressed(self, interaction: discord.Interaction[Client], rest: str) -> None:
        number = pressed_number(rest)
        await incidents.acknowledge(self.client.app.desk, number, by=self.client.actor(interaction))
        await interaction.response.send_message(f"INC-{number} is yours; Ops can see that.", ephemeral=True)


async def setup(client: Client) -> None:
    """Have the buttons answered."""
    await client.add_cog(OpsCog(client))
