"""See `bot.core.text`."""

from bot.core.text import (
    NO_BREAK,
    as_typed,
    bar,
    clip,
    duration,
    encoded_end,
    fence,
    figure,
    inline_code,
    is_blank,
    nearest_first,
    plain,
    quoted,
    sentence,
    tail,
    told_apart,
)

__all__ = [
    "NO_BREAK",
    "as_typed",
    "bar",
    "clip",
    "duration",
    "encoded_end",
    "fence",
    "figure",
    "inline_code",
    "is_blank",
    "nearest_first",
    "plain",
    "quoted",
    "sentence",
    "tail",
    "told_apart",
]
