"""Troubles of runs that have not ended: each told once with what can be done about it, and over when it is over."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.core.values import Ref, Stage
from bot.core.words import as_said
from bot.errors import Upstream, WrongStage
from bot.ports import JobStatus, Observation
from bot.services import attempts, cards, incidents, things, training
from bot.services.incidents import MOST_ALONE
from bot.things.incident.model import Incident
from bot.things.incident.subjects import MANY_RUNS, of_failure, of_given_up
from bot.things.run.causes import Cause, Remedy
from bot.things.run.events import RunEffect
from bot.things.run.model import Run
from tests.support.fakes import LOST
from tests.support.field import PROGRESS, Place, place_in, running
from tests.support.road import ANAN, SOMCHAI


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    """Open an app with a run that was submitted."""
    async with place_in(tmp_path) as opened:
        yield opened


HELD = Observation(JobStatus.PENDING, reason="JobHeldAdmin")


@pytest.mark.parametrize("then", [running(1), Observation(JobStatus.CANCELLED, "by uid 7")])
async def test_that_a_run_will_not_start_is_over_when_it_starts_or_ends(place: Place, then: Observation):
    """Ops hear of it once, can cancel it there, and need not resolve it."""
    await place.sees(HELD)
    await place.sees(HELD)
    told, presses = await place.incidents(), await place.told()
    await training.cancel(place.app.record, place.run.number, by=SOMCHAI)
    await place.sees(then)

    assert [("RUN-1 will not start by itself", Stage.OPEN)] == told
    assert [("Cancel the run", "cancel:RUN-1")] == presses
    assert [("RUN-1 will not start by itself", Stage.RESOLVED)] == await place.incidents()
    assert [] == await place.told()


async def test_how_long_a_run_has_waited_survives_a_restart(place: Place):
    """A bot that is started anew each day would else never tell; what a run waits for may change meanwhile."""
    await place.sees(Observation(JobStatus.PENDING, reason="Priority"))
    await place.sees(Observation(JobStatus.PENDING, reason="Resources"), after_s=20 * 3600)
    place.restarts()
    await place.sees(Observation(JobStatus.PENDING, reason="Resources"), after_s=3 * 3600)
    before = await place.incidents()
    await place.sees(Observation(JobStatus.PENDING, reason="Resources"), after_s=3600)
    shown = await place.card()

    assert [] == before
    assert [("RUN-1 waits for very long", Stage.OPEN)] == await place.incidents()
    assert "SLURM says: *Resources*, what it asks for is in use" in shown


SUSPENDED = replace(running(1), is_suspended=True)


@pytest.mark.parametrize(
    ("troubled", "after_s", "well"),
    [
        (HELD, 3, running(1)),
        (running(1), 1800, running(2)),
        (LOST, 120, running(1)),
        (SUSPENDED, 1800, running(1)),
    ],
    ids=["held", "stalled", "lost", "suspended"],
)
async def test_a_trouble_that_was_told_before_a_restart_is_over_when_it_is(
    place: Place, troubled: Observation, after_s: float, well: Observation
):
    """Not before: a bot that has just been started sees it for no time yet. And Ops are not told of it twice."""
    await place.sees(troubled)
    await place.sees(troubled, after_s=after_s)
    place.restarts()
    await place.sees(troubled)
    await place.sees(troubled, after_s=after_s)
    [(title, stage)] = await place.incidents()
    place.restarts()
    await place.sees(well)

    assert Stage.OPEN is stage
    assert [(title, Stage.RESOLVED)] == await place.incidents()


async def test_a_loss_that_grew_before_a_restart_is_told_until_it_falls(place: Place):
    """Its best of before is in the curve."""
    for epoch, loss in enumerate((0.1, 9.0, 9.0, 9.0, 9.0), start=1):
        progress = replace(PROGRESS, epoch=epoch, loss=loss)
        await place.sees(replace(running(epoch), progress=progress))
    place.restarts()
    await place.sees(replace(running(6), progress=replace(PROGRESS, epoch=6, loss=9.0)))
    told = await place.incidents()
    await place.sees(replace(running(7), progress=replace(PROGRESS, epoch=7, loss=0.1)))

    assert [("RUN-1 has diverged", Stage.OPEN)] == told
    assert [("RUN-1 has diverged", Stage.RESOLVED)] == await place.incidents()


@pytest.mark.parametrize(("log", "kept"), [("epoch 1", "epoch 1"), (Upstream("cluster", "gone", retryable=True), "")])
async def test_a_run_that_stands_still_is_told_with_its_log_and_what_can_be_done(place: Place, log, kept: str):
    """Ops can have it saved and stopped, moved to another node, or cancelled; a log that cannot be read is left out."""
    place.cluster.logs[place.run.key] = log
    await place.sees(running(1))
    await place.sees(running(1), after_s=1800)
    presses, card, own = await place.told(), await place.card(), await place.presses()
    async with place.app.store.reading() as tx:
        [incident] = await tx.select(Incident)
    await place.sees(running(2))

    assert ("RUN-1 stands still", kept) == (str(incident.title), incident.log_tail)
    assert [
        ("Save and stop", "stop:RUN-1"),
        ("Resume on another node", "retry_elsewhere:RUN-1"),
        ("Cancel the run", "cancel:RUN-1"),
    ] == presses
    assert "⚠️ **RUN-1 stands still**" in card
    assert "INC-1: Ops know of it" in card
    assert [label for label, _ in own] == ["Resume on another node", "Cancel", "Save and stop", "Log"]
    assert [("RUN-1 stands still", Stage.RESOLVED)] == await place.incidents()
    assert "stands still" not in await place.card()


async def test_a_runs_card_is_drawn_when_somebody_takes_its_incident(place: Place):
    """Whoever waits for the run sees who deals with it, and what to do; once it is resolved, no more."""
    await place.sees(Observation(JobStatus.NODE_FAIL, "NodeFail", "gpu1"))
    await place.drawn()
    await incidents.acknowledge(place.app.record, 1, by=SOMCHAI)
    after, card = await place.drawn(), await place.card()
    await incidents.resolve(place.app.record, 1, resolution="It was the fuse.", by=SOMCHAI)

    assert Ref(Run.kind, 1) in after
    assert f"INC-1: <@{SOMCHAI.id}> deals with it" in card
    assert "Look at the node" in card
    assert "INC-1" not in await place.card()
    assert ["Resume from checkpoint", "Resume on another node", "Retry from the beginning", "Log"] == [
        label for label, _ in await place.presses()
    ]


async def test_one_trouble_that_gives_way_to_another_is_told_as_such(place: Place):
    """The first is over, and the second has the presses that fit it."""
    await place.sees(running(1))
    await place.sees(running(1), after_s=1800)
    await place.sees(replace(running(1), is_diverged=True))

    assert {"RUN-1 stands still": Stage.RESOLVED, "RUN-1 has diverged": Stage.OPEN} == dict(await place.incidents())
    assert [("Cancel the run", "cancel:RUN-1")] == await place.told()


async def test_a_run_that_fails_after_it_diverged_failed_for_that(place: Place):
    """Where nothing else tells why: an own check of the loss ends with any error."""
    await place.sees(replace(running(1), is_diverged=True))
    await place.sees(Observation(JobStatus.FAILED, "exit code 1:0", "gpu1"))

    assert Cause.DIVERGED.value == (await place.now()).failure


async def test_a_lost_run_that_is_cancelled_has_no_open_incident(place: Place):
    """Its end is the end of the trouble."""
    await place.sees(running(1))
    await place.sees(LOST)
    await place.sees(LOST, after_s=120)
    await training.cancel(place.app.record, place.run.number, by=ANAN)
    await place.sees(LOST)

    assert [("RUN-1 is not known to SLURM", Stage.RESOLVED)] == await place.incidents()


async def test_a_suspended_run_says_so(place: Place):
    """On its card, at once."""
    await place.sees(Observation(JobStatus.RUNNING, "suspended on the cluster", "gpu1", is_suspended=True))

    assert "SLURM says: *suspended on the cluster*" in await place.card()


async def test_what_others_cancel_on_the_cluster_is_told(place: Place):
    """Its card and Ops say so, with who, and it can be resumed from there."""
    await place.sees(running(1))
    await place.sees(Observation(JobStatus.CANCELLED, "by uid 0", "gpu1"))
    [(title, stage)] = await place.incidents()

    assert Stage.CANCELLED is (await place.now()).stage
    assert "cancelled on the cluster and not through Slipway, by uid 0" in await place.card()
    assert ("RUN-1 was cancelled on the cluster", Stage.OPEN) == (title, stage)
    assert [("Resume from checkpoint", "resume:RUN-1")] == await place.told()


async def test_a_cancelled_run_says_who_wished_it_and_whether_it_saved(place: Place):
    """Of this attempt: whoever would resume it wants to know what from."""
    await place.sees(running(1))
    await training.cancel(place.app.record, 1, keep=True, by=ANAN)
    await place.sees(Observation(JobStatus.CANCELLED, "saved and stopped when asked", "gpu1"))
    saved = await place.card()
    cluster = place.app.settings.cluster
    again = await attempts.again(place.app.record, 1, Remedy.RESUME, cluster=cluster, by=ANAN)
    await training.cancel(place.app.record, 1, by=SOMCHAI)
    before_it_was_sent = await place.card()
    await attempts.again(place.app.record, 1, Remedy.RESUME, cluster=cluster, by=ANAN)
    await training.submitted(place.app.record, 1, attempt=3, job_id="3")
    await training.cancel(place.app.record, 1, by=SOMCHAI)
    await training.cancelled(place.app.record, 1, reason="by uid 1001")
    hard, presses = await place.card(), [label for label, _ in await place.presses()]

    await attempts.again(place.app.record, 1, Remedy.RESUME, cluster=cluster, by=ANAN)
    ordered = [label for label, _ in await place.presses()]

    assert 2 == again.attempt
    assert ["Cancel", "Log"] == ordered, "the log of the attempt before"
    assert f"🛑 <@{ANAN.id}> asked for it; saved and stopped when asked" in saved
    assert "🛑" not in before_it_was_sent
    assert f"🛑 <@{SOMCHAI.id}> asked for it\n" in hard
    assert ["Resume", "Log"] == presses
    for card in (saved, before_it_was_sent, hard):
        assert "Resume goes on from the last checkpoint" in card


async def test_who_cancelled_is_waited_for(place: Place):
    """Accounting knows it some seconds after the queue; where there is none, it is told without."""
    await place.sees(running(1))
    await place.sees(Observation(JobStatus.CANCELLED, "", "gpu1"))
    before = (await place.now()).stage
    await place.sees(Observation(JobStatus.CANCELLED, "by uid 0", "gpu1"))
    async with place.app.store.writing() as tx:
        other = await tx.add(replace(place.run, number=0, job_id="2"))
    for _ in range(2):
        place.cluster.says[other.key] = Observation(JobStatus.CANCELLED)
        await place.looks()
        place.clock.passes(seconds=61)
    await place.looks()
    ended = await things.get(place.app.store, Run, other.number)

    assert Stage.RUNNING is before
    assert "It was cancelled on the cluster and not through Slipway, by uid 0." == str((await place.now()).cause)
    assert (Stage.CANCELLED, "It was cancelled on the cluster and not through Slipway.") == (
        ended.stage,
        str(ended.cause),
    )


async def test_a_run_that_stands_still_goes_on_on_another_node(place: Place):
    """It is told to save and stop; a second press ends it if it does not; then it is ordered anew without the node."""
    cluster = place.app.settings.cluster
    await place.sees(running(1))
    asked = [await training.elsewhere(place.app.record, 1, cluster=cluster, by=SOMCHAI) for _ in range(2)]
    with pytest.raises(WrongStage, match="asked for already"):
        await training.elsewhere(place.app.record, 1, cluster=cluster, by=SOMCHAI)
    await place.sees(Observation(JobStatus.CANCELLED, "saved and stopped when asked", "gpu1"))
    after = await place.now()
    async with place.app.store.reading() as tx:
        history = await tx.history(Ref(Run.kind, 1))

    assert [Stage.RUNNING] * 2 == [run.stage for run in asked]
    assert [True, False] == [fact.details["keep"] for fact in history if fact.event == "run.cancel_requested"]
    assert (Stage.ORDERED, 2, ("gpu1",), place.run.key) == (
        after.stage,
        after.attempt,
        after.resources.exclude,
        after.resume_from,
    )
    assert ("run.resumed", SOMCHAI.id) == (history[-1].event, history[-1].by)
    assert "not on `gpu1`" in await place.card()


async def test_a_cancel_after_all_ends_what_was_to_go_on_elsewhere(place: Place):
    """The last wish counts."""
    await place.sees(running(1))
    await training.elsewhere(place.app.record, 1, cluster=place.app.settings.cluster, by=SOMCHAI)
    await training.cancel(place.app.record, 1, by=ANAN)
    await place.sees(Observation(JobStatus.CANCELLED, "by uid 1001", "gpu1"))

    assert (Stage.CANCELLED, 1, None) == ((run := await place.now()).stage, run.attempt, run.cause)


RUNS = 200


async def test_a_storm_of_failures_does_not_flood_ops(place: Place):
    """Ten have an incident each; the others are counted on one card, which is one message whatever their number."""
    async with place.app.store.writing() as tx:
        runs = [place.run, *[await tx.add(replace(place.run, number=0, job_id=str(n))) for n in range(2, RUNS + 1)]]
    for run in runs:
        place.cluster.says[run.key] = Observation(JobStatus.NODE_FAIL, "NodeFail", "gpu1")
    await place.looks()
    [many, *others] = await things.newest(place.app.store, Incident, limit=RUNS)
    card = (await cards.face_for(place.app.store, Ref(Incident.kind, many.number))).card
    failed = await things.newest(place.app.store, Run, stages=(Stage.FAILED.value,), limit=2 * RUNS)
    place.clock.passes(minutes=11)
    async with place.app.store.writing() as tx:
        late = await tx.add(replace(place.run, number=0, job_id="999"))
    place.cluster.says[late.key] = Observation(JobStatus.NODE_FAIL, "NodeFail", "gpu1")
    await place.looks()
    [newest, *_] = await things.newest(place.app.store, Incident, limit=1)

    assert RUNS == len(failed)
    assert ("Many runs are in trouble", MOST_ALONE) == (str(many.title), len(others))
    assert f"**{RUNS - MOST_ALONE} runs, the newest**" in "\n".join(card.paragraphs)
    assert f"RUN-{late.number} failed" == str(newest.title)


async def test_the_log_of_a_failure_is_a_file_too(place: Place):
    """What a card has room for is its end; there may be more, and one wants to search in it."""
    place.cluster.logs[place.run.key] = "KeyError: 'label'"
    await place.sees(Observation(JobStatus.FAILED, "exit code 1:0"))
    [incident] = await things.newest(place.app.store, Incident)
    card = (await cards.face_for(place.app.store, Ref(Incident.kind, incident.number))).card

    assert [("inc-1-log.txt", b"KeyError: 'label'")] == [(file.name, file.content) for file in card.files]


async def test_a_runs_card_tells_its_own_trouble_among_those_of_many_with_longer_numbers(place: Place):
    """RUN-1 is not RUN-100."""
    await place.sees(running(1))
    await place.sees(running(1), after_s=1800)
    for number in range(100, 130):
        place.clock.passes(minutes=10)
        await incidents.open_once(
            place.app.record,
            of_failure(Ref(Run.kind, number)),
            title=as_said("t"),
            cause=as_said("c"),
            next_step=as_said("n"),
        )

    assert "⚠️ **RUN-1 stands still**" in await place.card()


async def test_what_was_given_up_neither_hides_a_failure_nor_counts_with_the_failures(place: Place):
    """A failed run keeps its presses on its card; a storm is one of runs, not of what was to be told of them."""
    await place.sees(Observation(JobStatus.NODE_FAIL, "NodeFail", "gpu1"))
    before = await place.presses()
    for number in range(1, MOST_ALONE + 2):
        about = of_given_up(Ref(Run.kind, number), RunEffect.TRACK)
        await incidents.open_once(
            place.app.record, about, title=as_said("t"), cause=as_said("c"), next_step=as_said("n")
        )
    failure = of_failure(Ref(Run.kind, 100))
    await incidents.open_once(
        place.app.record, failure, title=as_said("RUN-100 failed"), cause=as_said("c"), next_step=as_said("n")
    )

    assert 1 < len(before)
    assert before == await place.presses()
    assert MANY_RUNS not in [one.about for one in await things.newest(place.app.store, Incident, limit=50)]
