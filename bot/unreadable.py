"""What Discord says and discord.py cannot read: it is logged once, by what it is, and all else goes on.

discord.py reads an event in the loop that holds the connection; what fails there ends `Client.connect`.
"""

import traceback
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import structlog

from bot.core.secrets import redacted
from bot.core.text import clip

log = structlog.get_logger()

Parser: TypeAlias = Callable[[Any], None]
SAID_MAX = 200
NEEDED = "READY"
"""Without it there is no session: what fails in it renews the connection."""


def tolerant(parsers: Mapping[str, Parser]) -> dict[str, Parser]:
    """Return discord.py's parsers, which leave out an event that they cannot read.

    What cannot be read in the same way again is not logged again: Discord may send it a thousand times an hour.
    """
    told: set[tuple[str, str]] = set()

    def tolerating(event: str, parse: Parser) -> Parser:
        def parsed(fields: Any) -> None:
            try:
                parse(fields)
            except Exception as error:  # noqa: BLE001  # there is no end of ways in which fields can be wrong
                where = place_of(error)
                if (event, where) not in told:
                    told.add((event, where))
                    log.warning("an event of discord cannot be read", unread=event, error=said_of(error), where=where)

        return parsed

    return {event: parse if event == NEEDED else tolerating(event, parse) for event, parse in parsers.items()}


def place_of(error: Exception) -> str:
    """Return the line of code that raised it, as in `message.py:2170`."""
    *_, last = traceback.extract_tb(error.__traceback__)
    return f"{last.filename.rpartition('/')[2]}:{last.lineno}"


def said_of(error: Exception) -> str:
    """Return the error in short; it may quote what was sent, and so a secret."""
    return clip(redacted(repr(error)), SAID_MAX)
