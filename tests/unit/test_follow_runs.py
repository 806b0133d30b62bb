"""Following tells what is new of each run once, and what nobody can tell for long; a real store under it."""

from collections.abc import AsyncIterator, Collection, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

import pytest

from bot.adapters.store_sql import SqlStore
from bot.app import App
from bot.domain.causes import Cause, Failure, Remedy
from bot.domain.model import Incident, Json, Ref, Run, Stage
from bot.domain.progress import Progress
from bot.errors import BadResult, NoResult, Upstream
from bot.ports import Job, JobStatus, Observation, Result
from bot.services import attempts, cards, things, training
from jobs import follow_runs
from tests.support.databases import sqlite_database
from tests.support.ports import Clock, Farm, Town, app_on
from tests.support.road import ANAN, RESULT, claimed, submitted

PROGRESS = Progress(1, 9, 0.5, "accuracy", 0.7, 1.0, 8.0)
LOST = Observation(JobStatus.UNKNOWN, "neither squeue nor sacct shows it")


def _running(epoch: int) -> Observation:
    return Observation(JobStatus.RUNNING, node="gpu1", progress=replace(PROGRESS, epoch=epoch))


@dataclass
class Field(Farm):
    """A cluster that says of each job what the test told it to."""

    says: dict[str, Observation] = field(default_factory=dict)
    results: dict[str, Result | Upstream] = field(default_factory=dict)
    logs: dict[str, str | Upstream] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    """Whose logs were asked for."""

    async def observe(self, jobs: Collection[Job]) -> Mapping[str, Observation]:
        """Fill `bot.ports.Cluster`."""
        return {job.key: self.says[job.key] for job in jobs}

    async def result(self, key: str) -> Result:
        """Fill `bot.ports.Cluster`."""
        return _had(self.results.get(key, NoResult("the run left no result.json")))

    async def log_tail(self, key: str, *, lines: int) -> str:  # noqa: ARG002  # the port's
        """Fill `bot.ports.Cluster`."""
        self.asked.append(key)
        return _had(self.logs.get(key, ""))

    async def last_words(self, key: str) -> Mapping[str, Json]:  # noqa: ARG002  # the port's
        """Fill `bot.ports.Cluster`."""
        return {}


def _had(there):
    if isinstance(there, Upstream):
        raise there
    return there


@dataclass(frozen=True)
class Place:
    """An app with one run on the cluster."""

    app: App
    clock: Clock
    cluster: Field
    run: Run

    async def sees(self, seen: Observation, *, after_s: float = 3.0) -> None:
        """Let time go by and look once."""
        self.clock.passes(seconds=after_s)
        self.cluster.says[self.run.key] = seen
        await follow_runs.tick(self.app)

    async def now(self) -> Run:
        """Return the run as it stands."""
        async with self.app.store.reading() as tx:
            run = await tx.find(Run, self.run.number)
        assert run is not None
        return run

    async def incidents(self) -> list[tuple[str, Stage]]:
        """Return what Ops were told, with where it stands."""
        async with self.app.store.reading() as tx:
            return [(one.title, one.stage) for one in await tx.select(Incident)]

    async def card(self) -> str:
        """Return the text of the run's card."""
        face = await cards.face_for(self.app.store, Ref(Run.kind, self.run.number))
        return "\n".join(face.card.paragraphs)


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    """Open an app with a run that was submitted."""
    store = SqlStore.open(sqlite_database(tmp_path / "slipway.db").settings)
    clock, cluster = Clock(), Field()
    app = app_on(store, clock=clock, chat=Town(), cluster=cluster)
    run = await submitted(app.desk, (await claimed(app.desk)).number)
    yield Place(app, clock, cluster, run)
    await store.close()


@pytest.mark.parametrize("is_restarted", [False, True])
@pytest.mark.parametrize("seen", [_running(1), Observation(JobStatus.PENDING, reason="Priority")])
async def test_what_has_not_changed_is_not_told_again(place: Place, seen: Observation, is_restarted: bool):  # noqa: FBT001
    """Neither a fact nor a reading comes of seeing the same, nor of a bot that was started anew."""
    await place.sees(seen)
    async with place.app.store.reading() as tx:
        before = await tx.history(Ref(Run.kind, place.run.number))
    drawn = await place.app.store.claim_cards(
        now=place.clock(), lease=follow_runs.interval(place.app.settings), limit=9
    )
    for row in drawn:
        await place.app.store.card_drawn(row, channel="c", message="m", digest="d", not_before=place.clock())
    if is_restarted:
        place.app.followed.clear()
    await place.sees(seen)
    async with place.app.store.reading() as tx:
        after = await tx.history(Ref(Run.kind, place.run.number))
    place.clock.passes(seconds=60)
    again = await place.app.store.claim_cards(
        now=place.clock(), lease=follow_runs.interval(place.app.settings), limit=9
    )

    assert before == after
    assert {row.about.kind for row in drawn} >= {Run.kind}
    assert () == again


async def test_many_runs_with_news_are_each_told(place: Place):
    """More than are kept in one transaction: each has its own reading, and its own curve grows."""
    first = place.run.number
    numbers = [first, *[(await submitted(place.app.desk, place.run.requirement)).number for _ in range(training.BATCH)]]
    for epoch in (1, 2):
        news = [(number, replace(PROGRESS, epoch=epoch, loss=1 / number)) for number in numbers]
        await training.progressed(place.app.desk, news)
    async with place.app.store.reading() as tx:
        readings = {name: await tx.readings(Run.kind, numbers, name) for name in ("progress", "curve", "none")}

    assert {number: asdict(progress) for number, progress in news} == readings["progress"]
    assert {number: [1 / number] * 2 for number in numbers} == {
        number: [row["loss"] for row in rows] for number, rows in readings["curve"].items()
    }
    assert {} == readings["none"]


async def test_a_next_attempt_that_waits_as_the_last_did_is_told(place: Place):
    """The same reason of another job is news, also to a bot that was started anew."""
    waiting = Observation(JobStatus.PENDING, reason="Priority")
    await place.sees(waiting)
    await training.failed(place.app.desk, place.run.number, Failure("Too slow.", "Resume it.", Cause.TIME_LIMIT))
    again = await attempts.again(
        place.app.desk, place.run.number, Remedy.RETRY, cluster=place.app.settings.cluster, by=ANAN
    )
    await training.submitted(place.app.desk, again.number, attempt=again.attempt, job_id="9")
    place.app.followed.clear()
    place.cluster.says[again.key] = waiting
    await follow_runs.tick(place.app)

    assert Stage.QUEUED is (await place.now()).stage


async def test_a_run_that_slurm_does_not_know_stays_where_it_was_and_is_told(place: Place):
    """Unknown is never an end: the card says so, Ops hear of it after a while, and that it is over."""
    await place.sees(_running(1))
    await place.sees(LOST)
    at_once = await place.incidents()
    shown = await place.card()
    await place.sees(LOST, after_s=120)
    told = await place.incidents()
    await place.sees(_running(2))

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
    assert "HYPERSPACE" in incident.cause
    assert Stage.SUBMITTED is (await place.now()).stage


async def test_cancelling_a_run_that_is_lost_ends_it(place: Place):
    """There is nothing left to wait for; without the wish it stays open."""
    await place.sees(_running(1))
    await place.sees(LOST)
    await place.sees(LOST, after_s=120)
    before = (await place.now()).stage
    await training.cancel(place.app.desk, place.run.number, by=ANAN)
    await place.sees(LOST)

    assert (Stage.RUNNING, Stage.CANCELLED) == (before, (await place.now()).stage)


async def test_a_reading_of_an_earlier_attempt_is_not_shown_for_the_next(place: Place):
    """What the first wrote last is not where the second stands."""
    await place.sees(_running(7))
    shown = await place.card()
    await place.sees(Observation(JobStatus.PENDING, reason="BeginTime", restarts=1))
    waiting = await place.card()
    await place.sees(Observation(JobStatus.RUNNING, node="gpu2", restarts=1))

    assert "epoch 7 of 9" in shown
    assert "SLURM says: *BeginTime*" in waiting
    assert "epoch 7" not in await place.card()


async def _another(place: Place) -> Run:
    return await submitted(place.app.desk, place.run.requirement)


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
    place.cluster.says[behind.key] = _running(1)
    await follow_runs.tick(place.app)
    first = await _stages(place, behind, *failing)
    asked = len(place.cluster.asked)
    place.cluster.logs.clear()
    await follow_runs.tick(place.app)

    assert [Stage.RUNNING, *[Stage.SUBMITTED] * bad] == first
    assert asked == min(bad, follow_runs.MOST_FAILURES)
    assert {Stage.FAILED} == set(await _stages(place, *failing))
    assert place.app.troubles == {}


async def test_a_run_whose_log_cannot_be_read_fails_without_it(place: Place):
    """That is no outage of the cluster, and no reason to leave it open."""
    place.cluster.logs[place.run.key] = BadResult("log.txt cannot be read: Permission denied")
    await place.sees(Observation(JobStatus.FAILED, "exit code 1:0"))

    assert [("RUN-1 failed", Stage.OPEN)] == await place.incidents()
    assert place.app.troubles == {}


async def test_a_result_that_is_seen_late_is_taken(place: Place):
    """A shared file system shows files late: meanwhile the card says what is awaited, and nobody is alarmed."""
    ended = Observation(JobStatus.COMPLETED, node="gpu1")
    await place.sees(_running(9))
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
