"""A job that fails again and again is told to Ops once, and once more when it works; the others go on."""

import asyncio
from dataclasses import dataclass
from datetime import timedelta

import pytest

from bot.adapters.apscheduler.scheduler import TELL_AFTER, Timer
from bot.app import App
from bot.core.values import Stage
from bot.core.words import as_said
from bot.errors import Upstream
from bot.services import incidents, things
from bot.things.incident.model import Incident
from bot.things.incident.subjects import Subject, of_job, of_outage
from tests.support.waiting import eventually, eventually_awaited

OFTEN = timedelta(milliseconds=10)
PATIENCE_S = 50.0
"""Each failure is logged with its place, which takes long on a busy machine."""


@dataclass
class Job:
    """A job that fails as long as it is told to."""

    error: Exception | None = None
    calls: int = 0

    async def tick(self) -> None:
        """Be called."""
        self.calls += 1
        if self.error is not None:
            raise self.error


@pytest.fixture
def timer() -> Timer:
    """Return a timer that the test starts."""
    return Timer()


async def _told(app: App) -> list[tuple[Subject, Stage]]:
    return [(one.about, one.stage) for one in await things.newest(app.store, Incident)]


async def test_a_job_that_fails_is_told_once_and_mends_itself(app: App, timer: Timer):
    """Its name and what went wrong are said; another job does not notice."""
    bad, good = Job(RecursionError("too deep")), Job()
    for name, job in (("jobs.bad", bad), ("jobs.good", good)):
        timer.every(OFTEN, job.tick, app, name=name)
    timer.start()
    try:
        await eventually_awaited(lambda: _told(app), within_s=PATIENCE_S)
        [incident] = await things.newest(app.store, Incident)
        seen = bad.calls
        await eventually(lambda: bad.calls > seen + TELL_AFTER, within_s=PATIENCE_S)
        told = await _told(app)
        await eventually(lambda: good.calls > TELL_AFTER, within_s=PATIENCE_S)
        bad.error = None
        await eventually_awaited(lambda: _is(app, [(of_job("jobs.bad"), Stage.RESOLVED)]), within_s=PATIENCE_S)
    finally:
        timer.stop()

    assert [(of_job("jobs.bad"), Stage.OPEN)] == told
    assert "RecursionError: too deep" in str(incident.cause)


async def test_a_job_that_fails_now_and_then_is_not_told(app: App, timer: Timer):
    """Only failures in a row count."""
    job = Job()

    async def tick() -> None:
        job.error = ValueError("now and then") if job.calls % TELL_AFTER else None
        await job.tick()

    timer.every(OFTEN, tick, app, name="jobs.moody")
    timer.start()
    try:
        await eventually(lambda: job.calls > 5 * TELL_AFTER, within_s=PATIENCE_S)
    finally:
        timer.stop()

    assert [] == await _told(app)


async def test_a_job_that_a_system_fails_is_that_systems_outage(app: App, timer: Timer):
    """Ops read the system's name, not the job's."""
    job = Job(Upstream("database", "the disk of the database is full", retryable=True))
    timer.every(OFTEN, job.tick, app, name="jobs.bad")
    timer.start()
    try:
        await eventually_awaited(lambda: _is(app, [(of_outage("database"), Stage.OPEN)]), within_s=PATIENCE_S)
        job.error = None
        await eventually_awaited(lambda: _is(app, [(of_outage("database"), Stage.RESOLVED)]), within_s=PATIENCE_S)
    finally:
        timer.stop()


async def test_what_was_told_before_a_restart_is_resolved_after_it(app: App, timer: Timer):
    """The first time that the job works."""
    await incidents.open_once(
        app.record, of_job("jobs.good"), title=as_said("t"), cause=as_said("c"), next_step=as_said("n")
    )
    timer.every(OFTEN, Job().tick, app, name="jobs.good")
    timer.start()
    try:
        await eventually_awaited(lambda: _is(app, [(of_job("jobs.good"), Stage.RESOLVED)]), within_s=PATIENCE_S)
    finally:
        timer.stop()


async def test_a_job_that_is_under_way_at_the_end_is_no_failure(
    app: App, timer: Timer, caplog: pytest.LogCaptureFixture
):
    """Whoever stops the bot meanwhile finds no traceback in its log."""
    begun, ended = asyncio.Event(), asyncio.Event()

    async def tick() -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    timer.every(OFTEN, tick, app, name="jobs.long")
    timer.start()
    await asyncio.wait_for(begun.wait(), PATIENCE_S)
    timer.stop()
    await asyncio.wait_for(ended.wait(), PATIENCE_S)

    assert [] == [record.getMessage() for record in caplog.records if record.levelname == "ERROR"]


async def test_a_job_that_has_not_begun_at_the_end_is_no_failure(
    app: App, timer: Timer, caplog: pytest.LogCaptureFixture
):
    """It was due in the very moment, as when the bot is stopped while it starts."""
    job = Job()
    timer.every(timedelta(hours=1), job.tick, app, name="jobs.due")
    timer.start()
    timer.soon("jobs.due")
    timer.stop()
    for _ in range(9):  # turns of the loop: it becomes due, is cancelled, and would be told of
        await asyncio.sleep(0)

    assert (0, []) == (job.calls, [one.getMessage() for one in caplog.records if one.levelname == "ERROR"])


async def _is(app: App, expected: list[tuple[Subject, Stage]]) -> bool:
    return expected == await _told(app)
