"""What hangs in the gallery: a card, a form or an answer in words, each with a name, in groups under one heading."""

import hashlib
import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeAlias

import discord

from bot.domain.cards import Card, File
from bot.layout import fitted

ROOT = Path(__file__).resolve().parents[2]
CHARTED_BY = (
    "bot/adapters/matplotlib/paper.py",
    "bot/adapters/matplotlib/worker.py",
    "tests/gallery/charts.py",
)
"""What a picture on a card is drawn by."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A plain answer: words, with files and what may be pressed below them."""

    text: str
    files: Sequence[File] = ()
    view: Callable[[], discord.ui.View] | None = None


Form: TypeAlias = Callable[[], discord.ui.Modal]
Shown: TypeAlias = "Card | Answer | Form"


@dataclass(frozen=True, slots=True)
class Exhibit:
    """One thing to look at."""

    name: str
    shown: Shown
    picture: Callable[[], File] | None = None
    """Draws the card's picture; only when it is hung, for that takes a second."""
    command: str = ""
    """The slash command that it answers, as in `cluster nodes`; empty where a button is pressed for it."""
    is_sent: bool = False
    """For a form: it is shown after an attempt to send it as it is."""

    @property
    def key(self) -> str:
        """The name of its picture, without blanks and signs."""
        return re.sub(r"[^a-z0-9]+", "-", self.name.lower()).strip("-")

    def framed(self) -> Shown:
        """Return what is shown, with its picture."""
        if self.picture is None or not isinstance(self.shown, Card):
            return self.shown
        return replace(self.shown, pictures=(self.picture(),))

    def digest(self) -> str:
        """Return a digest of all that it is drawn from; it changes when the picture has to."""
        if isinstance(self.shown, Card):
            told = repr(self.shown)
            if self.shown.whole is not None:
                told += repr(fitted(self.shown).files)
        elif isinstance(self.shown, Answer):
            pressed = self.shown.view().to_components() if self.shown.view else []
            told = repr((self.shown.text, self.shown.files, json.dumps(pressed, sort_keys=True)))
        else:
            told = json.dumps(self.shown().to_dict(), sort_keys=True)
        parts = [told, self.command]
        if self.picture is not None:
            parts += [_text(path) for path in CHARTED_BY]
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


def _text(path: str) -> str:
    """Return the code without its imports: whence a name comes draws nothing."""
    lines = (ROOT / path).read_text(encoding="utf-8").splitlines()
    return "\n".join(line for line in lines if not line.startswith(("from ", "import ")))


@dataclass(frozen=True, slots=True)
class Group:
    """Exhibits under one heading."""

    key: str
    """The folder of its pictures, as in `run`."""
    title: str
    exhibits: Sequence[Exhibit]
    is_redrawn: bool = False
    """True for cards that follow their thing, and so are edited."""
    is_private: bool = False
    """True for what the bot answers only to the one who asked."""
