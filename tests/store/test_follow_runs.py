"""Following tells what is new of each run once, and what nobody can tell for long; a real store under it."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.core.values import Ref, Stage
from bot.core.words import as_said
from bot.errors import BadResult, Upstream
from bot.operations.engine import MOST_FAILURES
from bot.ports import JobStatus, Observation
from bot.services import attempts, things, training
from bot.things.audit.model import Audit
from bot.things.incident.model import Incident
from bot.things.model.servable import NOT_THERE, ModelDescription, findings, sentence
from bot.things.run import readings
from bot.things.run.causes import Cause, Failure, Remedy
from bot.things.run.model import Run
from tests.support.fakes import LOST
from tests.support.field import PROGRESS, Place, place_in, running
from tests.support.road import ANAN, RESULT, submitted

POLL = timedelta(seconds=3)


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    """Open an app with a run that was submitted."""
    async with place_in(tmp_path) as opened:
        yield opened


@pytest.mark.parametrize("is_restarted", [False, True])
@pytest.mark.parametrize("seen", [running(1), Observation(JobStatus.PENDING, reason="Priority")])
async def test_what_has_not_changed_is_not_told_again(place: Place, seen: Observation, is_restarted: bool):  # noqa: FBT001
    """Neither a fact nor a reading comes of seeing the same, nor of a bot that was started anew."""
    await place.sees(seen)
    async with place.app.store.reading() as tx:
        before = await tx.history(Ref(Run.kind, place.run.number))
    drawn = await place.app.store.claim_cards(now=place.clock(), lease=POLL, limit=9)
    for row in drawn:
        await place.app.store.card_drawn(row, channel="c", message="m", digest="d", not_before=place.clock())
    if is_restarted:
        place.restarts()
    await place.sees(seen)
    async with place.app.store.reading() as tx:
        after = await tx.history(Ref(Run.kind, place.run.number))
    place.clock.passes(seconds=60)
    again = await place.app.store.claim_cards(now=place.clock(), lease=POLL, limit=9)

    assert before == after
    assert {row.about.kind for row in drawn} >= {Run.kind}
    assert () == again


async def test_many_runs_with_news_are_each_told(place: Place):
    """More than are kept in one transaction: each has its own reading, and its own curve grows."""
    others = [await submitted(place.app.record, place.run.requirement) for _ in range(training.BATCH)]
    runs = [place.run, *others]
    numbers = [run.number for run in runs]
    for epoch in (1, 2):
        news = [(run, replace(PROGRESS, epoch=epoch, loss=1 / run.number)) for run in runs]
        await training.progressed(place.app.record, news)
    async with place.app.store.reading() as tx:
        progress = await tx.readings(Run.kind, numbers, readings.PROGRESS)
        curves = await tx.readings(Run.kind, numbers, readings.CURVE)
        of_none = await tx.readings(Run.kind, numbers, readings.TEST_ROWS)

    assert {run.number: seen for run, seen in news} == progress
    assert {number: [1 / number] * 2 for number in numbers} == {
        number: [row["loss"] for row in rows] for number, rows in curves.items()
    }
    assert {} == of_none


async def test_many_runs_that_get_on_at_once_do_not_flood_their_channel(place: Place):
    """Thirty cards that change all the time are each drawn once a minute, and one alone every three seconds."""
    others = [await submitted(place.app.record, place.run.requirement) for _ in range(29)]
    news = [(run, replace(PROGRESS, epoch=2)) for run in (place.run, *others)]

    async def due(after_s: float) -> int:
        place.clock.passes(seconds=after_s)
        return len(await place.app.store.claim_cards(now=place.clock(), lease=training.REDRAW_INTERVAL, limit=99))

    await _all_drawn(place)
    await training.progressed(place.app.record, news)
    many = [await due(59), await due(1)]
    place.clock.passes(minutes=1)
    await _all_drawn(place)
    await training.progressed(place.app.record, news[:1])

    assert [0, 30] == many
    assert 1 == await due(3)


async def test_a_card_that_is_old_is_drawn_less_often_as_its_run_gets_on(place: Place):
    """Discord takes few edits of a message older than an hour; what happens to the run is drawn at once."""

    async def due(after_s: float) -> int:
        place.clock.passes(seconds=after_s)
        return len(await place.app.store.claim_cards(now=place.clock(), lease=training.REDRAW_INTERVAL, limit=99))

    await _all_drawn(place)
    await training.progressed(place.app.record, [(place.run, replace(PROGRESS, elapsed_s=4000.0))])
    by_progress = [await due(59), await due(1)]
    place.clock.passes(minutes=1)
    await _all_drawn(place)
    await training.progressed(place.app.record, [(place.run, replace(PROGRESS, elapsed_s=4100.0))])
    await training.failed(
        place.app.record, place.run.number, Failure(as_said("Too slow."), as_said("Resume it."), Cause.TIME_LIMIT)
    )

    assert [0, 1] == by_progress
    assert 1 <= await due(0)


async def _all_drawn(place: Place) -> None:
    """Note that every card is drawn as things are."""
    for row in await place.app.store.claim_cards(now=place.clock(), lease=training.REDRAW_INTERVAL, limit=99):
        await place.app.store.card_drawn(row, channel="c", message=str(row.about), digest="d", not_before=place.clock())


async def test_a_next_attempt_that_waits_as_the_last_did_is_told(place: Place):
    """The same reason of another job is news, also to a bot that was started anew."""
    waiting = Observation(JobStatus.PENDING, reason="Priority")
    await place.sees(waiting)
    await training.failed(
        place.app.record, place.run.number, Failure(as_said("Too slow."), as_said("Resume it."), Cause.TIME_LIMIT)
    )
    again = await attempts.again(
        place.app.record, place.run.number, Remedy.RETRY, cluster=place.app.settings.cluster, by=ANAN
    )
    await training.submitted(place.app.record, again.number, attempt=again.attempt, job_id="9")
    place.restarts()
    place.cluster.says[again.key] = waiting
    await place.looks()

    assert Stage.QUEUED is (await place.now()).stage


async def test_a_run_that_slurm_does_not_know_stays_where_it_was_and_is_told(place: Place):
    """Unknown is never an end: the card says so, Ops hear of it after a while, and that it is over."""
    await place.sees(running(1))
    await place.sees(LOST)
    at_once = await place.incidents()
    shown = await place.card()
    await place.sees(LOST, after_s=120)
    told = await place.incidents()
    await place.sees(running(2))

    assert [] == at_once
    assert "is not clear: *neither squeue nor sacct shows it*" in shown
    assert [("RUN-1 is not known to SLURM", Stage.OPEN)] == told
    assert [("RUN-1 is not known to SLURM", Stage.RESOLVED)] == await place.incidents()
    assert Stage.RUNNING is (await place.now()).stage
    assert "not clear" not in await place.card()


async def test_a_word_of_slurms_that_nobody_knows_is_shown_as_it_is(place: Place):
    """It may be of a newer SLURM; the run goes on being followed."""
    await place.sees(Observation(JobStatus.UNKNOWN, "HYPERSPACE"))
    await place.sees(Observation(JobStatus.UNKNOWN, "HYPERSPACE"), after_s=120)
    async with place.app.store.reading() as tx:
        [incident] = await tx.select(Incident)

    assert "*HYPERSPACE*" in await place.card()
    assert "RUN-1 is in a state that Slipway does not know" == str(incident.title)
    assert f"SLURM shows job {place.run.job_id} as HYPERSPACE, " in str(incident.cause)
    assert "is not clear" not in await place.card()
    assert Stage.SUBMITTED is (await place.now()).stage


async def test_cancelling_a_run_that_is_lost_ends_it(place: Place):
    """There is nothing left to wait for; without the wish it stays open."""
    await place.sees(running(1))
    await place.sees(LOST)
    await place.sees(LOST, after_s=120)
    before = (await place.now()).stage
    await training.cancel(place.app.record, place.run.number, by=ANAN)
    await place.sees(LOST)

    assert (Stage.RUNNING, Stage.CANCELLED) == (before, (await place.now()).stage)


async def test_what_slurm_shows_is_there_whatever_its_state(place: Place):
    """A state that nobody knows is no end of a run that somebody wished to cancel."""
    strange = Observation(JobStatus.UNKNOWN, "HYPERSPACE")
    await place.sees(running(1))
    await training.cancel(place.app.record, place.run.number, by=ANAN)
    await place.sees(strange)
    await place.sees(strange, after_s=120)

    assert Stage.RUNNING is (await place.now()).stage


async def test_a_reading_of_an_earlier_attempt_is_not_shown_for_the_next(place: Place):
    """What the first wrote last is not where the second stands."""
    await place.sees(running(7))
    shown = await place.card()
    await place.sees(Observation(JobStatus.PENDING, reason="BeginTime", restarts=1))
    waiting = await place.card()
    await place.sees(Observation(JobStatus.RUNNING, node="gpu2", restarts=1))

    assert "epoch 7 of 9" in shown
    assert "SLURM says: *BeginTime*" in waiting
    assert "epoch 7" not in await place.card()


async def _another(place: Place) -> Run:
    return await submitted(place.app.record, place.run.requirement)


async def _stages(place: Place, *runs: Run) -> list[Stage]:
    return [(await things.get(place.app.store, Run, run.number)).stage for run in runs]


@pytest.mark.parametrize("bad", [1, 9])
async def test_runs_whose_end_cannot_be_looked_into_keep_no_others_from_moving(place: Place, bad: int):
    """What the cluster does not answer about them is tried again, and what needs no answer goes on behind them."""
    lost = Upstream("cluster", "no answer within 25 s", retryable=True)
    failing = [place.run, *[await _another(place) for _ in range(bad - 1)]]
    for run in failing:
        place.cluster.says[run.key], place.cluster.logs[run.key] = Observation(JobStatus.FAILED, "exit code 1:0"), lost
    behind = await _another(place)
    place.cluster.says[behind.key] = running(1)
    await place.looks()
    first = await _stages(place, behind, *failing)
    asked = len(place.cluster.asked)
    place.cluster.logs.clear()
    await place.looks()

    assert [Stage.RUNNING, *[Stage.SUBMITTED] * bad] == first
    assert asked == min(bad, MOST_FAILURES)
    assert {Stage.FAILED} == set(await _stages(place, *failing))
    assert place.app.outages == {}


async def test_a_run_whose_log_cannot_be_read_fails_without_it(place: Place):
    """That is no outage of the cluster, and no reason to leave it open."""
    place.cluster.logs[place.run.key] = BadResult("log.txt cannot be read: Permission denied")
    await place.sees(Observation(JobStatus.FAILED, "exit code 1:0"))

    assert [("RUN-1 failed", Stage.OPEN)] == await place.incidents()
    assert place.app.outages == {}


async def test_an_incident_keeps_no_secret_of_a_log(place: Place):
    """What looks like one is hidden before it is kept."""
    place.cluster.logs[place.run.key] = "epoch 1\nMLFLOW_TRACKING_PASSWORD=hunter2\nKeyError: 'x'"
    await place.sees(Observation(JobStatus.FAILED, "exit code 1:0"))
    async with place.app.store.reading() as tx:
        [incident] = await tx.select(Incident)

    assert "epoch 1\nMLFLOW_TRACKING_PASSWORD=***\nKeyError: 'x'" == incident.log_tail


async def test_a_result_that_is_seen_late_is_taken(place: Place):
    """A shared file system shows files late: meanwhile the card says what is awaited, and nobody is alarmed."""
    ended = Observation(JobStatus.COMPLETED, node="gpu1")
    await place.sees(running(9))
    await place.sees(ended)
    await place.sees(ended, after_s=50)
    waiting, card = (await place.now()).stage, await place.card()
    place.cluster.results[place.run.key] = RESULT
    await place.sees(ended)

    assert Stage.RUNNING is waiting
    assert "its result cannot be seen yet" in card
    assert Stage.SUCCEEDED is (await place.now()).stage
    assert [] == await place.incidents()


async def test_a_result_that_never_comes_fails_the_run(place: Place):
    """After the patience of the settings; a torn one, which no waiting mends, at once."""
    torn = await _another(place)
    place.cluster.says[torn.key] = Observation(JobStatus.COMPLETED)
    place.cluster.results[torn.key] = BadResult("result.json is torn")
    await place.sees(Observation(JobStatus.COMPLETED))
    first = await _stages(place, place.run, torn)
    await place.sees(Observation(JobStatus.COMPLETED), after_s=61)

    assert [Stage.SUBMITTED, Stage.FAILED] == first
    assert Stage.FAILED is (await place.now()).stage


@pytest.mark.parametrize("model", [NOT_THERE, ModelDescription(flavors=frozenset({"pytorch"}))])
async def test_a_model_that_cannot_be_served_fails_its_run_as_it_ends(place: Place, model: ModelDescription):
    """Whoever launched it reads all that is missing; there is no audit, no press that tries the same again."""
    place.cluster.results[place.run.key] = replace(RESULT, model=model)
    await place.sees(Observation(JobStatus.COMPLETED))
    run = await place.now()
    async with place.app.store.reading() as tx:
        audits = await tx.select(Audit)

    assert (Stage.FAILED, Cause.NOT_SERVABLE.value) == (run.stage, run.failure)
    assert sentence(findings(model)) == run.cause
    assert [("RUN-1 failed", Stage.OPEN)] == await place.incidents()
    assert [] == await place.told()
    assert () == tuple(audits)
    assert place.app.outages == {}


async def test_how_often_slurm_has_requeued_a_run_is_on_its_card(place: Place):
    """While it waits or runs; also when nothing but that has changed while the bot was stopped, or SLURM was silent."""
    await place.sees(running(1))
    shown = [await place.card()]
    await place.sees(Observation(JobStatus.PENDING, reason="BeginTime", restarts=1))
    shown.append(await place.card())
    await place.sees(replace(running(1), restarts=1))
    await place.sees(LOST)
    shown.append(await place.card())
    place.restarts()
    await place.sees(replace(running(1), restarts=2))
    shown.append(await place.card())
    await place.sees(Observation(JobStatus.TIMEOUT, "TimeLimit", "gpu1", restarts=2))
    shown.append(await place.card())
    said = ["", "SLURM has requeued it once", "SLURM has requeued it once", "SLURM has requeued it 2 times", ""]

    assert said == [next((line for line in card.split("\n") if "requeued" in line), "")[2:] for card in shown]


async def test_a_next_attempt_is_a_new_job_that_was_never_requeued(place: Place):
    """What was counted for the last one is not said of it."""
    await place.sees(replace(running(1), restarts=1))
    await training.failed(
        place.app.record, place.run.number, Failure(as_said("Too slow."), as_said("Resume it."), Cause.TIME_LIMIT)
    )
    again = await attempts.again(
        place.app.record, place.run.number, Remedy.RETRY, cluster=place.app.settings.cluster, by=ANAN
    )
    await training.submitted(place.app.record, again.number, attempt=again.attempt, job_id="9")
    place.cluster.says[again.key] = LOST
    await place.looks()
    lost = await place.card()
    place.cluster.says[again.key] = Observation(JobStatus.PENDING, reason="Priority")
    await place.looks()

    assert [False, False] == ["requeued" in card for card in (lost, await place.card())]
