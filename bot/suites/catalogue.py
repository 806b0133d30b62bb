"""What translators get: `python -m bot.suites.catalogue slipway.pot` writes all that people can be shown.

The contexts are the codes of phrases, and `command` for names, descriptions and choices of commands. What is translated
of it becomes `bot/locales/<language>/LC_MESSAGES/slipway.mo` by `pybabel compile`.
"""

import asyncio
import sys
from pathlib import Path

import aiohttp
from babel.messages.catalog import Catalog
from babel.messages.pofile import write_po
from discord import app_commands

from bot import __version__
from bot.client import Client
from bot.config import DiscordSettings
from bot.core.said import PHRASES
from bot.plugins import COGS
from bot.translator import COMMAND


class _Heard(app_commands.Translator):
    """Notes all that discord.py asks to have translated."""

    def __init__(self) -> None:
        self.texts: dict[str, None] = {}

    async def translate(self, string: app_commands.locale_str, *_: object) -> None:
        """Note the text."""
        self.texts[string.message] = None


async def template() -> Catalog:
    """Return an empty catalogue of all phrases and of what commands show, installed plugins' among them."""
    catalog = Catalog(project="slipway", version=__version__)
    for text in await command_texts():
        catalog.add(text, context=COMMAND)
    for phrase in PHRASES.values():
        catalog.add((phrase.english, phrase.many) if phrase.many else phrase.english, context=phrase.code)
    return catalog


async def command_texts(cogs: tuple[str, ...] = COGS) -> tuple[str, ...]:
    """Return each name, description and choice that Discord shows while one types."""
    settings = DiscordSettings.model_construct()  # commands are the same for every server
    client = Client(settings, cogs=cogs, connector=aiohttp.BaseConnector())
    heard = _Heard()
    try:
        await client.load_cogs()
        for command in client.tree.get_commands():
            await command.get_translated_payload(client.tree, heard)
    finally:
        await client.close()
    return tuple(heard.texts)


def main() -> None:
    """Write the file that is named."""
    [path] = sys.argv[1:]
    with Path(path).open("wb") as file:
        write_po(file, asyncio.run(template()), sort_output=True)


if __name__ == "__main__":
    main()
