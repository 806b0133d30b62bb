"""Sweeps on a real store: what runs have in common, the board while they train, promoting, saving as they stop."""

from dataclasses import replace
from typing import Any

import pytest

from bot.app import App
from bot.core.said import ENGLISH
from bot.core.values import SYSTEM, Kind, Ref, Stage
from bot.core.words import as_said
from bot.errors import NotPermitted, Refused, WrongStage
from bot.ports import JobStatus
from bot.services import cards, incidents, planning, sweeps, things, training
from bot.services.views import run_list
from bot.things.incident.model import Incident
from bot.things.recipe.recipe import Recipe, RetryPolicy
from bot.things.requirement import decisions as requirements
from bot.things.requirement.model import Requirement
from bot.things.run.causes import Cause, Failure
from bot.things.run.events import RunEvent
from bot.things.run.model import Resources, Run
from bot.things.run.readings import Progress
from bot.things.sweep.model import Sweep
from tests.support import road
from tests.support.ports import Place, deliver_due
from tests.support.road import ANAN, CLUSTER, RECIPE, RECIPES, RESULT, SOMCHAI, claimed

NAME = next(iter(RECIPE.parameters))
PROGRESS = Progress(2, 9, 0.5, "accuracy", 0.7, 1.0, 8.0)


async def swept(
    app: App, *, values: str = "1|2|3", metric: str = "accuracy", **wish: Any
) -> tuple[Sweep, tuple[Run, ...]]:
    """Have a sweep ordered, and return it with its runs."""
    requirement = (await claimed(app.record)).number
    sweep = await road.swept(app.record, requirement, space=f"{NAME}={values}", metric=metric, **wish)
    return sweep, await sweeps.prepare(app.record, sweep.number)


async def card_of(app: App) -> str:
    """Return the text of the sweep's card."""
    return "\n".join((await cards.face_for(app.store, Ref(Kind.SWEEP, 1))).card.paragraphs)


async def planned(app: App, *, metric: str = "accuracy", recipes: dict[str, Recipe] = RECIPES) -> Sweep:
    """Have a sweep of three planned, for a requirement with a budget of five GPU hours."""
    requirement = (await claimed(app.record)).number
    await requirements.set_budget(app.record, requirement, gpu_h=5.0, by=road.MALEE)
    how: dict[str, Any] = {"method": "grid", "space": f"{NAME}=1|2|3", "count": 1, "at_once": 2, "metric": metric}
    wish = planning.Wish(RECIPE.name)
    return await sweeps.plan(app.record, requirement, wish, **how, recipes=recipes, cluster=CLUSTER, by=ANAN)


async def test_a_plan_shows_what_the_whole_array_would_do_and_cost(place: Place):
    """The cluster is asked about the array and takes nothing; the budget is that of all runs, and is not used yet."""
    sweep = await planned(place.app)
    asking = await card_of(place.app)
    await deliver_due(place.app, "cluster")
    face = await cards.face_for(place.app.store, Ref(Kind.SWEEP, sweep.number))

    assert "Asking the cluster" in asking
    assert [f"forecast {sweep.key}"] == place.cluster.done
    assert "At most **3.0** GPU hours" in await card_of(place.app)
    assert "0.0 promised" in await card_of(place.app)
    assert ["Launch", "Show the script", "Discard"] == [button.label for button in face.card.buttons]


async def test_a_plan_is_launched_once_by_a_creator(place: Place):
    """Only then there are its runs; the second press hears who launched it."""
    sweep = await planned(place.app)
    with pytest.raises(NotPermitted, match="creator"):
        await sweeps.order(place.app.record, sweep.number, by=SOMCHAI)
    await sweeps.order(place.app.record, sweep.number, by=ANAN)
    with pytest.raises(WrongStage, match=f"SWP-1 is already \\*ordered\\* by <@{ANAN.id}>"):
        await sweeps.order(place.app.record, sweep.number, by=ANAN)
    await deliver_due(place.app, "cluster")

    assert f"submit {sweep.key}" == place.cluster.done[-1]
    assert [Stage.SUBMITTED] * 3 == [run.stage for run in await sweeps.runs_of(place.app.record, sweep.number)]


async def test_a_plan_is_discarded_and_sends_nothing(place: Place):
    """Its card says so, and nothing more; it cannot be launched then."""
    sweep = await planned(place.app)
    await sweeps.cancel(place.app.record, sweep.number, by=ANAN)
    with pytest.raises(WrongStage, match=r"already \*cancelled\*"):
        await sweeps.order(place.app.record, sweep.number, by=ANAN)
    await deliver_due(place.app, "cluster")

    assert not any(one.startswith("submit") for one in place.cluster.done)
    assert [Stage.CANCELLED] == [run.stage for run in await sweeps.runs_of(place.app.record, sweep.number)]
    assert "runs ended" not in await card_of(place.app)


async def test_a_plan_is_launched_and_discarded_as_a_whole(app: App):
    """The run that stands for the others is neither launched nor cancelled by itself."""
    sweep = await planned(app)
    [first] = await sweeps.runs_of(app.record, sweep.number)
    for deed in (planning.order, training.cancel):
        with pytest.raises(WrongStage, match="stands for the runs of SWP-1"):
            await deed(app.record, first.number, by=ANAN)
    shown = (await cards.face_for(app.store, Ref(Kind.RUN, first.number))).card

    assert [] == list(shown.buttons)
    assert Stage.PLANNED is (await things.get(app.store, Sweep, sweep.number)).stage


async def test_a_plan_that_has_become_too_dear_is_not_launched(app: App):
    """Its budget is looked at again."""
    sweep = await planned(app)
    await requirements.set_budget(app.record, sweep.requirement, gpu_h=2.0, by=road.MALEE)
    with pytest.raises(Refused, match=r"budget of 2 GPU hours.*may take 3\.0"):
        await sweeps.order(app.record, sweep.number, by=ANAN)


async def test_all_runs_of_a_sweep_are_promised_as_soon_as_it_is_launched(app: App):
    """Its other runs are made a moment later: a second sweep must not find their hours free till then."""
    first = await planned(app)
    how: dict[str, Any] = {"method": "grid", "space": f"{NAME}=1|2|3", "count": 1, "at_once": 2, "metric": "accuracy"}
    second = await sweeps.plan(
        app.record, first.requirement, planning.Wish(RECIPE.name), **how, recipes=RECIPES, cluster=CLUSTER, by=ANAN
    )
    await sweeps.order(app.record, first.number, by=ANAN)
    with pytest.raises(Refused, match=r"0\.0 are used and 3\.0 promised to open runs, so 2\.0 are left"):
        await sweeps.order(app.record, second.number, by=ANAN)
    await sweeps.prepare(app.record, first.number)
    async with app.store.reading() as tx:
        wanted = await things.found(tx, Requirement, first.requirement)

        assert 3.0 == (await planning.budget_of(tx, wanted)).promised_gpu_h


async def test_runs_that_train_are_on_the_board(place: Place):
    """The best first, by what they measure on their way; the sweep's card is due as they get on."""
    sweep, runs = await swept(place.app)
    await sweeps.submitted(place.app.record, sweep.number, job_id="7")
    for run in runs[:2]:
        await training.waits_or_runs(place.app.record, run.number, JobStatus.RUNNING, reason="", node="gpu1")
    await place.app.store.claim_cards(now=place.app.record.now(), lease=training.REDRAW_INTERVAL, limit=99)
    news = [(run, replace(PROGRESS, value=0.6 + run.number / 10)) for run in runs[:2]]
    await training.progressed(place.app.record, news)
    place.clock.passes(minutes=1)
    rows = await place.app.store.claim_cards(now=place.app.record.now(), lease=training.REDRAW_INTERVAL, limit=9)
    card = await card_of(place.app)

    assert Ref(Kind.SWEEP, 1) in {row.about for row in rows}
    assert card.index(f"RUN-{runs[1].number} in epoch 2 of 9") < card.index(f"RUN-{runs[0].number} in epoch 2 of 9")


async def test_a_measure_that_nobody_took_is_said_and_stops_no_promotion(app: App):
    """The card and the refusal say what to do; a run that is named goes to Audit by its own result."""
    sweep, runs = await swept(app, metric="acuracy")
    await sweeps.submitted(app.record, sweep.number, job_id="7")
    await training.succeeded(app.record, runs[1].number, RESULT)
    card = await card_of(app)
    with pytest.raises(Refused, match=r"has measured `acuracy`; they have measured .*`accuracy`"):
        await sweeps.promote(app.record, sweep.number, by=ANAN)
    with pytest.raises(Refused, match="not a run of SWP-1 with a result"):
        await sweeps.promote(app.record, sweep.number, run=runs[0].number, by=ANAN)
    audit = await sweeps.promote(app.record, sweep.number, run=runs[1].number, by=ANAN)

    assert "name one with `run:` in `/sweep promote sweep:1`" in card
    assert runs[1].number == audit.run


async def test_a_run_that_was_cancelled_before_the_array_went_out_does_not_train(place: Place):
    """Its place in the array is ended at once: nobody pays for what nobody wants."""
    sweep, runs = await swept(place.app)
    await training.cancel(place.app.record, runs[1].number, by=ANAN)
    await deliver_due(place.app, "cluster")

    assert [f"submit {sweep.key}", f"cancel {runs[1].key}"] == place.cluster.done[-2:]
    assert [Stage.SUBMITTED, Stage.CANCELLED, Stage.SUBMITTED] == [
        run.stage for run in await sweeps.runs_of(place.app.record, sweep.number)
    ]


@pytest.mark.parametrize("keep", [False, True])
async def test_a_sweep_is_cancelled_with_and_without_its_checkpoints(place: Place, keep: bool):  # noqa: FBT001
    """What was asked for reaches the cluster."""
    sweep, _ = await swept(place.app)
    await deliver_due(place.app, "cluster")
    await sweeps.cancel(place.app.record, sweep.number, keep=keep, by=ANAN)
    await deliver_due(place.app, "cluster")

    assert f"cancel {sweep.key}{' and keep' if keep else ''}" == place.cluster.done[-1]


async def test_a_sweeps_runs_are_one_line_of_the_list(app: App):
    """At the place of its newest; the runs that are on their own are not hidden by it."""
    requirement = (await claimed(app.record)).number
    first = await road.ordered(app.record, requirement)
    sweep = await road.swept(app.record, requirement, space=f"{NAME}={'|'.join(map(str, range(1, 41)))}")
    await sweeps.prepare(app.record, sweep.number)
    last = await road.ordered(app.record, requirement)

    assert [f"RUN-{last.number}", "SWP-1", f"RUN-{first.number}"] == [
        str(Ref(one.kind, one.number)) for one in await sweeps.listed(app.store)
    ]
    assert "📮 **SWP-1** *ordered* · 40 runs" in run_list(await sweeps.listed(app.store), ENGLISH).paragraphs[0]


async def test_a_cancelled_sweep_says_who_wished_it_and_has_nothing_to_wait_for(app: App):
    """Neither its card nor the refusal tells of results that may come."""
    sweep, runs = await swept(app)
    await deliver_due(app, "cluster")
    await sweeps.cancel(app.record, sweep.number, by=SOMCHAI)
    for run in runs:
        await training.cancelled(app.record, run.number, reason="by uid 1001")
    await sweeps.settle(app.record)

    assert f"🛑 <@{SOMCHAI.id}> asked for it" in await card_of(app)
    with pytest.raises(Refused, match=r"SWP-1 is \*cancelled\*, and none of its runs has a result"):
        await sweeps.promote(app.record, sweep.number, by=ANAN)


async def test_a_next_attempt_is_no_task_of_an_array_whose_noting_was_cut_short(app: App):
    """The bot died after it had noted some: what failed meanwhile and is tried again goes out by itself."""
    sweep, runs = await swept(app)
    async with app.record.decide(SYSTEM) as decision:
        await decision.move(Run, runs[0].number, RunEvent.SUBMITTED, job_id="77_0")
    policy = RetryPolicy((Cause.OUT_OF_MEMORY.value,), 1, 0.0)
    recipes = {RECIPE.name: replace(RECIPE, retry=policy)}
    await training.failed(app.record, runs[0].number, NO_MEMORY, recipes=recipes)
    await sweeps.submitted(app.record, sweep.number, job_id="77")
    [first, *others] = await sweeps.runs_of(app.record, sweep.number)

    assert (Stage.ORDERED, 2, None) == (first.stage, first.attempt, first.job_id)
    assert ["77_1", "77_2"] == [run.job_id for run in others]


async def test_a_sweep_that_does_not_stop_by_itself_is_ended(place: Place):
    """After a cancel that keeps, one that does not is taken; a third one is told that it was asked for."""
    sweep, _ = await swept(place.app)
    await deliver_due(place.app, "cluster")
    for keep in (True, False):
        await sweeps.cancel(place.app.record, sweep.number, keep=keep, by=ANAN)
        await deliver_due(place.app, "cluster")

    assert [f"cancel {sweep.key} and keep", f"cancel {sweep.key}"] == place.cluster.done[-2:]
    for keep in (True, False):
        with pytest.raises(WrongStage, match="asked for already"):
            await sweeps.cancel(place.app.record, sweep.number, keep=keep, by=ANAN)


async def _fails(app: App, run: Run, failure: Failure, log: str) -> None:
    await training.failed(app.record, run.number, failure, log_tail=log, node="gpu1", recipes=RECIPES)


async def _told(app: App) -> list[tuple[Stage, str]]:
    return [(one.stage, str(one.title)) for one in await things.newest(app.store, Incident)]


NO_MEMORY = Failure(as_said("It ran out of memory (on gpu1)."), as_said("Ask for more."), Cause.OUT_OF_MEMORY)


async def test_ops_hear_of_a_sweeps_first_failures_and_of_all_at_its_end(app: App):
    """One incident, with a failed run's log, at the third failure; its number is brought up to date at the end."""
    sweep, runs = await swept(app, values="1|2|3|4|5|6")
    await sweeps.submitted(app.record, sweep.number, job_id="7")
    await _fails(app, runs[0], NO_MEMORY, "oom-kill password=hunter2")
    await _fails(app, runs[1], replace(NO_MEMORY, cause=as_said("It ran out of memory (on gpu2).")), "")
    before = await _told(app)
    await _fails(app, runs[2], Failure(as_said("It was bad."), as_said("Mend it."), Cause.CODE), "a traceback")
    [first] = await things.newest(app.store, Incident)
    for run in runs[3:5]:
        await _fails(app, run, NO_MEMORY, "oom-kill")
    await sweeps.settle(app.record)
    meanwhile = await _told(app)
    await training.succeeded(app.record, runs[5].number, RESULT)
    await sweeps.settle(app.record)
    [last] = await things.newest(app.store, Incident)
    card = (await cards.face_for(app.store, Ref(Kind.INCIDENT, 1))).card

    assert [] == before
    assert "3 of 6 runs of SWP-1 have failed so far" == str(first.title)
    assert "The commonest cause, 2 times: It ran out of memory (on gpu2). The log is that of RUN-1." == str(first.cause)
    assert [(Stage.OPEN, str(first.title))] == meanwhile
    assert (first.number, "5 of 6 runs of SWP-1 failed") == (last.number, str(last.title))
    assert "The commonest cause, 4 times" in str(last.cause)
    assert [("inc-1-log.txt", b"oom-kill password=***")] == [(file.name, file.content) for file in card.files]


async def test_failures_after_ops_resolved_the_first_are_told_at_the_end(app: App):
    """The resolved incident stays as it is, and nobody is told in between."""
    sweep, runs = await swept(app, values="1|2|3|4")
    await sweeps.submitted(app.record, sweep.number, job_id="7")
    for run in runs[:3]:
        await _fails(app, run, NO_MEMORY, "oom-kill")
    await incidents.resolve(app.record, 1, resolution="They know.", by=SOMCHAI)
    await _fails(app, runs[3], NO_MEMORY, "oom-kill")
    meanwhile = await _told(app)
    await sweeps.settle(app.record)
    first = (Stage.RESOLVED, "3 of 4 runs of SWP-1 have failed so far")

    assert [first] == meanwhile
    assert [(Stage.OPEN, "4 of 4 runs of SWP-1 failed"), first] == await _told(app)


async def test_failures_of_a_sweep_that_is_cancelled_are_told_at_its_end(app: App):
    """Whoever cancelled it knows; a sweep of few failures has its log all the same."""
    sweep, runs = await swept(app)
    await sweeps.submitted(app.record, sweep.number, job_id="7")
    await sweeps.cancel(app.record, sweep.number, by=ANAN)
    for run in runs:
        await _fails(app, run, NO_MEMORY, "oom-kill")
    before = await _told(app)
    await sweeps.settle(app.record)
    [incident] = await things.newest(app.store, Incident)

    assert [] == before
    assert ("3 of 3 runs of SWP-1 failed", "oom-kill") == (str(incident.title), incident.log_tail)


@pytest.mark.parametrize(
    ("measured", "asked", "metric"),
    [(("f1", "bleu"), "", "f1"), (("f1", "bleu"), " bleu ", "bleu"), ((), "", "accuracy"), ((), "x", "x")],
)
async def test_a_sweep_is_ordered_by_what_its_recipe_measures(app: App, measured: tuple[str, ...], asked, metric):
    """Without being asked by what it reports while it trains; of own code nobody knows what it measures."""
    sweep = await planned(app, metric=asked, recipes={RECIPE.name: replace(RECIPE, metrics=measured)})

    assert metric == sweep.metric


@pytest.mark.parametrize(
    ("metric", "best"), [("rmse", 1), ("val_error", 1), ("latency_p95_ms", 1), ("accuracy", 2), ("f1_loser", 2)]
)
async def test_of_some_measures_less_is_better(app: App, metric: str, best: int):
    """By the words of the name; the card says which it is, and that one is promoted."""
    sweep, runs = await swept(app, values="1|2", metric=metric)
    await sweeps.submitted(app.record, sweep.number, job_id="7")
    for run, value in zip(runs, (0.1, 9.0), strict=True):
        await training.succeeded(app.record, run.number, replace(RESULT, metrics={metric: value}))
    card = "\n".join((await cards.face_for(app.store, Ref(Kind.SWEEP, 1))).card.paragraphs)
    audit = await sweeps.promote(app.record, sweep.number, by=ANAN)

    assert best == audit.run
    assert f", {'less' if best == 1 else 'more'} is better**" in card


async def test_a_measure_that_a_recipe_has_not_is_refused(app: App):
    """With those that it has."""
    with pytest.raises(Refused, match="does not measure `acuracy`; it measures `f1`, `accuracy`"):
        await planned(app, metric="acuracy", recipes={RECIPE.name: replace(RECIPE, metrics=("f1", "accuracy"))})


async def test_what_is_fixed_is_the_same_for_all_runs(app: App):
    """What is both fixed and varied is a mistake."""
    with pytest.raises(Refused, match="given twice"):
        await swept(app, parameters=f"{NAME}=5")

    assert () == tuple(await things.newest(app.store, Sweep))


def test_no_card_waits_for_runs_that_have_none():
    """A hundred runs of one sweep share one card, so an ordinary run's card is redrawn as often as ever."""
    run = Run(
        requirement=1,
        ordered_by=ANAN.id,
        recipe="r",
        dataset="d",
        parameters={},
        seed=1,
        hypothesis="",
        resources=Resources("gpu", 1, 1, 1, 1, 60),
    )
    many = [replace(run, number=number, sweep=1, task=number) for number in range(100)]

    assert {Ref(Kind.SWEEP, 1), Ref(Kind.RUN, 7)} == {one.shown_on for one in (*many, replace(run, number=7))}


async def test_a_secret_in_why_a_sweep_could_not_be_submitted_is_not_shown(app: App):
    """Neither on its card nor in its record."""
    await swept(app)
    await sweeps.failed(app.record, 1, cause=as_said("Git said: https://bot:s3cret@example.org/x is away."))
    facts = await things.history(app.store, Kind.SWEEP, 1)

    assert "https://bot:***@example.org/x" in str(facts[-1].changes)
    assert "s3cret" not in await card_of(app)
