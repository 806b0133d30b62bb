"""Every thing at every stage is drawn within Discord's limits, with the presses that its stage allows."""

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import aiohttp
import discord
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import cogs
from bot.client import Client
from bot.core.cards import Card, File
from bot.core.kind import Event
from bot.core.said import ENGLISH, Said
from bot.core.values import Kind, PersonId, Ref, Stage
from bot.core.words import QUOTED, WRITTEN
from bot.layout import files_of, view_of
from bot.lifecycle import step
from bot.plugins import modules_of
from bot.services.attempts import remedies_of
from bot.things.audit.card import verdict
from bot.things.audit.rules import AuditEvent
from bot.things.incident.model import Incident
from bot.things.incident.rules import IncidentEvent
from bot.things.incident.subjects import of_failure
from bot.things.monitor.rules import MonitorEvent
from bot.things.recipe.rules import RecipeEvent
from bot.things.recommendation import words as of_recommendation
from bot.things.recommendation.rules import RecommendationEvent
from bot.things.requirement.rules import RequirementEvent
from bot.things.rollout import words as of_rollout
from bot.things.rollout.card import announcement
from bot.things.rollout.rules import RolloutEvent
from bot.things.run.causes import NOT_FAILED, REMEDIES, Cause, Remedy
from bot.things.run.events import RunEvent
from bot.things.run.model import Run
from bot.things.run.remedies import hints, offers
from bot.things.sweep.events import SweepEvent
from bot.things.sweep.model import Sweep
from tests.gallery import things as gallery
from tests.gallery.things import seen
from tests.support.any_things import (
    AUDITS,
    EACH_KIND,
    NUMBER,
    PEOPLE,
    REQUIREMENTS,
    ROLLOUTS,
    RUNS,
    stages_of,
    views,
)
from tests.support.drawing import draw
from tests.support.markup import bare_signs
from tests.support.ports import SETTINGS

ANOTHER_WENT_LIVE = {
    Kind.ROLLOUT: of_rollout.ANOTHER_WENT_LIVE,
    Kind.RECOMMENDATION: of_recommendation.ANOTHER_WENT_LIVE,
}
TEXT_LIMIT, COMPONENT_LIMIT, LABEL_LIMIT, ID_LIMIT, ALT_TEXT_LIMIT = 4000, 40, 80, 100, 1024
"""Source: docs.discord.com, Component Reference and Message resource."""


def pieces(card: Card) -> Iterator[str]:
    """Yield the texts of a card as Discord gets them."""
    for item in view_of(card).walk_children():
        if isinstance(item, discord.ui.TextDisplay):
            yield item.content


def within_limits(card: Card) -> None:
    """Check a card against what Discord takes."""
    shown = view_of(card)
    texts = list(pieces(card))
    buttons = [item for item in shown.walk_children() if isinstance(item, discord.ui.Button)]

    assert sum(map(len, texts)) <= TEXT_LIMIT
    assert all(text.strip() for text in texts)
    assert len(list(shown.walk_children())) <= COMPONENT_LIMIT
    assert all(0 < len(button.label or "") <= LABEL_LIMIT for button in buttons)
    assert all(0 < len(button.custom_id or "") <= ID_LIMIT for button in buttons)
    assert len({button.custom_id for button in buttons}) == len(buttons)


@EACH_KIND
@settings(max_examples=25, deadline=None)
@given(st.data())
def test_a_card_fits_and_nothing_in_it_is_read_as_markup(kind: Kind, data: st.DataObject):
    """At every stage, of any text in any field: within Discord's limits, no mention, no link, no code begun by it."""
    for card in map(draw, views(data, kind)):
        within_limits(card)
        for text in pieces(card):
            assert bare_signs(text) == set(), text


@pytest.mark.parametrize("kind", [Kind.RUN, Kind.SWEEP])
def test_a_parameter_that_is_a_word_is_read_as_no_markup(kind: Kind):
    """Neither on a run's card nor on the board of a sweep: a backtick in it ends no code."""
    view = gallery.view_of(kind, Stage.SUCCEEDED if kind is Kind.RUN else Stage.RUNNING)
    tag = {"tag": "`[click](https://evil.example)`"}
    if kind is Kind.RUN:
        card = draw(replace(view, thing=replace(view.thing, parameters=tag)))
    else:
        card = draw(replace(view, leaders=[replace(one, parameters=tag) for one in view.leaders[:1]]))

    assert any("tag=ˋ[click]" in text for text in pieces(card))
    assert [set()] * len(list(pieces(card))) == [bare_signs(text) for text in pieces(card)]


@settings(max_examples=30, deadline=None)
@given(st.data(), st.sampled_from([Stage.APPROVED, Stage.CHANGES_REQUESTED, Stage.REJECTED]))
def test_what_is_told_once_fits_too(data: st.DataObject, stage: Stage):
    """The verdict and the announcement, with any words in them; only those whom it concerns are notified."""
    claimer = data.draw(st.sampled_from([None, PersonId(PEOPLE - 1)]))
    requirement = replace(data.draw(REQUIREMENTS), claimed_by=claimer)
    run = replace(data.draw(RUNS), ordered_by=PersonId(PEOPLE - 2))  # a data analyst, say, who pressed Start retraining
    audit = replace(data.draw(AUDITS), stage=stage)
    told = verdict(seen(audit, requirement=requirement, run=run), ENGLISH)
    live = seen(data.draw(ROLLOUTS), requirement=requirement, run=run)
    concerned = {requirement.filed_by, requirement.claimed_by, run.ordered_by} - {None}

    assert set(told.mentions) == concerned
    assert all(f"<@{person}>" in told.paragraphs[-1] for person in concerned)
    for card in (told, announcement(live, ENGLISH)):
        within_limits(card)
        for text in pieces(card):
            assert bare_signs(text) == set(), text


def test_a_card_of_many_short_lines_or_a_long_footer_is_cut_and_not_waited_for():
    """There is always a cut that fits: no paragraph is too short for it, and the footer gives way too."""
    for card in (
        Card("h", ["x" * 40] * 30 + ["y" * 3900]),
        Card("h", ["p"], footer="f" * 9000),
        Card("h" * 5000, ["**a**\n```\n" + "l" * 6000 + "\n```"]),
    ):
        within_limits(card)


def test_what_a_card_has_no_room_for_is_in_a_file():
    """A requirement of four long fields is cut, says so, and carries all that was filed; a short one carries none."""
    long = replace(gallery.REQUIREMENT, problem="p" * 1900 + "!", value="v" * 1900 + "!", constraints="c" * 900 + "!")
    short, cut = (
        draw(replace(gallery.view_of(Kind.REQUIREMENT, Stage.FILED), thing=one)) for one in (gallery.REQUIREMENT, long)
    )
    [file] = files_of(cut)
    written = file.fp.read().decode()

    within_limits(cut)
    assert ("req-12.md", []) == (file.filename, files_of(short))
    assert any("the whole text is in `req-12.md`" in text for text in pieces(cut))
    assert not any("the whole text" in text for text in pieces(short))
    assert [True] * 4 == [text in written for text in (long.title, long.problem, long.value, long.constraints)]
    assert [True] * len(long.targets) == [f"- {target}" in written for target in long.targets]


def test_what_a_picture_shows_is_told_within_the_limit():
    """Alternative texts of any length are cut to what Discord takes, in the gallery and at the file."""
    card = Card("h", ["p"], pictures=(File("a.png", b"", "ก" * 3000),), files=(File("b.csv", b"", "x" * 3000),))
    [gallery] = [item for item in view_of(card).walk_children() if isinstance(item, discord.ui.MediaGallery)]
    told = [gallery.items[0].description, *(file.description for file in files_of(card))]

    assert all(0 < len(text or "") <= ALT_TEXT_LIMIT for text in told)


PRESSES: dict[str, tuple[Kind, frozenset[Event]]] = {
    "claim": (Kind.REQUIREMENT, frozenset({RequirementEvent.CLAIMED})),
    "cancel": (Kind.RUN, frozenset({RunEvent.CANCELLED, RunEvent.CANCEL_REQUESTED})),
    "launch": (Kind.RUN, frozenset({RunEvent.ORDERED})),
    "stop": (Kind.RUN, frozenset({RunEvent.CANCEL_REQUESTED})),
    "resume": (Kind.RUN, frozenset({RunEvent.RESUMED})),
    "audit_approve": (Kind.AUDIT, frozenset({AuditEvent.APPROVED})),
    "audit_request_changes": (Kind.AUDIT, frozenset({AuditEvent.CHANGES_REQUESTED})),
    "audit_reject": (Kind.AUDIT, frozenset({AuditEvent.REJECTED})),
    "rollout_approve": (Kind.ROLLOUT, frozenset({RolloutEvent.APPROVED})),
    "rollout_decline": (Kind.ROLLOUT, frozenset({RolloutEvent.DECLINED})),
    "rollout_abort": (Kind.ROLLOUT, frozenset({RolloutEvent.ABORTED})),
    "acknowledge": (Kind.INCIDENT, frozenset({IncidentEvent.ACKNOWLEDGED})),
    "assign": (Kind.INCIDENT, frozenset({IncidentEvent.ASSIGNED})),
    "try_again": (Kind.INCIDENT, frozenset({IncidentEvent.RESOLVED})),
    "resolve": (Kind.INCIDENT, frozenset({IncidentEvent.RESOLVED})),
    "measure": (Kind.MONITOR, frozenset({MonitorEvent.CALLED})),
    "retrain": (Kind.RECOMMENDATION, frozenset({RecommendationEvent.ACCEPTED})),
    "dismiss": (Kind.RECOMMENDATION, frozenset({RecommendationEvent.DISMISSED})),
    "retire_recipe": (Kind.RECIPE, frozenset({RecipeEvent.RETIRED})),
    "launch_sweep": (Kind.SWEEP, frozenset({SweepEvent.ORDERED})),
    "promote": (Kind.SWEEP, frozenset({SweepEvent.PROMOTED})),
    "cancel_sweep": (Kind.SWEEP, frozenset({SweepEvent.CANCELLED, SweepEvent.CANCEL_REQUESTED})),
}
"""What each button causes, by the first part of its id."""
READS = {"script", "log"}
"""Buttons that show something and cause nothing."""
OFFERED_ELSEWHERE = {
    **{("try_again", stage): "only of what was given up" for stage in (Stage.OPEN, Stage.ACKNOWLEDGED)},
    ("stop", Stage.SUBMITTED): "it has nothing to save before it runs",
    ("stop", Stage.QUEUED): "it has nothing to save before it runs",
    ("resume", Stage.FAILED): "it is one of the presses that fit some causes, see below",
}
"""Where a press would be allowed and is not offered, with the reason."""


@EACH_KIND
@settings(max_examples=5, deadline=None)
@given(st.data())
def test_the_buttons_are_the_presses_that_the_stage_allows(kind: Kind, data: st.DataObject):
    """Neither a button that could only be refused nor a press that nobody can find."""
    for view in views(data, kind):
        stage = view.thing.stage
        if isinstance(view.thing, Sweep):
            view = replace(view, thing=replace(view.thing, best_run=None))  # noqa: PLW2901
        if kind in (Kind.RUN, Kind.SWEEP, Kind.INCIDENT):
            view = replace(view, remedies=())  # noqa: PLW2901
        if kind in (Kind.RUN, Kind.SWEEP):  # what the cluster refuses is not launched
            offered = gallery.view_of(kind, stage).plan_offers
            view = replace(view, plan_offers=[replace(one, id=_of(view.thing, one.id)) for one in offered])  # noqa: PLW2901
        expected = {
            action
            for action, (of, events) in PRESSES.items()
            if of is kind
            and any(step(kind, stage, event) for event in events)
            and (action, stage) not in OFFERED_ELSEWHERE
        }
        ids = [button.id.partition(":") for button in draw(view).buttons]

        assert {action for action, _, rest in ids if rest == str(Ref(kind, NUMBER))} - READS == expected, stage


def _of(thing: Any, press: str) -> str:
    """Return a press of the kind's example as one of the thing."""
    action, _, about = press.partition(":")
    return f"{action}:{thing.ref if about.startswith(thing.kind) else about}"


@pytest.mark.parametrize("cause", sorted(set(Cause) - NOT_FAILED - {Cause.DIVERGED}))
def test_a_failed_run_has_the_presses_that_fit_its_cause_on_both_of_its_cards(cause: Cause):
    """Its own, where its creator meets it, and the incident until it is resolved; what they begin from is said."""
    run = replace(gallery.RUN, number=3, stage=Stage.FAILED, failure=cause.value, node="gpu1", job_id="7")
    incident = replace(gallery.INCIDENT, about=of_failure(Ref(Kind.RUN, 3)))
    drawn = {stage: draw(_fitting(run, replace(incident, stage=stage))) for stage in stages_of(Kind.INCIDENT)}
    own = draw(_fitting(run, run))
    fitting = [f"{remedy.value}:RUN-3" for remedy in REMEDIES[cause]]
    resumes = any(remedy is not Remedy.RETRY for remedy in REMEDIES[cause])

    for stage, card in drawn.items():
        offered = [button.id for button in card.buttons if button.id.endswith(":RUN-3")]
        assert ([] if stage is Stage.RESOLVED else fitting) == offered
    assert [*fitting, "log:RUN-3"] == [button.id for button in own.buttons]
    for card in (own, drawn[Stage.OPEN]):
        assert resumes == any("from the last checkpoint" in text for text in card.paragraphs)
    assert step(Kind.RUN, Stage.FAILED, RunEvent.RETRIED)
    assert step(Kind.RUN, Stage.FAILED, RunEvent.RESUMED)


def _fitting(run: Run, thing: Run | Incident) -> Any:
    remedies = remedies_of(run)
    return replace(seen(thing), remedies=offers(remedies, run.ref), hints=hints(remedies))


def test_an_incident_says_what_to_do_only_while_it_is_to_be_done():
    """A resolved one names no press that its card does not have."""
    incident = replace(gallery.INCIDENT, next_step=WRITTEN(text="Press **Retry**."))
    drawn = {one: draw(seen(replace(incident, stage=one))) for one in stages_of(Kind.INCIDENT)}
    telling = {stage for stage, card in drawn.items() if any("Press **Retry**" in text for text in card.paragraphs)}

    assert {Stage.OPEN, Stage.ACKNOWLEDGED} == telling


@pytest.mark.parametrize(
    ("kind", "stage"),
    [
        *((Kind.ROLLOUT, stage) for stage in (Stage.PAUSED, Stage.ROLLED_BACK, Stage.RETIRED, Stage.SUPERSEDED)),
        (Kind.RECOMMENDATION, Stage.EXPIRED),
    ],
)
def test_what_was_ended_or_stopped_says_why(kind: Kind, stage: Stage):
    """By what its row holds: what took its place, or somebody's own words; without any, it says nothing of it."""
    view = gallery.view_of(kind, stage)

    def causes(cause: Said | None) -> list[str]:
        card = draw(replace(view, thing=replace(view.thing, cause=cause)))
        return [one for one in card.paragraphs if one.startswith("**Cause**")]

    assert ["**Cause**\nIt is \\*bad\\*."] == causes(QUOTED(text="It is *bad*."))
    assert ["**Cause**\nDEP-6 went live in its place"] == causes(ANOTHER_WENT_LIVE[kind](rollout=Ref(Kind.ROLLOUT, 6)))
    assert [] == causes(None)


def test_a_card_shows_the_parameters_that_ran():
    """Not what they are like."""
    parameters: dict[str, Any] = {"steps": 1234567, "rate": 0.00123456, "amp": True, "encoder": ""}
    run = replace(gallery.RUN, parameters=parameters)
    view = replace(gallery.view_of(Kind.RUN, Stage.QUEUED), thing=run)

    assert any("`steps=1234567 rate=0.00123456 amp=true seed=7`" in text for text in draw(view).paragraphs)


def test_the_bar_is_the_share_of_the_time_and_not_of_the_epochs():
    """A run in its only epoch, with hours to go, is not at 100 %."""
    running = gallery.view_of(Kind.RUN, Stage.RUNNING)
    begun = replace(gallery.PROGRESS, epoch=1, epochs=1, elapsed_s=600.0, left_s=16_980.0)
    texts = draw(replace(running, progress=begun)).paragraphs

    assert any(" 3% · epoch 1 of 1 · " in text for text in texts), texts


@EACH_KIND
def test_no_two_stages_of_a_kind_look_alike(kind: Kind):
    """Each has a sign of its own before its word, at the place where every card has it."""
    signs = [draw(gallery.view_of(kind, stage)).paragraphs[0].split(" ")[0] for stage in gallery.stages_of(kind)]

    assert len(signs) == len(set(signs)), signs


@pytest.mark.parametrize(("kind", "stage"), [(Kind.REQUIREMENT, Stage.FILED), (Kind.RECIPE, Stage.REGISTERED)])
def test_who_began_a_thing_is_said_once(kind: Kind, stage: Stage):
    """In the stage's line while that is the last that happened, and among the people from then on."""
    begun = gallery.view_of(kind, stage).since.by
    shown = {one: "\n".join(draw(gallery.view_of(kind, one)).paragraphs) for one in gallery.stages_of(kind)}

    assert 1 == shown[stage].count(f"<@{begun}>")
    assert [] == [
        one for one, text in shown.items() if not re.search(rf"(?i){stage.value}\W* (· )?by <@{begun}>", text)
    ]


async def test_every_press_that_is_drawn_is_answered_by_a_cog():
    """A button that nobody answers looks like a bot that is down."""
    client = Client(SETTINGS.discord, cogs=(), connector=aiohttp.BaseConnector())
    for module in modules_of(cogs):
        await client.load_extension(module)
    answered = set(client._presses)
    await client.close()

    assert answered == {*PRESSES, *READS, "assign_to", "file_again", *(remedy.value for remedy in Remedy)}
