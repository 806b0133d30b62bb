"""The reason that a decision needs."""

from bot.core import words
from bot.core.text import is_blank
from bot.errors import Refused

REASON_LIMIT = 1000


def checked_reason(reason: str) -> str:
    """Return the reason without outer blanks. Raises Refused when it is empty or too long."""
    reason = reason.strip()
    if is_blank(reason):
        raise Refused(words.REASON_MISSING())
    if len(reason) > REASON_LIMIT:
        raise Refused(words.REASON_TOO_LONG(length=len(reason), limit=REASON_LIMIT))
    return reason
