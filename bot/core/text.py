"""Words made safe and short for a chat: escaped, clipped at whole characters, fenced."""

import difflib
import re
import unicodedata
from collections.abc import Mapping, Sequence

_MARKDOWN = re.compile(r"([\\*_`~|\[\]<@])|^(\s*)([>#+-])", re.MULTILINE)
"""What Discord reads as markup: these signs anywhere, and those that begin a line."""
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")
_JOINER = "\u200d"
NO_BREAK = "\u00a0"
"""A blank that no line ends at."""
_MARK_CATEGORIES = ("Mn", "Me", "Mc")
_HANGING = re.compile("[\u0e33\u0eb3\u200d\U0001f3fb-\U0001f3ff\U000e0020-\U000e007f]")
"""Signs that belong to the one before without being marks: Thai and Lao am, joiners, skin tones, tags of flags."""
_FLAG_LETTERS_AT_END = re.compile("[\U0001f1e6-\U0001f1ff]+$")
_FILLERS = "\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0"
"""Letters, by their category, that show nothing."""


def plain(text: str) -> str:
    """Return the text so that Discord shows it letter by letter: no markup, no mention, no hidden direction marks."""
    return _MARKDOWN.sub(_escaped, _CONTROL.sub("", text))


def _escaped(match: re.Match[str]) -> str:
    anywhere, indent, first = match.groups()
    return f"\\{anywhere}" if anywhere else f"{indent}\\{first}"


def sentence(text: str) -> str:
    """Return the text with a capital at its beginning, unless it begins with what is no word, as a path does."""
    first, _, rest = text.partition(" ")
    return text[:1].upper() + text[1:] if rest and first.isalpha() else text


def is_blank(text: str) -> bool:
    """Tell whether nothing of the text can be seen: blanks of any kind, direction marks, fillers."""
    return all(char in _FILLERS or unicodedata.category(char)[0] in "ZC" for char in text)


def typed(text: str, *, limit: int = 40) -> str:
    """Return what somebody typed without what cannot be seen of it, clipped, for a place where it stands as code."""
    return clip(_CONTROL.sub("", text).strip(), limit)


def quoted(text: str, *, limit: int = 40) -> str:
    """Return what somebody typed as inline code for a sentence, clipped; a backtick in it cannot end it."""
    return inline_code(typed(text, limit=limit))


def inline_code(text: object) -> str:
    """Return a name as inline code; a backtick in it cannot end it."""
    return f"`{_CONTROL.sub('', str(text)).replace('`', 'ˋ')}`"  # a look-alike on purpose


def clip(text: str, limit: int) -> str:
    """Return at most `limit` characters, ending in … when something was left out.

    A Thai vowel sign or an accent is never cut from its letter, nor an emoji sequence in two.
    """
    if len(text) <= limit:
        return text
    end = max(0, limit - 1)
    while end > 0 and _is_within_a_sign(text, end):
        end -= 1
    return text[:end].rstrip("\\ ") + "…"


def tail(text: str, limit: int) -> str:
    """Return the last `limit` characters at most, beginning with … when something was left out, as `clip` ends."""
    if len(text) <= limit:
        return text
    start = len(text) - limit + 1
    while start < len(text) and _is_within_a_sign(text, start):
        start += 1
    return "…" + text[start:]


def _is_within_a_sign(text: str, end: int) -> bool:
    """Tell whether a cut at `end` would divide what a reader sees as one sign."""
    after = text[end]
    if unicodedata.category(after) in _MARK_CATEGORIES or _HANGING.match(after) or text[end - 1] == _JOINER:
        return True
    flags = _FLAG_LETTERS_AT_END.search(text[:end])  # two of them make one flag
    return flags is not None and len(flags[0]) % 2 == 1 and _FLAG_LETTERS_AT_END.match(after) is not None


def fence(text: str, *, limit: int) -> str:
    """Return the end of a log as a code block; fences inside it are broken up."""
    shown = _CONTROL.sub("", text).replace("```", "'''").strip("\n")
    return f"```\n{tail(shown, limit)}\n```"


def encoded_end(text: str, limit_bytes: int) -> bytes:
    """Return the last bytes of the text that fit, beginning with a whole character."""
    return text.encode()[-limit_bytes:].decode(errors="ignore").encode()


def as_typed(value: object) -> str:
    """Return a parameter's value as one types it, to the last digit."""
    if isinstance(value, bool):
        return str(value).lower()
    return str(value).removesuffix(".0") if isinstance(value, float) else str(value)


def figure(value: float) -> str:
    """Return a measure with four digits that count, or whole from a thousand on, never as a power of ten above that."""
    return f"{value:,.0f}" if 1000 <= abs(value) < 1e15 else f"{value:.4g}"  # noqa: PLR2004  # see the docstring


def bar(share: float, *, width: int = 12) -> str:
    """Return a bar of `width` signs for a share from 0 to 1."""
    full = round(min(1.0, max(0.0, share)) * width)
    return "▰" * full + "▱" * (width - full)


def duration(seconds: float) -> str:
    """Return a duration in the two units that matter, as in `1 h 05 min` or `42 s`; no line ends within it."""
    whole = max(0, round(seconds))
    hours, rest = divmod(whole, 3600)
    minutes, second = divmod(rest, 60)
    if hours:
        return _whole(f"{hours} h {minutes:02d} min")
    if minutes:
        return _whole(f"{minutes} min {second:02d} s")
    return _whole(f"{second} s")


def _whole(text: str) -> str:
    return text.replace(" ", NO_BREAK)


def nearest_first(wanted: str, names: Sequence[str]) -> list[str]:
    """Return the names by how near they are to the one that was wanted, whatever their case."""

    def likeness(name: str) -> float:
        return difflib.SequenceMatcher(None, wanted.lower(), name.lower()).ratio()

    return sorted(names, key=likeness, reverse=True)


def told_apart(names: Mapping[str, str]) -> dict[str, str]:
    """Return a name for each key, the second of the same name with a 2 behind it, so that nobody's share is lost."""
    apart: dict[str, str] = {}
    for key, name in names.items():
        count, told = 1, name
        while told in apart.values():
            count += 1
            told = f"{name} ({count})"
        apart[key] = told
    return apart
