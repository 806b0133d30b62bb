"""Words are data: each text on a card, a message, a form or in a refusal comes from a phrase, in any language."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import BytesIO
from signal import Signals
from typing import Any

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.support import Translations

from bot.client import told_error
from bot.core.cards import Card
from bot.core.kind import ThingKind
from bot.core.reason import checked_reason
from bot.core.said import ENGLISH, PHRASES, Said, Speaker, Words
from bot.core.values import Kind, Ref
from bot.errors import Refused
from bot.layout import fitted
from bot.lifecycle import KINDS
from bot.ports import JobStatus, Observation, Share
from bot.services.capacity import SHARE_TROUBLES, share_trouble
from bot.services.causes import BY_EXIT_CODE, BY_LAST_WORDS, BY_LOG, BY_STATUS, failure_of
from bot.services.following import GROWTH_EPOCHS, Followed, Losses, Patience, trouble_of
from bot.services.incidents import OUTAGE_STEPS, name_of
from bot.services.kills import KILLED, fault_of
from bot.suites.marked import MarkedSpeaker, catalogue, unmarked
from bot.things.incident.words import DOES_NOT_ANSWER
from bot.things.requirement.card import requirement_list
from bot.things.requirement.model import Requirement
from bot.things.requirement.rules import REQUIREMENT
from bot.things.requirement.targets import TARGET_LIMIT, parse_targets
from bot.things.run.causes import NOT_FAILED, Cause
from bot.things.run.waiting import WAITS
from cogs._decisions import form_of
from cogs.requirement import budget_words
from cogs.requirement import form_of as requirement_form
from tests.gallery.forms import DECISIONS
from tests.gallery.things import RUN, view_of
from tests.support.extremes import EXTREMES, around, lists, others

MARKED = MarkedSpeaker()
HIGHEST = 999_999_999
UNREADABLE = (
    "",
    "; ".join(["accuracy >= 0.9"] * (TARGET_LIMIT + 1)),
    "accuracy >= 0.8; accuracy >= 0.9",
    "accuracy => 0.9",
    "latency_p95_ms <= 1,000",
    "latency_p95_ms <= 5 %",
    "accuracy >= 5 ms",
    "size <= 9999999999999",
    "accuracy >= 85",
)
"""One for each way in which targets cannot be read."""
LANGUAGE = Words("tests.language")
LEFT = LANGUAGE("left", "{count} run is left", many="{count} runs are left", by="count")
LEFT_IN_POLISH = ("został {count} przebieg", "zostały {count} przebiegi", "zostało {count} przebiegów")


def polish() -> Speaker:
    """Return one who has a catalogue of a single phrase."""
    catalog, written = Catalog(locale="pl"), BytesIO()
    catalog.add((LEFT.english, LEFT.many), LEFT_IN_POLISH, context=LEFT.code)
    write_mo(written, catalog)
    return Speaker("pl", Translations(BytesIO(written.getvalue())))


BEGAN, PATIENCE = datetime(2026, 3, 1, tzinfo=UTC), Patience(timedelta(minutes=30), timedelta(hours=24))
LATE = BEGAN + timedelta(hours=25)
FAR = Losses(epoch=9, first=1.0, best=0.1, newest=9.0, far_count=GROWTH_EPOCHS)
SLOWING = [(epoch, float(epoch)) for epoch in range(4)] + [(epoch, 60.0 * epoch) for epoch in range(5, 9)]


def around_a_run() -> Iterator[Followed]:
    """Yield what is followed of runs in every trouble, and one that only runs."""
    for node in ("", "gpu1"):
        running = Observation(JobStatus.RUNNING, node=node)
        yield Followed(running, BEGAN)
        yield Followed(replace(running, is_suspended=True), BEGAN)
        yield Followed(replace(running, is_diverged=True), LATE)
        yield Followed(running, LATE, losses=FAR)
        yield Followed(running, LATE, marks=SLOWING)
        yield Followed(running, LATE)
    for reason in ("", "Priority", "Hyperspace", "JobHeldAdmin"):
        yield Followed(Observation(JobStatus.PENDING, reason), BEGAN)
    for word in ("HYPERSPACE", "nobody shows it"):
        yield Followed(Observation(JobStatus.UNKNOWN, word), BEGAN)


POLISH, GERMAN = polish(), Speaker("de")
"""Made here, since whoever begins to speak reads the locale's data."""


def drawn(kind: ThingKind) -> Iterator[Card]:
    """Yield the cards and messages of a kind at each stage, as examples have them and with long lists."""
    for sample in kind.samples:
        stage = sample.thing.stage
        for view in (view_of(kind.kind, stage, sample), around(kind.kind, stage, EXTREMES["a hundred rows"])):
            yield kind.card(view, MARKED)
            if sample.thing.stage in (stage for (_, event), stage in kind.steps.items() if event in kind.follows):
                yield from (message.draw(view, MARKED) for message in kind.messages.values())


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.kind.name.lower())
def test_each_text_of_a_kind_is_a_phrase_and_has_room_in_a_longer_language(kind: ThingKind):
    """Headline, paragraphs, footer and buttons: nothing that no translator would see, nothing cut."""
    cards = list(drawn(kind))
    texts = [text for card in cards for text in (card.headline, *card.paragraphs, card.footer)]
    labels = [button.label for card in cards for button in card.buttons]

    assert [] == [(text, words) for text in (*texts, *labels) if (words := unmarked(text))]
    assert [] == [card.headline for card in cards if fitted(card).paragraphs != list(card.paragraphs)]
    assert [] == [label for label in labels if len(label) > 80]


@pytest.mark.parametrize("decision", DECISIONS, ids=lambda decision: decision.action)
def test_each_form_of_a_decision_is_of_phrases_and_nothing_in_it_is_cut(decision: Any):
    """Its title, its label, what stands below it and the hint in it, at the highest number."""
    form: Any = form_of(decision, HIGHEST, MARKED).to_dict()
    [label] = form["components"]
    texts = (form["title"], label["label"], label["description"], label["component"]["placeholder"])

    assert [[]] * 4 == [unmarked(text) for text in texts]


def test_the_form_of_a_requirement_is_of_phrases_and_nothing_in_it_is_cut():
    """Its title, and of each field its label and the hint in it; what was written before is people's own."""
    form: Any = requirement_form("new:digits", {}, MARKED).to_dict()
    texts = [form["title"]]
    for label in form["components"]:
        texts += [label["label"], label["component"]["placeholder"]]

    assert [[]] * 11 == [unmarked(text) for text in texts]


@pytest.mark.parametrize("rows", ["no row", "a hundred rows"])
def test_each_list_and_what_is_answered_about_several_things_is_of_phrases(rows: str):
    """The status, the cluster, comparisons and lists, empty and long."""
    drawn = [*lists(EXTREMES[rows], MARKED), *others(EXTREMES[rows], MARKED)]

    assert [] == [
        (name, text, words)
        for name, card in drawn
        for text in (card.headline, *card.paragraphs, card.footer)
        if (words := unmarked(text))
    ]


@pytest.mark.parametrize("count", [0, 25])
def test_the_list_of_requirements_is_of_phrases(count: int):
    """Of none, and of as many as are shown: the heading, each line, and where the older ones are."""
    things = [sample.thing for sample in REQUIREMENT.samples if isinstance(sample.thing, Requirement)]
    card = requirement_list([things[at % len(things)] for at in range(count)], MARKED)

    assert [[]] * 3 == [unmarked(text) for text in (card.headline, *card.paragraphs, card.footer)]
    assert bool(count) is bool(card.footer)


def test_a_budget_is_told_with_what_it_counts():
    """None is no limit, and one hour is not told as several."""
    told = [ENGLISH(budget_words(Ref(Kind.REQUIREMENT, 12), gpu_h)) for gpu_h in (None, 1.0, 1.5, 12_000.0)]

    assert [
        "REQ-12 has no limit.",
        "REQ-12 has a budget of 1 GPU hour.",
        "REQ-12 has a budget of 1.5 GPU hours.",
        "REQ-12 has a budget of 12,000 GPU hours.",
    ] == told


@pytest.mark.parametrize("text", UNREADABLE)
def test_what_is_wrong_with_targets_is_told_in_the_readers_language(text: str):
    """Each refusal is a phrase; what was typed is quoted."""
    with pytest.raises(Refused) as refused:
        parse_targets(text)

    assert [] == unmarked(told_error(refused.value, reference="0", speaker=MARKED))


@pytest.mark.parametrize("reason", ["", " \u200b", "x" * 1001])
def test_a_refusal_is_told_in_the_readers_language_and_logged_in_english(reason: str):
    """The one who acted reads theirs."""
    with pytest.raises(Refused) as refused:
        checked_reason(reason)

    assert [] == unmarked(told_error(refused.value, reference="0", speaker=MARKED))
    assert str(refused.value).startswith(("A decision needs its reason", "The reason has 1,001 characters"))


FAILURES = (*BY_STATUS.values(), *BY_EXIT_CODE.values(), *BY_LAST_WORDS.values(), *(one for _, one in BY_LOG), KILLED)
FAULTS = [failure for signal in Signals if (failure := fault_of(f"0:{signal.value}"))]
ENDS = [
    failure_of(Observation(JobStatus.FAILED, reason, node), last_words={"said": "the loss is nan"})
    for reason in ("", "exit code 87:0")
    for node in ("", "gpu1")
]


def test_each_cause_of_a_failure_is_of_phrases_with_what_is_to_be_done():
    """Whatever the cluster's word, the exit code, the signal or the log proves; with the evidence as a value."""
    said = [one for failure in (*FAILURES, *FAULTS, *ENDS) for one in (failure.cause, failure.next_step)]

    assert [] == [words for one in said if (words := unmarked(MARKED(one)))]
    assert 5 == len(FAULTS)


def test_each_reason_to_wait_is_a_phrase():
    """SLURM's own word stands before it."""
    assert [] == [words for _, wait in WAITS if (words := unmarked(MARKED(wait.said())))]


def test_each_trouble_of_a_run_is_of_phrases():
    """Of each class: its title, its cause and what to do, with the node or without."""
    troubles = [trouble for one in around_a_run() if (trouble := trouble_of(RUN, one, now=LATE, patience=PATIENCE))]
    said = [one for trouble in troubles for one in (trouble.title, trouble.cause, trouble.next_step)]

    assert [] == [words for one in said if (words := unmarked(MARKED(one)))]
    assert NOT_FAILED - {Cause.CANCELLED_BY_OTHERS} | {Cause.DIVERGED} == {trouble.kind for trouble in troubles}


def test_each_outage_and_each_trouble_of_the_shared_folder_is_of_phrases():
    """A system that nobody has named is called as it is; its own words are quoted."""
    systems = [name_of(one) for one in (*OUTAGE_STEPS, "discord", "meter")]
    complaints = [part for parts, _, _ in SHARE_TROUBLES for part in parts]
    shares = [
        *(Share(1, 0, 1, 0, complaint=one) for one in (*complaints, "other")),
        Share(1, 1, 1, 0),
        Share(1, 0, 1, 1),
    ]
    found = [trouble for share in shares if (trouble := share_trouble(share))]
    said = [one for trouble in found for one in (trouble.title, trouble.cause, trouble.next_step)]
    said += [DOES_NOT_ANSWER(system=one) for one in systems] + [step() for step in OUTAGE_STEPS.values()]

    assert len(shares) == len(found)
    assert [] == [words for one in said if (words := unmarked(MARKED(one)))]


def test_a_number_chooses_the_form_that_the_language_has_for_it():
    """Polish has three; each is the catalogue's."""
    told = [form.format(count=count) for form, count in zip(LEFT_IN_POLISH, (1, 3, 12), strict=True)]

    assert told == [POLISH(LEFT(count=count)) for count in (1, 3, 12)]
    assert ["1 run is left", "12 runs are left"] == [ENGLISH(LEFT(count=count)) for count in (1, 12)]
    assert ["1.5 runs are left", "0 runs are left"] == [ENGLISH(LEFT(count=count)) for count in (1.5, 0.0)]


def test_numbers_and_moments_are_written_as_the_reader_has_them():
    """By the locale; a moment by Discord, in each reader's own zone."""
    big = LANGUAGE("big", "{count} at {when:ago}, {share:0.00}, by {who:person}: {text}")
    said = big(count=12345, when=datetime(2026, 3, 1, tzinfo=UTC), share=0.5, who=7, text="*x*")

    assert "12,345 at <t:1772323200:R>, 0.50, by <@7>: \\*x\\*" == ENGLISH(said)
    assert "12.345 at <t:1772323200:R>, 0,50, by <@7>: \\*x\\*" == GERMAN(said)


def test_what_an_older_or_newer_version_said_is_still_told():
    """A code that is not known any more, and a phrase that has got a place since."""
    assert "gone.code who=7" == ENGLISH(Said("gone.code", {"who": 7}))
    assert "… run is left" == ENGLISH(Said(LEFT.code, {}))


def test_what_is_wrong_with_a_phrase_stops_the_start_or_the_test():
    """A code twice, a plural by nothing, a value too few or too many, one that is none."""
    with pytest.raises(TypeError, match=r"two phrases tests\.language\.left"):
        LANGUAGE("left", "again")
    with pytest.raises(TypeError, match=r"tests\.language\.nothing says nothing"):
        LANGUAGE("nothing", "")
    with pytest.raises(TypeError, match="needs both a plural and the value"):
        LANGUAGE("plural", "{count} run", many="{count} runs")
    with pytest.raises(TypeError, match=r"takes \['count'\], not \['n'\]"):
        LEFT(n=1)
    with pytest.raises(TypeError, match="object has no place in a sentence"):
        LEFT(count=object())  # type: ignore[arg-type]  # what it is to refuse


def test_every_phrase_is_in_the_catalogue_under_its_code():
    """So that two that read alike in English may differ elsewhere."""
    translations = Translations(BytesIO(catalogue()))

    assert [] == [
        phrase.code
        for phrase in PHRASES.values()
        if not phrase.many
        and translations.pgettext(phrase.code, phrase.english) == phrase.english
        and any(char.isascii() and char.isalpha() for char in phrase.english.partition("{")[0])
    ]
