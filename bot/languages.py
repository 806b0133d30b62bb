"""The languages that sentences are made in: English, and those with a catalogue of gettext."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from babel import Locale
from babel.support import Translations

from bot.core.said import ENGLISH, Speaker
from bot.errors import Misconfigured

OWN_CATALOGUES = Path(__file__).parent / "locales"
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
        return self.speaking(locale) or self.server

    def speaking(self, locale: str) -> Speaker | None:
        """Return the speaker of a locale's language, if there is one."""
        return self.others.get(Locale.parse(locale, sep="-").language)


def read_languages(server: str, folders: Sequence[Path] = (OWN_CATALOGUES,)) -> Languages:
    """Read all catalogues, of which a language may have several.

    Raises:
        Misconfigured: there is none of the server's language.
    """
    catalogues: dict[str, Translations] = {}
    for path in sorted(path for folder in folders for path in folder.glob(f"*/LC_MESSAGES/{DOMAIN}.mo")):
        with path.open("rb") as file:
            catalogues.setdefault(path.parents[1].name, Translations()).merge(Translations(file))
    speakers = {"en": ENGLISH} | {language: Speaker(language, one) for language, one in catalogues.items()}
    if server not in speakers:
        raise Misconfigured(f"language: there is no {server!r} yet; there is {', '.join(sorted(speakers))}")
    return Languages(speakers[server], speakers)
