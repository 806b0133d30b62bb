"""The languages that sentences are made in: English, and those with a catalogue of gettext."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from babel import Locale
from babel.support import Translations

from bot.core.said import ENGLISH, Speaker
from bot.errors import Misconfigured

CATALOGUES = Path(__file__).parent / "locales"
"""`<language>/LC_MESSAGES/slipway.mo`, as gettext has it."""
DOMAIN = "slipway"


@dataclass(frozen=True, slots=True)
class Languages:
    """The server's language for cards and messages, and the reader's for what only one person sees."""

    server: Speaker = ENGLISH
    others: Mapping[str, Speaker] = field(default_factory=dict)
    """By language, as in `th`."""

    def of(self, locale: str) -> Speaker:
        """Return the speaker for a reader's locale as Discord writes it, as in `en-GB`; else the server's."""
        return self.others.get(Locale.parse(locale, sep="-").language, self.server)


def read_languages(server: str, folder: Path = CATALOGUES) -> Languages:
    """Read all catalogues. Raises Misconfigured for a server's language that there is none of."""
    speakers = {"en": ENGLISH}
    for catalogue in sorted(folder.glob(f"*/LC_MESSAGES/{DOMAIN}.mo")):
        language = catalogue.parents[1].name
        with catalogue.open("rb") as file:
            speakers[language] = Speaker(language, Translations(file))
    if server not in speakers:
        raise Misconfigured(f"language: there is no {server!r} yet; there is {', '.join(sorted(speakers))}")
    return Languages(speakers[server], speakers)
