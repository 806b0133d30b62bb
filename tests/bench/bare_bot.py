"""The yardstick: a discord.py bot that answers at once and keeps nothing. Run with the config of the sandbox.

To a read it answers with a card like the bot's own: what Discord takes to check and to keep it is then on both sides.
"""

import asyncio
import os
import sys
from pathlib import Path

import discord
from discord import app_commands

from bot.config import load
from bot.connector import connector_of
from bot.core.cards import Button, Card
from bot.layout import view_of
from sandbox.road import REQUIREMENT

CARD = Card(
    f"REQ-1 · {REQUIREMENT['Title']}",
    [
        "📥 **Filed** · by <@1100000000000000301> · <t:1795224585:R>",
        *(f"**{name}**\n{text}" for name, text in REQUIREMENT.items() if name != "Title"),
        "Dataset `digits` · a new capability\nFiled by <@1100000000000000301>",
    ],
    buttons=[Button("Claim", "claim:REQ-1")],
    footer="Next: an ML creator claims it.",
)


async def main() -> None:
    """Answer `/requirement show` with a card, `/requirement withdraw` with a word, and an autocomplete with a list."""
    settings = load(Path(sys.argv[1])).discord
    client = discord.Client(
        intents=discord.Intents(guilds=True), connector=connector_of(settings), guild_ready_timeout=0.5
    )
    tree = app_commands.CommandTree(client)
    group = app_commands.Group(name="requirement", description="the same commands, with nothing behind")

    @group.command(description="reads nothing")
    async def show(interaction: discord.Interaction, requirement: int) -> None:  # noqa: ARG001  # Discord sends it
        await interaction.response.send_message(view=view_of(CARD), ephemeral=True)

    @group.command(description="decides nothing")
    async def withdraw(interaction: discord.Interaction, requirement: int, reason: str) -> None:
        await interaction.response.send_message(f"REQ-{requirement} {reason}", ephemeral=True)

    @show.autocomplete("requirement")
    async def numbers(_: discord.Interaction, typed: str) -> list[app_commands.Choice[int]]:
        return [app_commands.Choice(name=f"REQ-{number} {typed}", value=number) for number in range(1, 26)]

    tree.add_command(group)
    guild = discord.Object(settings.guild)

    async def setup_hook() -> None:
        tree.copy_global_to(guild=guild)
        await tree.sync(guild=guild)

    client.setup_hook = setup_hook  # type: ignore[method-assign]  # no class for three lines
    await client.start(os.environ["SANDBOX_DISCORD_TOKEN"])


if __name__ == "__main__":
    asyncio.run(main())
