"""Commands as texts print them, between backticks, and whether Discord would take them as they are printed."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import aiohttp
import discord
from discord import app_commands

import cogs
from bot.client import Client
from bot.plugins import modules_of
from tests.support.ports import SETTINGS

Commands = dict[str, app_commands.Command]
_PRINTED = re.compile(r"`/([a-z_]+(?: [a-z_|]+)?)((?: [a-z_]+:[^`]*)?)`")
_OPTION = re.compile(r"(?:^| )([a-z_]+):")
LEFT_OPEN = "…"
"""Stands for a value in the docs, where none is meant in particular."""


@dataclass(frozen=True)
class Printed:
    """A command in a text."""

    name: str
    options: tuple[tuple[str, str], ...]

    @property
    def values(self) -> dict[str, str]:
        """Return the values by option."""
        return dict(self.options)


async def all_commands() -> Commands:
    """Return the bot's commands by their whole names."""
    client = Client(SETTINGS.discord, cogs=(), connector=aiohttp.BaseConnector())
    for module in modules_of(cogs):
        await client.load_extension(module)
    found = {one.qualified_name: one for one in client.tree.walk_commands() if isinstance(one, app_commands.Command)}
    await client.close()
    return found


def printed_in(text: str) -> Iterator[Printed]:
    """Yield every command of a text; `a|b` in a name stands for both."""
    for names, rest in _PRINTED.findall(text):
        group, _, ones = names.partition(" ")
        pieces = _OPTION.split(rest.strip())[1:]
        options = tuple(zip(pieces[::2], pieces[1::2], strict=True))
        for one in ones.split("|"):
            yield Printed(f"{group} {one}".strip(), options)


def wrong_with(printed: Printed, commands: Commands) -> str:
    """Return why Discord would not take it; nothing if it would, or would ask for the rest of a bare name."""
    command = commands.get(printed.name)
    if command is None:
        return f"/{printed.name}: there is no such command"
    known = {one.name: one for one in command.parameters}
    for name, value in printed.options:
        if name not in known or (value != LEFT_OPEN and not _takes(known[name], value)):
            return f"/{printed.name}: {name}:{value} is not taken"
    missing = [name for name, one in known.items() if one.required and name not in printed.values]
    return f"/{printed.name}: {printed.options} lacks {missing}" if printed.options and missing else ""


def _takes(one: app_commands.Parameter, value: str) -> bool:
    if one.choices:
        return value in {choice.value for choice in one.choices}
    if one.type is discord.AppCommandOptionType.integer:
        return value.isdecimal() and (one.min_value or 0) <= int(value) <= (one.max_value or int(value))
    return one.type is discord.AppCommandOptionType.string and (one.min_value or 1) <= len(value)
