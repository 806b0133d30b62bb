"""The suite of a kind: `assert not list(problems_of(KIND))` in a test of its own."""

from collections.abc import Iterator
from datetime import UTC, datetime

from bot.core.cards import Card
from bot.core.flow import Flow
from bot.core.kind import ThingKind
from bot.core.links import links_of
from bot.core.said import ENGLISH, Say
from bot.core.sample import Sample
from bot.core.shapes import changed, fold, shapes_of
from bot.core.values import Fact, PersonId, Thing
from bot.core.view import Glance, View
from bot.layout import fitted
from bot.suites.marked import MarkedSpeaker, unmarked

AT = datetime(2026, 3, 1, tzinfo=UTC)
LABEL_LIMIT, ID_LIMIT, MOST_BUTTONS = 80, 100, 25
"""Source: docs.discord.com, Component Reference."""


def problems_of(kind: ThingKind) -> Iterator[str]:
    """Yield what is not as it should be, a sentence each: rows, samples, cards and words."""
    name = kind.kind.name
    stages = dict.fromkeys(kind.steps.values())
    seen = {sample.thing.stage for sample in kind.samples}
    yield from (f"{name} has no sample at the stage {stage.value}" for stage in stages if stage not in seen)
    for sample in kind.samples:
        yield from (f"{name}, {sample.name}: {problem}" for problem in _of_row(sample.thing))
        view = _view(kind, sample)
        yield from (f"{name}, {sample.name}: {problem}" for problem in _of_card(kind.card(view, ENGLISH)))
        yield from (f"{name}, {sample.name}: {problem}" for problem in _of_words(kind, view, MarkedSpeaker()))
    looks = [kind.card(_view(kind, one), ENGLISH).paragraphs[0].partition(" ")[0] for one in _by_stage(kind)]
    yield from (f"{name} has the sign {look} at two stages" for look in set(looks) if looks.count(look) > 1)


def problems_of_flow(flow: Flow) -> Iterator[str]:
    """Yield what is not as it should be with a flow."""
    if not flow.on or not flow.causes:
        yield "it must say what it follows from and what it may cause"


def _of_row(thing: Thing) -> Iterator[str]:
    row = type(thing)
    declared: type = row
    shapes_of(declared)  # raises TypeError for a field that no row can keep
    fact = Fact(1, AT, thing.ref, "", PersonId(0), {}, changed(None, thing), "", "")
    if fold(row, thing.number, [fact]) != thing:
        yield "its row is not what its facts make of it"


def _of_card(card: Card) -> Iterator[str]:
    if fitted(card).paragraphs != list(card.paragraphs):
        yield "its card is too long for Discord"
    if len(card.buttons) > MOST_BUTTONS:
        yield f"its card has more than {MOST_BUTTONS} buttons"
    for button in card.buttons:
        if not 0 < len(button.label) <= LABEL_LIMIT or not 0 < len(button.id) <= ID_LIMIT:
            yield f"the button {button.id} has no label or id that Discord takes"
    ids = [button.id for button in card.buttons]
    yield from (f"two buttons have the id {one}" for one in set(ids) if ids.count(one) > 1)


def _of_words(kind: ThingKind, view: View[Thing], say: Say) -> Iterator[str]:
    card = kind.card(view, say)
    texts = (card.headline, *card.paragraphs, card.footer, *(button.label for button in card.buttons))
    yield from (f"{words} is in no phrase" for text in texts if (words := unmarked(text)))


def _by_stage(kind: ThingKind) -> list[Sample]:
    return list({sample.thing.stage: sample for sample in reversed(kind.samples)}.values())


def _view(kind: ThingKind, sample: Sample) -> View[Thing]:
    thing = sample.thing
    links = {link.role: Glance(link.to, thing.stage) for link in links_of(thing, kind.links)}
    since = Fact(1, AT, thing.ref, "", PersonId(7), {}, {}, "", "")
    return sample.seen(View(thing, since, links))
