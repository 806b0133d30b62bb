"""A sweep's failed runs tried again by hand: one or all that a press fits, within the budget, once, on the board."""

from dataclasses import replace
from typing import Any

import pytest

from bot.adapters.sql.read import SqlReader
from bot.app import App
from bot.core.values import Kind, Ref, Stage, Thing
from bot.core.words import as_said
from bot.errors import NotPermitted, Refused, WrongStage
from bot.ports import JobStatus
from bot.services import attempts, cards, incidents, sweep_retries, sweeps, things, training, withdrawing
from bot.things.incident.model import Incident
from bot.things.incident.subjects import of_failure
from bot.things.requirement import decisions as requirements
from bot.things.run.causes import Cause, Failure, Remedy
from bot.things.run.model import Run
from bot.things.sweep.model import Sweep
from tests.support import road
from tests.support.ports import Place, deliver_due
from tests.support.road import ANAN, CLUSTER, MALEE, RECIPE, RECIPES, RESULT, SOMCHAI, claimed

NAME = next(iter(RECIPE.parameters))
NO_MEMORY = Failure(as_said("It ran out of memory."), as_said("Ask for more."), Cause.OUT_OF_MEMORY)
NODE_LOST = Failure(as_said("The node was lost."), as_said("Look at it."), Cause.NODE_LOST)


@pytest.fixture
async def place(place: Place) -> Place:
    """Have a sweep of four: two had no memory, one lost its node."""
    app = place.app
    requirement = (await claimed(app.record)).number
    sweep = await road.swept(app.record, requirement, space=f"{NAME}=1|2|3|4")
    await deliver_due(app, "cluster")
    await deliver_due(app, "cluster")
    runs = await sweeps.runs_of(app.record, sweep.number)
    for run, failure in zip(runs, (NO_MEMORY, NO_MEMORY, NODE_LOST), strict=False):
        await training.failed(app.record, run.number, failure, node="gpu1", log_tail="oom", recipes=RECIPES)
    await training.succeeded(app.record, runs[3].number, RESULT)
    await sweeps.settle(app.record)
    return place


async def presses(app: App, about: Ref) -> dict[str, str]:
    """Return the labels of the presses that a card has for trying again, by id."""
    buttons = (await cards.face_for(app.store, about)).card.buttons
    remedies = {remedy.value for remedy in attempts.CHANGES}
    return {one.id: one.label for one in buttons if one.id.partition(":")[0] in remedies}


async def stages(app: App) -> list[tuple[Stage, int]]:
    """Return how the sweep's runs stand, each with its attempt."""
    return [(run.stage, run.attempt) for run in await sweeps.runs_of(app.record, 1)]


async def stage_of(app: App, kind: type[Sweep] | type[Incident]) -> Stage:
    """Return the stage of the sweep, or of the incident about it."""
    return (await things.get(app.store, kind, 1)).stage


async def again(app: App, remedy: Remedy = Remedy.MORE_MEMORY) -> int:
    """Press it on the sweep."""
    return await sweep_retries.again(app.record, 1, remedy, cluster=CLUSTER, by=ANAN)


ALL = {
    "retry_memory:SWP-1": "Resume with twice the memory · 2 runs",
    "resume:SWP-1": "Resume from checkpoint · 3 runs",
    "retry:SWP-1": "Retry from the beginning · 1 run",
    "retry_elsewhere:SWP-1": "Resume on another node · 1 run",
}
OF_ONE = {"retry_memory:RUN-1": "Resume with twice the memory", "resume:RUN-1": "Resume from checkpoint"}


async def test_what_fits_the_failures_of_a_sweep_is_offered_where_they_are_met(app: App):
    """On its card, on its incident, and of one run on that run's card; each says how many it fits."""
    text = "\n".join((await cards.face_for(app.store, Ref(Kind.SWEEP, 1))).card.paragraphs)

    for about in (Ref(Kind.SWEEP, 1), Ref(Kind.INCIDENT, 1)):
        assert list(ALL.items()) == list((await presses(app, about)).items())
    assert OF_ONE == await presses(app, Ref(Kind.RUN, 1))
    assert "- *out of memory*, 2 runs: RUN-1 RUN-2\n- *node lost*, 1 run: RUN-3" in text
    assert "from the last checkpoint" in text


async def test_one_press_tries_all_again_that_it_fits_and_a_second_none(place: Place):
    """They go out as runs by themselves do, from their checkpoints, while their sweep goes on and counts them."""
    before = await sweeps.runs_of(place.app.record, 1)
    count = await again(place.app)
    with pytest.raises(WrongStage, match="No run of SWP-1 stands failed in a way that this fits"):
        await again(place.app)
    await deliver_due(place.app, "cluster")
    runs = await sweeps.runs_of(place.app.record, 1)
    for run in runs[:2]:
        await training.waits_or_runs(place.app.record, run.number, JobStatus.RUNNING, reason="", node="gpu1")
    meanwhile = await stage_of(place.app, Sweep)
    best = replace(RESULT, metrics={"accuracy": 0.99})
    for run in runs[:2]:
        await training.succeeded(place.app.record, run.number, best)
    await sweeps.settle(place.app.record)
    board = sweeps.leaderboard(await sweeps.runs_of(place.app.record, 1), "accuracy")

    assert 2 == count
    assert [f"submit {run.key}" for run in runs[:2]] == place.cluster.done[-2:]
    assert [16, 16, 8, 8] == [run.resources.memory_gib for run in runs]
    assert [run.key for run in before[:2]] == [run.resume_from for run in runs[:2]]
    assert Stage.RUNNING is meanwhile
    assert [1, 2, 4] == [run.number for run in board]
    assert Stage.ENDED is await stage_of(place.app, Sweep)
    assert "1 of 4 runs of SWP-1 failed" == str((await things.get(place.app.store, Incident, 1)).title)


async def test_the_incident_is_over_when_nothing_stands_failed_any_more(app: App):
    """By the presses, or at the sweep's end; what fails once more is told anew."""
    await again(app)
    told = await stage_of(app, Incident)
    await attempts.again(app.record, 3, Remedy.RETRY, cluster=CLUSTER, by=SOMCHAI)
    over = await stage_of(app, Incident)
    for run in (await sweeps.runs_of(app.record, 1))[:3]:
        await training.submitted(app.record, run.number, attempt=2, job_id=str(run.number))
    await training.failed(app.record, 1, NO_MEMORY, recipes=RECIPES)
    for number in (2, 3):
        await training.succeeded(app.record, number, RESULT)
    await sweeps.settle(app.record)

    assert [Stage.OPEN, Stage.RESOLVED] == [told, over]
    assert ["1 of 4 runs of SWP-1 failed"] == [
        str(one.title) for one in await things.newest(app.store, Incident, stages=(Stage.OPEN.value,))
    ]


async def test_no_more_are_tried_again_at_once_than_the_sweep_lets_run(place: Place):
    """The third goes when one of the two has ended, whether it was its turn before or not; that is no failure."""
    await again(place.app, Remedy.RESUME)
    before = len(place.cluster.done)
    told = []
    for ends in (None, None, 2):
        if ends is not None:
            await training.succeeded(place.app.record, ends, RESULT)
        place.clock.passes(minutes=1)
        await deliver_due(place.app, "cluster")
        told.append([deed.split("-")[2] for deed in place.cluster.done[before:]])
    async with place.app.store.reading() as tx:
        failing = await tx.failing_count()

    assert [["1", "2"], ["1", "2"], ["1", "2", "3"]] == told
    assert 0 == failing


async def test_one_that_waits_for_its_turn_says_so_and_can_be_cancelled(place: Place):
    """Nothing was sent, so nothing is left on the cluster."""
    await again(place.app, Remedy.RESUME)
    await deliver_due(place.app, "cluster")
    said = (await cards.face_for(place.app.store, Ref(Kind.RUN, 3))).card.paragraphs
    await training.cancel(place.app.record, 3, by=ANAN)
    place.clock.passes(minutes=1)
    await deliver_due(place.app, "cluster")

    assert any("SWP-1 lets 2 run at once" in one for one in said)
    assert Stage.CANCELLED is (await things.get(place.app.store, Run, 3)).stage
    assert not any(deed.startswith("submit slipway-run-3") for deed in place.cluster.done)


async def test_failures_that_ops_have_dealt_with_are_not_told_again(app: App):
    """When the sweep ends once more they hear only of what has failed since."""
    await incidents.resolve(app.record, 1, resolution="The nodes have little memory.", by=SOMCHAI)
    told = []
    for number, fails in ((3, False), (1, True)):
        await attempts.again(app.record, number, Remedy.RETRY, cluster=CLUSTER, by=ANAN)
        await training.submitted(app.record, number, attempt=2, job_id="3")
        if fails:
            await training.failed(app.record, number, NO_MEMORY, recipes=RECIPES)
        else:
            await training.succeeded(app.record, number, RESULT)
        await sweeps.settle(app.record)
        assert Stage.ENDED is await stage_of(app, Sweep)
        told.append([str(one.title) for one in await things.newest(app.store, Incident, stages=(Stage.OPEN.value,))])

    assert [[], ["2 of 4 runs of SWP-1 failed"]] == told


async def test_the_incidents_card_follows_what_is_left(place: Place):
    """It is drawn anew, with fewer runs to its presses."""
    await place.app.store.claim_cards(now=place.app.record.now(), lease=training.REDRAW_INTERVAL, limit=99)
    await attempts.again(place.app.record, 1, Remedy.RESUME, cluster=CLUSTER, by=ANAN)
    place.clock.passes(minutes=1)
    rows = await place.app.store.claim_cards(now=place.app.record.now(), lease=training.REDRAW_INTERVAL, limit=99)

    assert Ref(Kind.INCIDENT, 1) in {row.about for row in rows}
    assert "Resume from checkpoint · 2 runs" == (await presses(place.app, Ref(Kind.INCIDENT, 1)))["resume:SWP-1"]


async def test_all_together_keep_to_the_budget(app: App):
    """Three runs of an hour are refused as a whole where there is room for two; those for two are taken."""
    await requirements.set_budget(app.record, 1, gpu_h=2.5, by=MALEE)
    before = await stages(app)
    with pytest.raises(Refused, match=r"budget of 2\.5 GPU hours.*may take 3\.0"):
        await again(app, Remedy.RESUME)
    with pytest.raises(NotPermitted):
        await sweep_retries.again(app.record, 1, Remedy.RESUME, cluster=CLUSTER, by=MALEE)

    assert before == await stages(app)
    assert 2 == await again(app)


async def test_what_could_come_to_nothing_is_neither_offered_nor_done(app: App):
    """Once a run was promoted no other can be."""
    await sweeps.promote(app.record, 1, by=ANAN)
    for deed in (again(app), attempts.again(app.record, 1, Remedy.RESUME, cluster=CLUSTER, by=ANAN)):
        with pytest.raises(WrongStage, match="RUN-4 of SWP-1 was promoted already"):
            await deed

    assert [{}] * 3 == [await presses(app, Ref(kind, 1)) for kind in (Kind.SWEEP, Kind.INCIDENT, Kind.RUN)]


async def test_while_a_sweep_is_being_cancelled_nothing_of_it_begins(app: App):
    """Not by a press on it or on a run of it; and a run that was to go on elsewhere does not after all."""
    await again(app, Remedy.EXCLUDE_NODE)
    await training.submitted(app.record, 3, attempt=2, job_id="9")
    await training.waits_or_runs(app.record, 3, JobStatus.RUNNING, reason="", node="gpu2")
    await training.elsewhere(app.record, 3, cluster=CLUSTER, by=ANAN)
    await sweeps.cancel(app.record, 1, keep=True, by=ANAN)
    for deed in (again(app), attempts.again(app.record, 1, Remedy.RESUME, cluster=CLUSTER, by=ANAN)):
        with pytest.raises(WrongStage, match="SWP-1 is being cancelled"):
            await deed
    await training.cancelled(app.record, 3, reason="saved and stopped when asked")

    assert [{}] * 2 == [await presses(app, Ref(kind, 1)) for kind in (Kind.SWEEP, Kind.RUN)]
    assert (Stage.CANCELLED, 2) == (await stages(app))[2]


async def test_a_run_that_is_resumed_after_its_sweep_was_cancelled_is_told_by_itself(app: App):
    """Its sweep tells of nothing more; whoever wished it back wants to know, and its recipe's policy holds again."""
    await again(app)
    await sweeps.cancel(app.record, 1, by=ANAN)
    await sweeps.settle(app.record)
    cancelled = await stage_of(app, Sweep)
    with pytest.raises(WrongStage, match=r"SWP-1 was \*cancelled\*; `/train resume` goes on with one"):
        await again(app, Remedy.RESUME)
    await attempts.again(app.record, 1, Remedy.RESUME, cluster=CLUSTER, by=ANAN)
    await training.submitted(app.record, 1, attempt=3, job_id="9")
    await training.failed(app.record, 1, NO_MEMORY, recipes=RECIPES)
    [newest, *_] = await things.newest(app.store, Incident)

    assert Stage.CANCELLED is cancelled
    assert (of_failure(Ref(Kind.RUN, 1)), "RUN-1 failed") == (newest.about, str(newest.title))


async def test_a_press_takes_many_in_pieces(app: App, monkeypatch: pytest.MonkeyPatch):
    """All of them, though not all in one transaction."""
    monkeypatch.setattr(sweep_retries, "BATCH", 1)

    assert 3 == await again(app, Remedy.RESUME)
    assert [(Stage.ORDERED, 2)] * 3 == (await stages(app))[:3]


async def test_a_press_reads_a_sweeps_runs_as_often_however_many_they_are(app: App, monkeypatch: pytest.MonkeyPatch):
    """What is left to do is looked at once for all, also in a sweep that was cancelled on the cluster itself."""
    await road.swept(app.record, 1, space=f"{NAME}={'|'.join(map(str, range(1, 13)))}")
    await deliver_due(app, "cluster")
    await deliver_due(app, "cluster")
    for run in await sweeps.runs_of(app.record, 2):
        await training.cancelled(app.record, run.number, reason="scancel")
    await sweeps.settle(app.record)
    read: list[type[Thing]] = []

    async def select(self: SqlReader, kind: type[Thing], **wanted: Any) -> tuple[Thing, ...]:
        found = await whole(self, kind, **wanted)
        read.extend(kind for _ in found)
        return found

    whole = SqlReader.select
    monkeypatch.setattr(SqlReader, "select", select)
    count = await sweep_retries.again(app.record, 2, Remedy.RESUME, cluster=CLUSTER, by=ANAN)

    assert (12, 12) == (count, read.count(Run))


async def test_a_withdrawn_requirements_sweep_offers_nothing(app: App):
    """Nothing could come of a press; the cards that had one are drawn anew."""
    while rows := await app.store.claim_cards(now=app.record.now(), lease=training.REDRAW_INTERVAL, limit=99):
        for row in rows:
            await app.store.card_drawn(row, channel="c", message="1", digest="d", not_before=app.record.now())
    await withdrawing.withdraw(app.record, 1, reason="Not needed.", by=MALEE)
    rows = await app.store.claim_cards(now=app.record.now(), lease=training.REDRAW_INTERVAL, limit=99)

    assert {Ref(Kind.SWEEP, 1), Ref(Kind.INCIDENT, 1), Ref(Kind.REQUIREMENT, 1)} == {row.about for row in rows}
    assert [{}] * 3 == [await presses(app, Ref(kind, 1)) for kind in (Kind.SWEEP, Kind.INCIDENT, Kind.RUN)]


async def test_a_new_incident_has_the_log_of_an_attempt_that_failed_since(app: App):
    """Not that of one that was tried again, which says nothing of what stands failed now."""
    before = (await things.get(app.store, Incident, 1)).log_tail
    await again(app, Remedy.RESUME)
    for run in (await sweeps.runs_of(app.record, 1))[:3]:
        await training.submitted(app.record, run.number, attempt=2, job_id=str(run.number))
        await training.failed(app.record, run.number, NO_MEMORY, log_tail=f"oom of {run.number} again", recipes=RECIPES)
    await sweeps.settle(app.record)
    [newest, *_] = await things.newest(app.store, Incident)

    assert ("oom", "oom of 1 again") == (before, newest.log_tail)
    assert "The log is that of RUN-1." in str(newest.cause)


async def test_an_incident_that_is_brought_up_to_date_has_the_log_that_it_names(app: App):
    """The run whose log it had was tried again and has succeeded; another has failed once more."""
    await again(app)
    for number in (1, 2):
        await training.submitted(app.record, number, attempt=2, job_id=str(number))
    await training.succeeded(app.record, 1, RESULT)
    await training.failed(app.record, 2, NO_MEMORY, log_tail="oom again", recipes=RECIPES)
    await sweeps.settle(app.record)
    incident = await things.get(app.store, Incident, 1)

    assert ("2 of 4 runs of SWP-1 failed", "oom again") == (str(incident.title), incident.log_tail)
    assert "The log is that of RUN-2." in str(incident.cause)
