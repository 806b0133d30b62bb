"""Commands in the reader's language: each name, description and choice that Discord shows comes from a catalogue."""

from collections.abc import Iterator
from io import BytesIO
from typing import Any

import aiohttp
import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.support import Translations
from discord import app_commands

import cogs
from bot.client import Client
from bot.core.said import ENGLISH, PHRASES, Speaker
from bot.languages import Languages
from bot.plugins import modules_of
from bot.suites.catalogue import template
from bot.suites.marked import LETTERS
from bot.translator import COMMAND, CommandTranslator
from tests.support.ports import SETTINGS

NAME, DESCRIPTION = "name", "description"


@pytest.fixture
async def client() -> Any:
    """Load the bot's commands."""
    made = Client(SETTINGS.discord, cogs=(), connector=aiohttp.BaseConnector())
    for module in modules_of(cogs):
        await made.load_extension(module)
    yield made
    await made.close()


async def payload(client: Client, translator: app_commands.Translator) -> list[dict[str, Any]]:
    """Return what Discord would be told."""
    return [await one.get_translated_payload(client.tree, translator) for one in client.tree.get_commands()]


def parts(of: Any) -> Iterator[dict[str, Any]]:
    """Yield commands, groups, options and choices."""
    if isinstance(of, list):
        for one in of:
            yield from parts(one)
    elif isinstance(of, dict):
        if NAME in of:
            yield of
        for name in ("options", "choices"):
            yield from parts(of.get(name))


async def test_all_that_discord_shows_of_commands_is_translated_and_nothing_else_is(client: Client):
    """For those whose language has a catalogue; others see the English, as does whoever reads it."""
    asked = [message.id for message in await template() if message.context == COMMAND]
    polish = speaking({text: text.translate(LETTERS) for text in asked if isinstance(text, str)})
    told = await payload(client, CommandTranslator(Languages(ENGLISH, {"en": ENGLISH, "pl": polish})))
    shown = list(parts(told))

    assert len(shown) > 50
    for one in shown:
        assert {"pl": one[NAME].translate(LETTERS)} == one["name_localizations"], one[NAME]
        if one.get(DESCRIPTION):
            assert {"pl": one[DESCRIPTION].translate(LETTERS)} == one["description_localizations"], one[NAME]


async def test_what_translators_get_has_every_phrase_under_its_code_with_its_plural():
    """Also those that no test has drawn."""
    catalog = await template()
    found = {code: catalog.get(phrase.english, context=code) for code, phrase in PHRASES.items()}

    assert [] == [code for code, message in found.items() if message is None]
    assert [] == [
        code for code, message in found.items() if message and message.pluralizable is not bool(PHRASES[code].many)
    ]


async def test_a_catalogue_that_lacks_a_text_or_has_one_that_discord_refuses_leaves_it_english(client: Client):
    """Half a translation is better than none, and one that is too long would take all commands away."""
    languages = Languages(ENGLISH, {"pl": speaking({"status": "jak to stoi", "requirement": "x" * 33, "train": "ucz"})})
    told = await payload(client, CommandTranslator(languages))

    assert [("train", {"pl": "ucz"})] == [
        (one[NAME], one["name_localizations"]) for one in parts(told) if one.get("name_localizations")
    ]


def speaking(texts: dict[str, str]) -> Speaker:
    """Return one who has these texts in Polish."""
    catalog, written = Catalog(locale="pl"), BytesIO()
    for text, translated in texts.items():
        catalog.add(text, translated, context=COMMAND)
    write_mo(written, catalog)
    return Speaker("pl", Translations(BytesIO(written.getvalue())))
