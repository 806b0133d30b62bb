"""Commands in each reader's language: the names, descriptions and choices that Discord shows while one types."""

import re

import discord
import structlog
from discord import app_commands
from discord.app_commands import TranslationContextLocation as Location

from bot.languages import Languages

log = structlog.get_logger()

COMMAND = "command"
"""The context of these messages in a catalogue; the message is the English text."""
LIMIT = 100
"""Characters of a description or a choice."""
NAMES = frozenset({Location.command_name, Location.group_name, Location.parameter_name})
_A_NAME = re.compile(r"[-_'\w]{1,32}")
"""Source: docs.discord.com, Application Commands, Application Command Naming; capitals are refused."""


class CommandTranslator(app_commands.Translator):
    """Asks the catalogues. What none has stays English, and so does what Discord would refuse all commands for."""

    def __init__(self, languages: Languages) -> None:
        self._languages = languages

    async def translate(
        self,
        string: app_commands.locale_str,
        locale: discord.Locale,
        context: "app_commands.TranslationContextTypes",
        /,
    ) -> str | None:
        """Return the text in the language of a locale, or None where there is no usable translation."""
        speaker = self._languages.speaking(locale.value)
        text = None if speaker is None else speaker.translated(COMMAND, string.message)
        if text is not None and not _is_taken(text, is_name=context.location in NAMES):
            log.warning("translation left out", locale=locale.value, of=string.message, text=text)
            return None
        return text


def _is_taken(text: str, *, is_name: bool) -> bool:
    if is_name:
        return _A_NAME.fullmatch(text) is not None and text == text.lower()
    return 0 < len(text) <= LIMIT
