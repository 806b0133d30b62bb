"""What hangs in the gallery: a card or a plain answer with a name, in groups that share a picture."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bot.domain.cards import Card, File


@dataclass(frozen=True, slots=True)
class Exhibit:
    """One card, or the text of a plain answer."""

    name: str
    shown: Card | str
    picture: Callable[[], File] | None = None
    """Draws the card's picture; only when it is hung, for that takes a second."""


@dataclass(frozen=True, slots=True)
class Group:
    """Exhibits on one picture."""

    key: str
    """Its file's name, as in `run`."""
    title: str
    exhibits: Sequence[Exhibit]
    is_private: bool = False
    """True for what the bot answers only to the one who asked."""
