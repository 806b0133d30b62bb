"""What of a card's text Discord could read as markup that is not ours."""

import re

_OURS = re.compile(r"```\n(?:(?!```)[\s\S])*\n```|\\[\s\S]|`[^`]+`|<@\d+>|<t:\d+:[Rt]>")
"""What may stand in a card: fenced text, an escaped sign, a piece of code, a person, a time."""


def bare_signs(text: str) -> set[str]:
    """Return the signs that Discord could read as somebody else's markup or mention."""
    rest = _OURS.sub("x", text.removeprefix("### ").removeprefix("-# "))
    return set(rest) & set("`@[]<|~_") | set(re.findall(r"^\s*(#|>)", rest, re.MULTILINE))
