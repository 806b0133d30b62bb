"""Every thing at every stage is drawn within Discord's limits, with the presses that its stage allows."""

import re
from collections.abc import Iterator
from dataclasses import asdict, replace
from datetime import UTC, datetime

import discord
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import cogs
from bot.client import Client
from bot.config import DiscordSettings, load
from bot.domain.budget import Budget
from bot.domain.cards import Card, File
from bot.domain.causes import REMEDIES, Cause, Remedy
from bot.domain.drawing import announcement, draw, verdict
from bot.domain.drawing_parts import View
from bot.domain.lifecycle import STEPS, Event, step
from bot.domain.model import (
    Audit,
    Check,
    Fact,
    Incident,
    Kind,
    Monitor,
    PersonId,
    Recommendation,
    Ref,
    Requirement,
    Resources,
    Rollout,
    Run,
    Stage,
    Sweep,
    Target,
)
from bot.layout import files_of, view_of
from bot.ports import Drift
from bot.services.attempts import remedies_of
from bot.services.monitoring import finding
from bot.wiring import names_of
from tests.unit.test_config import EXAMPLE

TEXT_LIMIT, COMPONENT_LIMIT, LABEL_LIMIT, ID_LIMIT, ALT_TEXT_LIMIT = 4000, 40, 80, 100, 1024
"""Source: docs.discord.com, Component Reference and Message resource."""
NASTY = ("@everyone ", "[x](https://e.example)", "](", "`", "```", "**", "||", "# ", "> ", "<@&7>", "<#8>", "\\", "\n")
NICE = ("ตัวเลขน้ำกำ", "👩‍❤️‍👨", "🇹🇭", "plain words ", "e\u0301", "\u202e", "\u200b")
NUMBER = 999_999_999
PEOPLE = PersonId(2**63 - 1)

SIGNS = st.one_of(st.sampled_from(NASTY + NICE), st.text(max_size=3))


def words(limit: int) -> st.SearchStrategy[str]:
    """Return texts as people may write them, of every length up to the limit."""
    repeated = st.builds(lambda sign, count: sign * count, SIGNS, st.integers(0, limit))
    return st.one_of(st.lists(SIGNS, max_size=6).map("".join), repeated).map(lambda text: text[:limit])


LONG, SHORT = words(1000), words(100)
METRICS = st.dictionaries(words(40), st.floats(allow_nan=True), max_size=12)
RESOURCES = Resources(partition="gpu", nodes=16, gpus=8, cpus=128, memory_gib=2048, time_limit_min=10080)
REQUIREMENTS = st.builds(
    Requirement,
    number=st.just(NUMBER),
    title=SHORT,
    problem=LONG,
    deployment_kind=st.sampled_from(["new", "assist", "replace"]),
    value=LONG,
    targets=st.just(tuple(Target(f"measure_{'x' * 31}{at}", at_least=True, threshold=1e12) for at in range(12))),
    constraints=LONG,
    dataset=st.just("d" * 60),
    filed_by=st.just(PEOPLE),
    claimed_by=st.sampled_from([None, PEOPLE]),
)
RUNS = st.builds(
    Run,
    number=st.just(NUMBER),
    requirement=st.just(NUMBER),
    ordered_by=st.just(PEOPLE),
    recipe=st.just("image_classifier"),
    dataset=st.just("fashion"),
    parameters=st.just({"learning_rate": 0.001, "epochs": 3, "amp": True}),
    seed=st.just(2**31 - 1),
    hypothesis=words(500),
    resources=st.just(RESOURCES),
    attempt=st.integers(1, 99),
    job_id=st.just("1234567"),
    cause=st.one_of(st.none(), LONG),
    failure=st.sampled_from([None, *(cause.value for cause in Cause)]),
    node=st.sampled_from([None, "gpu1", "gpu[" + ",".join(str(at) for at in range(1, 4000, 2)) + "]"]),
    conclusion=st.one_of(st.none(), words(500)),
    gpu_h=st.floats(0, 1e6),
    fingerprint=st.dictionaries(
        st.one_of(st.sampled_from(["code", "weights"]), words(20).map(lambda name: f"environment.{name}")),
        words(60),
        max_size=6,
    ),
    metrics=st.one_of(st.none(), METRICS),
    model_version=st.sampled_from([None, "12"]),
)
AUDITS = st.builds(
    Audit,
    number=st.just(NUMBER),
    requirement=st.just(NUMBER),
    run=st.just(NUMBER),
    model_digest=st.just("d" * 64),
    checks=st.lists(st.builds(Check, SHORT, st.booleans(), words(200)), max_size=13).map(tuple),
    decided_by=st.just(PEOPLE),
    reason=st.one_of(st.none(), LONG),
)
ROLLOUTS = st.builds(
    Rollout,
    number=st.just(NUMBER),
    requirement=st.just(NUMBER),
    run=st.just(NUMBER),
    audit=st.just(NUMBER),
    model_name=st.just("req-1"),
    model_version=st.just("12"),
    model_digest=st.just("d" * 64),
    endpoint=st.just("slipway-req-1"),
    requested_by=st.just(PEOPLE),
    reason=LONG,
    decided_by=st.just(PEOPLE),
    decision=st.one_of(st.none(), LONG),
    latency_ms=st.sampled_from([None, 12.3]),
    cause=st.one_of(st.none(), words(800)),
)
INCIDENTS = st.builds(
    Incident,
    number=st.just(NUMBER),
    about=st.just("RUN-3"),
    title=words(200),
    cause=words(800),
    log_tail=words(1200),
    next_step=st.just("Mend it; then press **Retry**."),
    handled_by=st.sampled_from([None, PEOPLE]),
    resolution=st.one_of(st.none(), LONG),
)
MONITORS = st.builds(
    Monitor,
    number=st.just(NUMBER),
    requirement=st.just(1),
    rollout=st.just(2),
    endpoint=st.just("slipway-req-1"),
    deployment=st.just("dep-2"),
)
DRIFTS = st.builds(
    Drift,
    measure=words(60),
    method=st.just("PSI"),
    score=st.floats(allow_nan=True),
    threshold=st.floats(0, 1),
    is_drifted=st.booleans(),
    reference_mean=st.sampled_from([None, 0.5]),
    current_mean=st.sampled_from([None, 0.7]),
)
RECOMMENDATIONS = st.builds(
    Recommendation,
    number=st.just(NUMBER),
    monitor=st.just(1),
    requirement=st.just(1),
    rollout=st.just(2),
    findings=st.lists(DRIFTS.map(finding), max_size=20).map(tuple),
    reason=st.one_of(st.none(), LONG),
    run=st.sampled_from([None, NUMBER]),
)
SWEEPS = st.builds(
    Sweep,
    number=st.just(NUMBER),
    requirement=st.just(1),
    ordered_by=st.just(PEOPLE),
    recipe=st.just("image_classifier"),
    method=st.just("grid"),
    space=words(2000).map(lambda text: f"epochs={text}"),
    run_count=st.just(1000),
    at_once=st.just(4),
    metric=words(2000),
    job_id=st.sampled_from([None, "123"]),
    best_run=st.sampled_from([None, NUMBER]),
)
THINGS = {
    Kind.REQUIREMENT: REQUIREMENTS,
    Kind.RUN: RUNS,
    Kind.AUDIT: AUDITS,
    Kind.ROLLOUT: ROLLOUTS,
    Kind.INCIDENT: INCIDENTS,
    Kind.MONITOR: MONITORS,
    Kind.RECOMMENDATION: RECOMMENDATIONS,
    Kind.SWEEP: SWEEPS,
}
PROGRESS = {
    "epoch": 3,
    "epochs": 12,
    "loss": float("nan"),
    "value": 0.5,
    "elapsed_s": 1.0,
    "left_s": 3e5,
    "gpu_share": 0.5,
    "gpu_memory_gib": 31.0,
    "rows_per_s": 1e7,
}

REFUSAL = {"refused": "`@everyone` Requested node configuration is not available", "nearest": "`gpus:1`"}
FORECASTS = ({}, {"is_at_once": True}, {"starts_at": 1}, REFUSAL)


def stages_of(kind: Kind) -> list[Stage]:
    """Return the stages that a thing of this kind may stand at, in the table's order."""
    return list(dict.fromkeys(STEPS[kind].values()))


EACH_KIND = pytest.mark.parametrize("kind", list(Kind))
SOMETHING = Requirement(
    number=NUMBER,
    title="t",
    problem="p",
    deployment_kind="new",
    value="v",
    targets=(),
    constraints="",
    dataset="d",
    filed_by=PEOPLE,
)
ITS_AUDIT = Audit(number=NUMBER, requirement=1, run=1, model_digest="d" * 64, checks=())


def views(data: st.DataObject, kind: Kind) -> Iterator[View]:
    """Draw a thing with everything around it that its card may show, and yield it at each stage."""
    thing, run = data.draw(THINGS[kind]), data.draw(RUNS)
    run = replace(run, stage=Stage.SUCCEEDED)
    at = datetime(2026, 3, 1, tzinfo=UTC)
    fact = Fact(1, at, Ref(kind, NUMBER), "e", PEOPLE, {"reason": data.draw(SHORT)}, "", "")
    drifts = [asdict(one) for one in data.draw(st.lists(DRIFTS, max_size=12))]
    measured = {"at": 1, "current_rows": 10, "reference_rows": 10, "drifts": drifts}
    forecast = {"script": "#!", "said": data.draw(SHORT)} | data.draw(st.sampled_from(FORECASTS))
    view = View(
        thing=thing,
        history=[fact],
        requirement=replace(SOMETHING, title=data.draw(SHORT)),
        runs=[run] * 9,
        audit=ITS_AUDIT,
        run=run,
        progress={**PROGRESS, "metric": data.draw(SHORT)},
        measurement=data.draw(st.sampled_from([None, measured])),
        forecast=data.draw(st.sampled_from([None, forecast])),
        budget=Budget(data.draw(st.sampled_from([None, 1e6])), 5e5, 1e6),
        like=replace(run, metrics={**(run.metrics or {}), "accuracy": 0.1}, fingerprint={"environment.`": "`@"}),
        remedies=tuple(Remedy) if kind is Kind.INCIDENT else (),
        leaders=[replace(run, metrics={thing.metric: 0.9})] * 30 if isinstance(thing, Sweep) else (),
        stage_counts=dict.fromkeys((stage.value for stage in stages_of(Kind.RUN)), 100),
    )
    for stage in stages_of(kind):
        yield replace(view, thing=replace(thing, stage=stage))


def pieces(card: Card) -> Iterator[str]:
    """Yield the texts of a card as Discord gets them."""
    for item in view_of(card).walk_children():
        if isinstance(item, discord.ui.TextDisplay):
            yield item.content


_OURS = re.compile(r"```\n(?:(?!```)[\s\S])*\n```|\\[\s\S]|`[^`]+`|<@\d+>|<t:\d+:R>")
"""What may stand in a card: fenced text, an escaped sign, a piece of code, a person, a time."""


def bare_signs(text: str) -> set[str]:
    """Return the signs that Discord could read as somebody else's markup or mention."""
    rest = _OURS.sub("x", text.removeprefix("### ").removeprefix("-# "))
    return set(rest) & set("`@[]<|~_") | set(re.findall(r"^\s*(#|>)", rest, re.MULTILINE))


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


@settings(max_examples=30, deadline=None)
@given(st.data(), st.sampled_from([Stage.APPROVED, Stage.CHANGES_REQUESTED, Stage.REJECTED]))
def test_what_is_told_once_fits_too(data: st.DataObject, stage: Stage):
    """The verdict and the announcement, with any words in them; only the two whom it concerns are notified."""
    requirement, run = data.draw(REQUIREMENTS), data.draw(RUNS)
    told = verdict(replace(data.draw(AUDITS), stage=stage), requirement, run)

    assert set(told.mentions) == {requirement.filed_by, run.ordered_by}
    for card in (told, announcement(data.draw(ROLLOUTS), requirement, run)):
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


def test_what_a_picture_shows_is_told_within_the_limit():
    """Alternative texts of any length are cut to what Discord takes, in the gallery and at the file."""
    card = Card("h", ["p"], pictures=(File("a.png", b"", "ก" * 3000),), files=(File("b.csv", b"", "x" * 3000),))
    [gallery] = [item for item in view_of(card).walk_children() if isinstance(item, discord.ui.MediaGallery)]
    told = [gallery.items[0].description, *(file.description for file in files_of(card))]

    assert all(0 < len(text or "") <= ALT_TEXT_LIMIT for text in told)


PRESSES: dict[str, tuple[Kind, frozenset[Event]]] = {
    "claim": (Kind.REQUIREMENT, frozenset({Event.REQUIREMENT_CLAIMED})),
    "cancel": (Kind.RUN, frozenset({Event.RUN_CANCELLED, Event.RUN_CANCEL_REQUESTED})),
    "launch": (Kind.RUN, frozenset({Event.RUN_ORDERED})),
    "stop": (Kind.RUN, frozenset({Event.RUN_CANCEL_REQUESTED})),
    "resume": (Kind.RUN, frozenset({Event.RUN_RESUMED})),
    "audit_approve": (Kind.AUDIT, frozenset({Event.AUDIT_APPROVED})),
    "audit_request_changes": (Kind.AUDIT, frozenset({Event.AUDIT_CHANGES_REQUESTED})),
    "audit_reject": (Kind.AUDIT, frozenset({Event.AUDIT_REJECTED})),
    "rollout_approve": (Kind.ROLLOUT, frozenset({Event.ROLLOUT_APPROVED})),
    "rollout_decline": (Kind.ROLLOUT, frozenset({Event.ROLLOUT_DECLINED})),
    "acknowledge": (Kind.INCIDENT, frozenset({Event.INCIDENT_ACKNOWLEDGED})),
    "assign": (Kind.INCIDENT, frozenset({Event.INCIDENT_ASSIGNED})),
    "resolve": (Kind.INCIDENT, frozenset({Event.INCIDENT_RESOLVED})),
    "measure": (Kind.MONITOR, frozenset({Event.MONITOR_CALLED})),
    "retrain": (Kind.RECOMMENDATION, frozenset({Event.RECOMMENDATION_ACCEPTED})),
    "dismiss": (Kind.RECOMMENDATION, frozenset({Event.RECOMMENDATION_DISMISSED})),
    "promote": (Kind.SWEEP, frozenset({Event.SWEEP_PROMOTED})),
    "cancel_sweep": (Kind.SWEEP, frozenset({Event.SWEEP_CANCELLED, Event.SWEEP_CANCEL_REQUESTED})),
}
"""What each button causes, by the first part of its id."""
READS = {"script", "log"}
"""Buttons that show something and cause nothing."""
OFFERED_ELSEWHERE = {
    ("stop", Stage.SUBMITTED): "it has nothing to save before it runs",
    ("stop", Stage.QUEUED): "it has nothing to save before it runs",
    ("resume", Stage.FAILED): "the incident about it has the presses that fit its cause",
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
        view = replace(view, forecast=None)  # noqa: PLW2901  # what the cluster refuses is not launched
        expected = {
            action
            for action, (of, events) in PRESSES.items()
            if of is kind
            and any(step(kind, stage, event) for event in events)
            and (action, stage) not in OFFERED_ELSEWHERE
        }
        ids = [button.id.partition(":") for button in draw(view).buttons]

        assert {action for action, _, rest in ids if rest == str(Ref(kind, NUMBER))} - READS == expected, stage


@pytest.mark.parametrize("cause", list(Cause))
def test_an_incident_offers_the_remedies_of_its_runs_cause_until_it_is_resolved(cause: Cause):
    """What fits is offered, and each is allowed for a failed run; the run's card may be far up the channel."""
    run = Run(
        requirement=1,
        ordered_by=PEOPLE,
        recipe="r",
        dataset="d",
        parameters={},
        seed=1,
        hypothesis="",
        resources=RESOURCES,
        stage=Stage.FAILED,
        failure=cause.value,
        node="gpu1",
    )
    incident = Incident(number=7, about="RUN-3", title="t", cause="c", log_tail="", next_step="n")
    for stage in stages_of(Kind.INCIDENT):
        view = View(replace(incident, stage=stage), [], remedies=remedies_of(run))
        offered = [button.id for button in draw(view).buttons if button.id.endswith(":RUN-3")]

        assert offered == ([] if stage is Stage.RESOLVED else [f"{remedy.value}:RUN-3" for remedy in REMEDIES[cause]])
    assert step(Kind.RUN, Stage.FAILED, Event.RUN_RETRIED)
    assert step(Kind.RUN, Stage.FAILED, Event.RUN_RESUMED)


async def test_every_press_that_is_drawn_is_answered_by_a_cog():
    """A button that nobody answers looks like a bot that is down."""
    discord_settings: DiscordSettings = load(EXAMPLE).discord
    client = Client(discord_settings, cogs=(), connector=None)
    for module in names_of(cogs.__path__, "cogs."):
        await client.load_extension(module)
    answered = set(client._presses)
    await client.close()

    assert answered == {*PRESSES, *READS, "assign_to", *(remedy.value for remedy in Remedy)}
