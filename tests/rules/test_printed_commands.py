"""Every command that a card, an answer, a refusal or a page prints is there, and takes what is printed behind it."""

import ast
import asyncio
import re
from collections.abc import Iterator
from pathlib import Path

import discord
import pytest

from bot.core.cards import Card
from bot.layout import view_of
from tests.gallery.exhibit import Answer, Exhibit
from tests.gallery.groups import groups
from tests.support.printed import Printed, all_commands, printed_in, wrong_with

ROOT = Path(__file__).resolve().parents[2]
SOURCES = sorted(path for folder in ("bot", "cogs", "jobs", "sandbox") for path in (ROOT / folder).rglob("*.py"))
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
A_NUMBER = "7"
"""Stands for what a sentence of the code fills in: all that stands there within a command are numbers and names."""


def texts_of(exhibit: Exhibit) -> Iterator[str]:
    """Yield what an exhibit says."""
    if isinstance(exhibit.shown, Answer):
        yield exhibit.shown.text
    elif isinstance(exhibit.shown, Card):
        for item in view_of(exhibit.shown).walk_children():
            if isinstance(item, discord.ui.TextDisplay):
                yield item.content


A_PLACE = re.compile(r"\{\w+(:[^}]*)?\}")
"""Where a phrase has one of its values."""


def sentences_of(path: Path) -> Iterator[str]:
    """Yield every string of a module, with what is filled in replaced."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.JoinedStr):
            yield "".join(str(one.value) if isinstance(one, ast.Constant) else A_NUMBER for one in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield A_PLACE.sub(A_NUMBER, node.value)


def wrong_in(texts: Iterator[str]) -> list[str]:
    """Return what is wrong with the commands of these texts, of which there must be some."""
    commands = asyncio.run(all_commands())
    found: set[Printed] = {one for text in texts for one in printed_in(text)}

    assert found
    return sorted({wrong for one in found if (wrong := wrong_with(one, commands))})


def test_cards_and_answers_print_commands_that_are_taken():
    """All that hangs in the gallery: every kind at every stage, lists, answers and refusals."""
    texts = (text for group in groups() for exhibit in group.exhibits for text in texts_of(exhibit))

    assert [] == wrong_in(texts)


def test_sentences_of_the_code_print_commands_that_are_taken():
    """Refusals and next steps that no exhibit shows are in the code all the same."""
    assert [] == wrong_in(text for path in SOURCES for text in sentences_of(path))


def test_pages_print_commands_that_are_taken():
    """What the docs tell people to type."""
    assert [] == wrong_in(path.read_text(encoding="utf-8") for path in PAGES)


@pytest.mark.parametrize(
    "text",
    [
        "`/train lunch`",
        "`/train launch requirement:REQ-1`",
        "`/train launch requirement:0`",
        "`/train launch recipe:mine`",
        "`/train launch requirement:1 gpu:2`",
        "`/sweep launch requirement:1 space:a=1 method:guess`",
    ],
)
def test_one_that_is_not_taken_is_found(text: str):
    """No such command, a value of another kind, an option that lacks or is none, no such choice."""
    assert [] != wrong_in(iter([text]))
