"""Things of every kind with any words in them, at every stage, as hypothesis draws them."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import strategies as st

from bot.core.judging import Check, Target
from bot.core.values import Fact, Kind, PersonId, Ref, Stage, Thing
from bot.core.words import QUOTED
from bot.lifecycle import RULES, STEPS
from bot.ports import Drift
from bot.services.monitoring import finding
from bot.services.views import with_runs
from bot.things.audit.model import Audit
from bot.things.evaluation.model import Evaluation
from bot.things.incident.model import Incident
from bot.things.incident.subjects import of_failure
from bot.things.model.model import Model
from bot.things.monitor.model import Monitor
from bot.things.monitor.readings import Measurement
from bot.things.recipe.model import RecipeVersion
from bot.things.recipe.recipe import Code, Parameter, Recipe, RetryPolicy
from bot.things.recommendation.model import Recommendation
from bot.things.requirement.budget import Budget
from bot.things.requirement.model import Requirement
from bot.things.rollout.model import Rollout
from bot.things.run import plan
from bot.things.run import words as run_words
from bot.things.run.card import Told, glance
from bot.things.run.causes import Cause, Remedy
from bot.things.run.model import Resources, Run
from bot.things.run.readings import Outlook, Progress, SlurmWords
from bot.things.run.remedies import offers
from bot.things.sweep.card import SweepView
from bot.things.sweep.model import Sweep
from tests.gallery.things import seen
from tests.support.said import said

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
    reason=st.one_of(st.none(), LONG),
)
RUNS = st.builds(
    Run,
    number=st.just(NUMBER),
    requirement=st.just(NUMBER),
    ordered_by=st.just(PEOPLE),
    recipe=st.just("image_classifier"),
    dataset=st.just("fashion"),
    parameters=st.builds(lambda tag: {"learning_rate": 0.001, "epochs": 3, "amp": True, "tag": tag}, SHORT),
    seed=st.just(2**31 - 1),
    hypothesis=words(500),
    resources=st.just(RESOURCES),
    attempt=st.integers(1, 99),
    job_id=st.just("1234567"),
    cause=st.one_of(st.none(), words(800).map(said)),
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
    model=st.just(NUMBER),
    evaluation=st.just(NUMBER),
    requirement=st.just(NUMBER),
    run=st.just(NUMBER),
    model_digest=st.just("d" * 64),
    checks=st.lists(st.builds(Check, SHORT.map(said), st.booleans(), words(200).map(said)), max_size=13).map(tuple),
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
    cause=st.one_of(st.none(), words(800).map(lambda text: QUOTED(text=text))),
    is_cleared=st.booleans(),
)
INCIDENTS = st.builds(
    Incident,
    number=st.just(NUMBER),
    about=st.just(of_failure(Ref(Kind.RUN, 3))),
    title=words(200).map(said),
    cause=words(800).map(said),
    log_tail=words(1200),
    next_step=st.just(said("Mend it; then press Retry.")),
    handled_by=st.sampled_from([None, PEOPLE]),
    resolution=st.one_of(st.none(), LONG.map(said)),
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
RECIPES = st.builds(
    RecipeVersion,
    number=st.just(NUMBER),
    name=st.just("n" * 40),
    version=st.just(10**6),
    definition=st.just("{}"),
    registered_by=st.just(PEOPLE),
)
ANY_RECIPE = st.builds(
    Recipe,
    name=st.just("name@2"),
    title=SHORT,
    datasets=st.just(()),
    parameters=st.dictionaries(
        st.from_regex("[a-z][a-z0-9_]{0,39}", fullmatch=True),
        st.builds(Parameter, st.just("choice"), words(200), help=words(200), choices=st.just(("a" * 100,) * 9)),
        max_size=40,
    ),
    code=st.builds(
        Code,
        st.lists(words(500), max_size=9).map(lambda rest: ("python", *rest)),
        folder=words(500).map(lambda rest: f"/{rest}"),
    ),
    retry=st.just(RetryPolicy(("node lost",), 2)),
)
MODELS = st.builds(Model, number=st.just(NUMBER), requirement=st.just(1), run=st.just(1), digest=st.just("d" * 64))
EVALUATIONS = st.builds(
    Evaluation,
    number=st.just(NUMBER),
    requirement=st.just(1),
    model=st.just(1),
    figures=METRICS,
    test_rows=st.integers(0, 10**9),
)
THINGS: dict[Kind, st.SearchStrategy[Thing]] = {
    Kind.MODEL: MODELS,
    Kind.EVALUATION: EVALUATIONS,
    Kind.REQUIREMENT: REQUIREMENTS,
    Kind.RUN: RUNS,
    Kind.AUDIT: AUDITS,
    Kind.ROLLOUT: ROLLOUTS,
    Kind.INCIDENT: INCIDENTS,
    Kind.MONITOR: MONITORS,
    Kind.RECOMMENDATION: RECOMMENDATIONS,
    Kind.SWEEP: SWEEPS,
    Kind.RECIPE: RECIPES,
}
AT = datetime(2026, 3, 1, tzinfo=UTC)
PROGRESS = Progress(
    epoch=3,
    epochs=12,
    loss=float("nan"),
    metric="",
    value=0.5,
    elapsed_s=1.0,
    left_s=3e5,
    gpu_share=0.5,
    gpu_memory_gib=31.0,
    memory_gib=60.0,
    rows_per_s=1e7,
)
OUTLOOKS = (
    Outlook(AT, "#!"),
    Outlook(AT, "#!", is_at_once=True),
    Outlook(AT, "#!", starts_at=AT),
    Outlook(AT, "#!", refused=said("`@everyone` Requested node configuration is not available")),
)


def stages_of(kind: Kind) -> list[Stage]:
    """Return the stages that a thing of this kind may stand at, in the table's order."""
    return list(dict.fromkeys(STEPS[kind].values()))


EACH_KIND = pytest.mark.parametrize("kind", list(RULES))
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


def views(data: st.DataObject, kind: Kind) -> Iterator[Any]:
    """Draw a thing with everything around it that its card may show, and yield it at each stage."""
    thing, run = data.draw(THINGS[kind]), replace(data.draw(RUNS), stage=Stage.SUCCEEDED)
    fact = Fact(1, AT, Ref(kind, NUMBER), "e", PEOPLE, {}, {}, "", "")
    others: dict[str, Any] = {"requirement": replace(SOMETHING, title=data.draw(SHORT)), "run": run}
    for stage in stages_of(kind):
        at = replace(thing, stage=stage)
        own = seen(at, since=fact, **others)
        yield replace(own, **BESIDE[kind](data, at, run)) if kind in BESIDE else own


def _beside_requirement(data: st.DataObject, _: Any, run: Run) -> dict[str, Any]:
    return {"runs": [glance(run)] * 5, "budget": Budget(data.draw(st.sampled_from([None, 1e6])), 5e5, 1e6)}


def _beside_run(data: st.DataObject, thing: Run, run: Run) -> dict[str, Any]:
    outlook = data.draw(st.sampled_from([None, *OUTLOOKS]))
    outlook = outlook and replace(outlook, said=data.draw(SHORT))
    is_planned = thing.stage is Stage.PLANNED
    incident = data.draw(st.one_of(st.none(), INCIDENTS))
    pressed = plan.offers(outlook, thing.ref, launch=f"launch:{thing.ref}", discard=f"cancel:{thing.ref}")
    return {
        "notices": data.draw(st.sampled_from([(), (plan.cluster_away(thing.stage, AT),)])),
        "progress": replace(PROGRESS, metric=data.draw(SHORT)),
        "plan": tuple(plan.start(outlook, is_cluster_away=False)) if is_planned else (),
        "plan_offers": tuple(pressed) if is_planned else (),
        "slurm": SlurmWords(data.draw(SHORT), is_unclear=data.draw(st.booleans()), since_at=AT),
        "ending": run_words.ENDED_BY_WITH(who=PEOPLE, reason=data.draw(SHORT)),
        "like": replace(run, metrics={**(run.metrics or {}), "accuracy": 0.1}, fingerprint={"environment.`": "`@"}),
        "told": incident and Told(incident.ref, incident.title, incident.cause, incident.next_step),
        "remedies": offers(tuple(Remedy), thing.ref),
    }


def _beside_sweep(_: st.DataObject, thing: Sweep, run: Run) -> dict[str, Any]:
    of_all = [replace(run, stage=stage, metrics={thing.metric: 0.9}) for stage in stages_of(Kind.RUN)] * 9
    own = with_runs(SweepView(thing), of_all, [(1, PROGRESS)])
    return {"leaders": own.leaders, "runners": own.runners, "failures": own.failures, "tally": own.tally}


def _beside_incident(_: st.DataObject, thing: Incident, __: Run) -> dict[str, Any]:
    assert thing.about.thing is not None
    return {"remedies": offers(tuple(Remedy), thing.about.thing)}


def _beside_monitor(data: st.DataObject, _: Any, __: Run) -> dict[str, Any]:
    measured = Measurement(AT, 10, 10, tuple(data.draw(st.lists(DRIFTS, max_size=12))))
    return {"measurement": data.draw(st.sampled_from([None, measured]))}


BESIDE: dict[Kind, Callable[[st.DataObject, Any, Run], dict[str, Any]]] = {
    Kind.REQUIREMENT: _beside_requirement,
    Kind.RUN: _beside_run,
    Kind.SWEEP: _beside_sweep,
    Kind.INCIDENT: _beside_incident,
    Kind.MONITOR: _beside_monitor,
    Kind.RECIPE: lambda data, _, __: {"recipe": data.draw(ANY_RECIPE)},
}
"""What may stand beside a thing, by the fields of its view."""
