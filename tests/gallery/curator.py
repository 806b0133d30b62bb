"""The bot of the gallery: it has the real commands' names, and answers each with the exhibit that is being shown."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from io import BytesIO
from typing import Any

import discord
from discord import app_commands

from bot.answers import ask, say, show
from bot.core.cards import Card
from tests.gallery.exhibit import Answer, Exhibit, Group
from tests.gallery.pictures import framed
from tests.support.discord_town import Bot, online


class Curator(Bot):
    """Answers the visitor."""

    def __init__(self, described: dict[str, Any], groups: tuple[Group, ...]) -> None:
        super().__init__(described, allowed_mentions=discord.AllowedMentions.none())
        self.showing: Exhibit | None = None
        self._groups = {group.key: group for group in groups}
        commands = {one.command for group in groups for one in group.exhibits if one.command}
        parents: dict[str, app_commands.Group] = {}
        for command in sorted(commands):
            name, _, child = command.partition(" ")
            if not child:
                self.tree.add_command(self._named(name))
                continue
            if name not in parents:
                parents[name] = app_commands.Group(name=name, description=name)
                self.tree.add_command(parents[name])
            parents[name].add_command(self._named(child))

    def _named(self, name: str) -> app_commands.Command[Any, ..., None]:
        async def answer(interaction: discord.Interaction) -> None:
            assert self.showing is not None
            await _answer(interaction, self.showing)

        return app_commands.Command(name=name, description=name, callback=answer)

    def button(self, group: Group, place: int) -> discord.ui.View:
        """Return what is pressed to see an exhibit."""
        view = discord.ui.View(timeout=None)
        view.add_item(discord.ui.Button(label=f"{place}", custom_id=f"{group.key}:{place}"))
        view.stop()
        return view

    async def on_interaction(self, interaction: discord.Interaction) -> None:
        """Answer a press."""
        if interaction.type is discord.InteractionType.component:
            pressed: Any = interaction.data or {}
            group, _, place = str(pressed.get("custom_id")).partition(":")
            await _answer(interaction, self._groups[group].exhibits[int(place)])


async def _answer(interaction: discord.Interaction, exhibit: Exhibit) -> None:
    shown = framed(exhibit)
    if isinstance(shown, Card):
        await show(interaction, shown)
    elif isinstance(shown, Answer):
        files = [discord.File(BytesIO(file.content), file.name) for file in shown.files]
        more = {"view": shown.view()} if shown.view else {}
        await say(interaction, shown.text, files=files, **more)
    else:
        await ask(interaction, shown())


@asynccontextmanager
async def curator(described: dict[str, Any], groups: tuple[Group, ...]) -> AsyncIterator[Curator]:
    """Connect the bot, with its commands known."""
    bot = Curator(described, groups)
    async with online(bot):
        await bot.sync()
        yield bot
