"""Every kind of card, list and form at its extremes: Discord takes it, no cut is unseen, no row has its sentence."""

import re
from collections.abc import Iterator
from functools import cache

import discord
import pytest

from bot.adapters.sql.store import SqlStore
from bot.client import MESSAGE_LIMIT, told_error
from bot.core.cards import Card
from bot.core.said import ENGLISH
from bot.core.text import clip
from bot.core.words import as_said
from bot.errors import Refused
from bot.layout import files_of, view_of
from bot.plugins import record_of
from bot.services.incidents import open_once
from bot.things.incident.subjects import of_outage
from cogs._decisions import form_of as decision_form
from cogs.ops import assignees
from cogs.requirement import FIELDS, mending
from cogs.requirement import form_of as requirement_form
from sandbox.discord.checks import check_message, check_modal
from sandbox.discord.components import IS_COMPONENTS_V2
from sandbox.discord.world import StoredFile
from tests.gallery.forms import DECISIONS
from tests.gallery.things import NOW
from tests.support.databases import sqlite_database
from tests.support.extremes import BEGIN, DRAWN, END, EXTREMES, Extreme
from tests.support.markup import bare_signs

AT_EXTREMES = pytest.mark.parametrize("name", EXTREMES)
A_BEGINNING = re.compile(f"{BEGIN}([^{BEGIN}{END}…]*)(.?)", re.DOTALL)
AN_END = re.compile(f"(.?)([^{BEGIN}{END}…]*){END}", re.DOTALL)
NOTHING_BELOW = re.compile(r"^\*\*[^*\n]+\*\*\n\s*\Z|All 0 |\b0 of 0\b", re.MULTILINE)
COUNTED = re.compile(r"and \d+ more|The newest \d+")
OF_ROWS = ("audit", "monitor", "recommendation", "recipe", "a recipe")
HIGHEST = 999_999_999
SENTENCE = re.compile(r"\w\.(?:$|\s)", re.MULTILINE)


@cache
def drawn(name: str) -> dict[str, Card]:
    """Return everything at an extreme, by its name."""
    return {what: card for draw in DRAWN.values() for what, card in draw(EXTREMES[name])}


def pieces(card: Card) -> Iterator[str]:
    """Yield the texts of a card as Discord gets them."""
    for item in view_of(card).walk_children():
        if isinstance(item, discord.ui.TextDisplay):
            yield item.content


@AT_EXTREMES
def test_discord_takes_every_card(name: str):
    """The sandbox's table of Discord's limits is the judge, as for every message of a bot."""
    for what, card in drawn(name).items():
        sent = {str(at): file for at, file in enumerate(files_of(card))}
        files = {at: StoredFile(file.filename, file.fp.read(), "text/plain") for at, file in sent.items()}
        told = [{"id": at, "filename": file.filename} for at, file in sent.items()]
        body = {"components": view_of(card).to_components(), "flags": IS_COMPONENTS_V2, "attachments": told}
        try:
            check_message(body, files)
        except Exception as problem:
            raise AssertionError(f"{what}: {getattr(problem, 'errors', problem)}") from problem


@AT_EXTREMES
def test_discord_takes_every_form_and_what_is_answered_beside_it(name: str):
    """With all that was written in it, for the longest dataset and the highest numbers; a refusal of any length too."""
    of = EXTREMES[name]
    rest = f"replace:{of.name('digits', 40)}@{of.name('v1', 40)}"
    given = {field: of.text(limit=limit) for field, (_, _, limit, _, _) in FIELDS.items()}
    filled = requirement_form(rest, given, ENGLISH)
    told = clip(told_error(Refused(of.text()), reference="0" * 8), MESSAGE_LIMIT)

    for form in (filled, *(decision_form(one, HIGHEST, ENGLISH) for one in DECISIONS)):
        check_modal(form.to_dict())
    for view in (mending(rest, ENGLISH), assignees(HIGHEST, ENGLISH)):
        check_message({"content": told, "components": view.to_components()}, {})
    assert [] == list(unseen_cuts(told, of))


@AT_EXTREMES
def test_nothing_is_cut_unseen_or_within_a_sign(name: str):
    """Where the end or the beginning of what somebody wrote is missing stands …, and no sign is divided."""
    wrong = [
        (what, cut)
        for what, card in drawn(name).items()
        for text in pieces(card)
        for cut in unseen_cuts(text, EXTREMES[name])
    ]

    assert [] == wrong


def unseen_cuts(text: str, of: Extreme) -> Iterator[str]:
    """Yield what is cut without a sign of it, or within one."""
    whole = re.compile(f"(?:{'|'.join(map(re.escape, of.signs))}|[ \n])*")
    for kept, end in A_BEGINNING.findall(text):
        if end not in (END, "…") or not (whole.fullmatch(kept) or " " in "".join(of.signs)):
            yield f"{BEGIN}{kept[:20]} … {kept[-20:]}{end}"
    for before, kept in AN_END.findall(text):
        if before not in (BEGIN, "…") or not (whole.fullmatch(kept) or " " in "".join(of.signs)):
            yield f"{before}{kept[:20]} … {kept[-20:]}{END}"


def test_what_has_no_row_says_so():
    """A list has a sentence on how it gets its first; on a card no heading stands over nothing."""
    shown = drawn("no row")
    bare = [(what, text) for what, card in shown.items() for text in card.paragraphs if NOTHING_BELOW.search(text)]
    lists = dict(DRAWN["lists"](EXTREMES["no row"]))
    wordless = [what for what, card in lists.items() if not SENTENCE.search("\n".join(card.paragraphs))]

    assert [] == bare
    assert ["status"] == wordless, "it always has rows of its own"


def test_what_has_a_hundred_rows_says_how_many_more_there_are():
    """Or that it shows the newest; and what is bad comes before what is good, for it must not be left out."""
    shown = drawn("a hundred rows")
    silent = {what for what, card in shown.items() if not COUNTED.search("\n".join((*card.paragraphs, card.footer)))}
    with_rows = {*dict(DRAWN["lists"](EXTREMES["no row"])), *(what for what in shown if what.startswith(OF_ROWS))}
    audit = next("\n".join(card.paragraphs) for what, card in shown.items() if what.startswith("audit"))

    assert {"cluster"} == silent & with_rows
    assert (True, 0) == (audit.count("❌ fail") > 9, audit.count("✅ pass"))


@AT_EXTREMES
def test_no_piece_of_code_is_left_open(name: str):
    """A cut falls between lines or words, so that nothing after it is read as code, a link or a mention."""
    found = {
        what: sorted(signs)
        for what, card in drawn(name).items()
        for text in pieces(card)
        if (signs := bare_signs(text))
    }

    assert {} == found


async def test_what_is_kept_of_an_incident_is_cut_in_sight(tmp_path):
    """Its title, cause and next step end in …, its log begins with one; no sign is divided."""
    of = EXTREMES["Thai"]
    store = SqlStore.open(sqlite_database(tmp_path / "slipway.db").settings)
    record = record_of(store, now=lambda: NOW)
    said = as_said(of.text())
    about = of_outage("cluster")
    opened = await open_once(record, about, title=said, cause=said, next_step=said, log_tail=of.text() * 9)
    await store.close()
    assert opened is not None

    kept = (str(opened.title), str(opened.cause), str(opened.next_step), opened.log_tail)
    assert [] == [cut for text in kept for cut in unseen_cuts(text, of)]
    assert [True] * 4 == [len(text) < len(of.text() * 9) for text in kept]
