"""A bot in a process of its own, to be killed: `python -m tests.support.ping_bot discord.json NAME`."""

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

import discord

from tests.support.discord_town import Bot, online


async def main(described: dict[str, Any], name: str) -> None:
    """Register /ping and stay."""
    bot = Bot(described)

    @bot.tree.command(description="Answer")
    async def ping(interaction: discord.Interaction) -> None:
        await interaction.response.send_message(f"pong from {name}")

    async with online(bot):
        await bot.sync()
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")), sys.argv[2]))
