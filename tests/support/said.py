"""A text as what is said, for tests that need any words."""

from bot.core.said import Said, Words

_ANY = Words("tests")("any", "{text}")


def said(text: str) -> Said:
    """Return it."""
    return _ANY(text=text)
