"""A made-up language that marks each text and is half as long again: what it does not mark has no words as data."""

import re
from io import BytesIO
from math import ceil
from string import Formatter

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.support import Translations

from bot.core.said import JOINED, PHRASES, Speaker, said_in
from bot.core.values import Json

BEGIN, END = "⟦", "⟧"
VALUE_BEGIN, VALUE_END = "⟨", "⟩"
NO_MARKS = str.maketrans("", "", BEGIN + END + VALUE_BEGIN + VALUE_END)
LETTERS = str.maketrans(
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ", "αβγδεζηθικλμνξοπρστυφχψωάέ" + "ΑΒΓΔΕΖΗΘΙΚΛΜΝΞΟΠΡΣΤΥΦΧΨΩΆΈ"
)
_VALUE = re.compile(f"{VALUE_BEGIN}[^{VALUE_BEGIN}{VALUE_END}]*{VALUE_END}")
_MARKUP = re.compile(r"<t:\d+:[Rt]>")
_LOG = re.compile(r"```\n.*?```", re.DOTALL)
"""What an outside system wrote, as it is."""
_LATIN = re.compile("[A-Za-z]{2,}")


class MarkedSpeaker(Speaker):
    """Speaks the made-up language, by a catalogue as every language has one."""

    def __init__(self) -> None:
        super().__init__("en", Translations(BytesIO(catalogue())))

    def value(self, value: Json, spec: str) -> str:
        """Return a value with marks around it, unless it is made of sentences itself."""
        if spec in JOINED and isinstance(value, list):
            spec = "commas"  # Babel has the words between, in each language
        text = super().value(value, spec)
        is_of_sentences = isinstance(value, list) and any(map(said_in, value))
        if spec == "lines" or is_of_sentences or (isinstance(value, dict) and not spec):
            return text
        return f"{VALUE_BEGIN}{text.translate(NO_MARKS)}{VALUE_END}"  # a sentence that is cut has marks without an end


def catalogue() -> bytes:
    """Return all phrases in the made-up language, as `msgfmt` would write them."""
    catalog = Catalog(locale="en")
    for phrase in PHRASES.values():
        message = (phrase.english, phrase.many) if phrase.many else phrase.english
        string = tuple(map(_marked, message)) if isinstance(message, tuple) else _marked(message)
        catalog.add(message, string, context=phrase.code)
    written = BytesIO()
    write_mo(written, catalog)
    return written.getvalue()


def unmarked(text: str) -> list[str]:
    """Return the words of a drawn text that no phrase has, and what a cut has taken the end from."""
    text = _LOG.sub("", text)
    while (inner := _VALUE.sub("", text)) != text:
        text = inner
    found = _LATIN.findall(_MARKUP.sub("", text))
    return found + ([text] if text.count(BEGIN) != text.count(END) else [])


def _marked(template: str) -> str:
    pieces = []
    for literal, name, spec, _ in Formatter().parse(template):
        letters = sum(char.isalpha() for char in literal)
        pieces.append(literal.translate(LETTERS) + "ω" * ceil(letters / 2))
        if name is not None:
            pieces.append(f"{{{name}:{spec}}}" if spec else f"{{{name}}}")
    return BEGIN + "".join(pieces) + END
