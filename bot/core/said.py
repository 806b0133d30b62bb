"""What is said, as data: a code with its values. It becomes a sentence at the face, in the reader's language.

The English stands beside its code where the phrase is made, so that whoever searches for a sentence finds its place.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field
from datetime import datetime
from decimal import localcontext
from string import Formatter
from typing import Any, Literal, Protocol, TypeAlias

from babel import Locale
from babel.lists import format_list
from babel.numbers import format_decimal
from babel.support import NullTranslations

from bot.core.text import clip, inline_code, plain
from bot.core.values import Json, Ref

Value: TypeAlias = "str | int | float | Ref | datetime | Said | Sequence[int] | Sequence[str] | Sequence[Said]"
"""What stands in a sentence. A moment is kept as Unix seconds, a list is of people's ids, of names or of sentences."""
_CODE, _VALUES = "code", "values"
WHOLE_FROM, AS_POWER_FROM = 1000, 1e15
LONGEST_DIGITS = 350
"""Of a float; by default Python rounds to 28 and refuses to write more."""
_AS_A_FRACTION = 2
"""What a fraction is counted as: catalogues know whole numbers only, and 1.5 hours are several."""
EXACT = "0.###############"
"""As it decides: nothing rounded, no power of ten."""


@dataclass(frozen=True, slots=True)
class Said:
    """A code and its values, as they are stored and travel; in a log it is an English sentence."""

    code: str
    values: Mapping[str, Json] = field(default_factory=dict)

    def __str__(self) -> str:
        return _AS_TEXT(self)


Say: TypeAlias = Callable[[Said], str]
"""Makes a sentence in somebody's language."""


@dataclass(frozen=True, slots=True)
class Phrase:
    """A sentence with places for its values, as `str.format` writes them; behind a colon stands one of `FORMATS`."""

    code: str
    english: str
    many: str = ""
    """The plural, if it has one."""
    by: str = ""
    """The value by which the plural is chosen."""

    def __call__(self, **values: Value) -> Said:
        """Return it with its values. Raises TypeError for one too few or too many."""
        wanted = places_of(self.english) | places_of(self.many)
        if values.keys() != wanted:
            raise TypeError(f"{self.code} takes {sorted(wanted)}, not {sorted(values)}")
        return Said(self.code, {name: _kept(value) for name, value in values.items()})


class Words:
    """The phrases of one thing or part, by codes that begin with its name."""

    def __init__(self, part: str) -> None:
        self._part = part

    def __call__(self, name: str, english: str, *, many: str = "", by: str = "") -> Phrase:
        """Return a phrase and note it.

        Raises:
            TypeError: there is the code already, it says nothing (which gettext has for its head), or it has a plural
                by nothing.
        """
        phrase = Phrase(f"{self._part}.{name}", english, many, by)
        if phrase.code in PHRASES:
            raise TypeError(f"there are two phrases {phrase.code}")
        if not english:
            raise TypeError(f"{phrase.code} says nothing")
        if bool(many) is not bool(by) or (by and by not in places_of(many)):
            raise TypeError(f"{phrase.code} needs both a plural and the value that it goes by")
        PHRASES[phrase.code] = phrase
        return phrase


PHRASES: dict[str, Phrase] = {}
"""All there are, by code. Filled while modules are imported, and never changed afterwards."""


class Translations(Protocol):
    """What gettext has for a language; a phrase's code is the context of its message."""

    def pgettext(self, context: str, message: str) -> str | object:
        """Return the translation, or the message where there is none."""
        ...

    def npgettext(self, context: str, singular: str, plural: str, num: int) -> str:
        """Return the form that the language has for the number."""
        ...


class Speaker:
    """Makes sentences in one language: the only place where numbers, moments and plurals become text."""

    def __init__(
        self,
        locale: str = "en",
        translations: Translations | None = None,
        *,
        quote: Callable[[str], str] = plain,
    ) -> None:
        self.locale = Locale.parse(locale)
        self._translations = translations or NullTranslations()
        self._quote = quote
        self.number(0)  # reads the locale's data now, and not when somebody waits for an answer

    def __call__(self, said: Said) -> str:
        """Return the sentence. A code of another version of the bot is told as it is, with its values."""
        phrase = PHRASES.get(said.code)
        if phrase is None:
            return plain(" ".join([said.code, *(f"{name}={value}" for name, value in said.values.items())]))
        return _Places(self).vformat(self.template(phrase, said.values), (), said.values)

    def template(self, phrase: Phrase, values: Mapping[str, Json]) -> str:
        """Return the phrase in the speaker's language, in the form that its number asks for."""
        count = values.get(phrase.by)
        if phrase.many and isinstance(count, int | float):
            number = int(count) if count == int(count) else _AS_A_FRACTION
            return self._translations.npgettext(phrase.code, phrase.english, phrase.many, number)
        return str(self._translations.pgettext(phrase.code, phrase.english))

    def translated(self, context: str, text: str) -> str | None:
        """Return the translation of a text that is no phrase, or None where there is none."""
        found = str(self._translations.pgettext(context, text))
        return None if found == text else found

    def value(self, value: Json, spec: str) -> str:
        """Return a value as it stands in a sentence."""
        if said := said_in(value):
            if spec not in FORMATS:
                return self(said)
            value = self._without_markup(said)
        if isinstance(value, Sequence) and spec in LISTS:
            return LISTS[spec](self, value)
        if spec in FORMATS:
            return FORMATS[spec](value)
        if isinstance(value, int | float):
            return NUMBERS[spec](self, value) if spec in NUMBERS else self.number(value, spec or None)
        return self._quote(str(value))

    def _without_markup(self, said: Said) -> str:
        """Return the sentence as text, for a place that cuts it or shows it letter by letter."""
        bare = copy(self)
        bare._quote = str  # noqa: SLF001  # its own
        return bare(said)

    def figure(self, value: float) -> str:
        """Return a measure with four digits that count, or whole from a thousand on."""
        if abs(value) >= AS_POWER_FROM:
            return self.number(value, "0.###E0")
        return self.number(value, "#,##0") if abs(value) >= WHOLE_FROM else self.number(float(f"{value:.4g}"), EXACT)

    def duration(self, seconds: float) -> str:
        """Return a duration in the two units that matter, as in `1 h 05 min` or `42 s`; no line ends within it."""
        minutes, second = divmod(max(0, round(seconds)), 60)
        hours, minute = divmod(minutes, 60)
        if hours:
            return self(_HOURS(hours=hours, minutes=minute))
        return self(_MINUTES(minutes=minutes, seconds=second) if minutes else _SECONDS(seconds=second))

    def number(self, value: float, pattern: str | None = None) -> str:
        """Return a number by a pattern of Unicode's locale data, as in `0.000`."""
        if not math.isfinite(value):
            return "NaN" if math.isnan(value) else ("∞" if value > 0 else "-∞")
        with localcontext(prec=LONGEST_DIGITS):
            return format_decimal(value, format=pattern, locale=self.locale)


class _Places(Formatter):
    """Fills the places of a phrase."""

    def __init__(self, speaker: Speaker) -> None:
        self._speaker = speaker

    def get_value(self, key: int | str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:  # noqa: ARG002  # its signature
        return kwargs.get(str(key), "…")  # what an earlier version stored before the phrase had this place

    def format_field(self, value: Any, format_spec: str) -> str:
        return self._speaker.value(value, format_spec)


def _people(value: Any) -> str:
    return " ".join(f"<@{person}>" for person in value)


def _joined(speaker: Speaker, values: Any, style: Literal["standard", "or"]) -> str:
    texts = [speaker(said) if (said := said_in(one)) else str(one) for one in values]
    return format_list(texts, style, locale=speaker.locale)


LISTS: Mapping[str, Callable[[Speaker, Any], str]] = {
    "lines": lambda speaker, values: "\n".join(speaker.value(one, "") for one in values),
    "dotted": lambda speaker, values: " · ".join(speaker.value(one, "") for one in values),
    "spaced": lambda speaker, values: " ".join(speaker.value(one, "") for one in values),
    "parts": lambda speaker, values: "; ".join(speaker.value(one, "") for one in values),
    "commas": lambda speaker, values: ", ".join(speaker.value(one, "") for one in values),
    "listed": lambda speaker, values: _joined(speaker, values, "standard"),
    "either": lambda speaker, values: _joined(speaker, values, "or"),
}
"""What may stand behind a colon for a list. Names that are `listed` stand where nobody reads markup."""
JOINED = frozenset({"listed", "either"})
"""Those with a word before the last: *and*, *or*."""
NUMBERS: Mapping[str, Callable[[Speaker, float], str]] = {"figure": Speaker.figure, "duration": Speaker.duration}
"""What may stand behind a colon for a number, beside a pattern."""
FORMATS: Mapping[str, Callable[[Any], str]] = {
    "code": inline_code,
    "names": lambda value: ", ".join(map(inline_code, value)),
    "title": lambda value: plain(clip(value, 100)),
    "short": lambda value: plain(clip(value, 80)),
    "person": lambda value: f"<@{value}>",
    "people": _people,
    "ago": lambda value: f"<t:{value}:R>",
    "clock": lambda value: f"<t:{value}:t>",
    "whole": str,
}
"""What may stand behind a colon, beside `LISTS`, `NUMBERS` and patterns of numbers.

`whole` is for a number that is a name, and for a name that can hold no markup.
"""


_TIME = Words("time")
_HOURS = _TIME("hours", "{hours}\u00a0h\u00a0{minutes:00}\u00a0min")
_MINUTES = _TIME("minutes", "{minutes}\u00a0min\u00a0{seconds:00}\u00a0s")
_SECONDS = _TIME("seconds", "{seconds}\u00a0s")


def places_of(template: str) -> set[str]:
    """Return the names of a template's places."""
    return {name for _, name, _, _ in Formatter().parse(template) if name is not None}


def kept(said: Said) -> Json:
    """Return it as the details of a fact hold it, and as it stands in another sentence."""
    return {_CODE: said.code, _VALUES: dict(said.values)}


def said_in(value: Json) -> Said | None:
    """Return what `kept` made such a value of; None where it is none of that kind."""
    inner: Any = value
    return (
        Said(inner[_CODE], inner[_VALUES]) if isinstance(value, Mapping) and value.keys() == {_CODE, _VALUES} else None
    )


def _kept(value: Value) -> Json:
    match value:
        case Said():
            return kept(value)
        case Ref():
            return str(value)
        case datetime():
            return int(value.timestamp())
        case str() | int() | float():
            return value
        case Sequence():
            return [_kept(one) for one in value]
        case _:
            raise TypeError(f"{type(value).__name__} has no place in a sentence")


ENGLISH = Speaker()
_AS_TEXT = Speaker(quote=str)
"""For logs, and where a sentence is kept as text: nothing in it is read as markup."""
