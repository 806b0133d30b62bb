"""What hangs in the gallery: a card, a form or an answer in words, each with a name, in groups under one heading."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import discord

from bot.core.cards import Card, File
from tests.gallery.charts import Chart


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
    chart: Chart | None = None
    """The card's picture before it is painted, for that takes a second."""
    command: str = ""
    """The slash command that it answers, as in `cluster nodes`; empty where a button is pressed for it."""
    is_sent: bool = False
    """For a form: it is shown after an attempt to send it as it is."""


@dataclass(frozen=True, slots=True)
class Group:
    """Exhibits under one heading."""

    key: str
    """The name of its drawing and of its sheet of pictures, as in `run`."""
    title: str
    exhibits: Sequence[Exhibit]
    is_redrawn: bool = False
    """True for cards that follow their thing, and so are edited."""
    is_private: bool = False
    """True for what the bot answers only to the one who asked."""
