"""APScheduler as an in-memory timer only: what must not be missed is rows in the database, which the ticks look at."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from types import TracebackType

import structlog
from apscheduler.executors.asyncio import AsyncIOExecutor
from apscheduler.jobstores.memory import MemoryJobStore
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from bot.app import App
from bot.core.words import QUOTED
from bot.effects import health
from bot.errors import SlipwayError, Upstream
from bot.services import incidents
from bot.things.incident import subjects, words

log = structlog.get_logger()

TELL_AFTER = 3
"""Failures of a job in a row before Ops are told."""
Tick = Callable[[], Awaitable[None]]


class _Executor(AsyncIOExecutor):  # type: ignore[misc]  # APScheduler has no types
    """Logs no failure of a job that `stop` cancels before it has begun: nothing of ours could keep that to itself."""

    def _run_job_error(self, job_id: str, exc: BaseException, traceback: TracebackType | None = None) -> None:
        if not isinstance(exc, asyncio.CancelledError):
            super()._run_job_error(job_id, exc, traceback)


class Timer:
    """Calls each tick at its interval, never two at once; a late one is called once, not as often as it was missed."""

    def __init__(self) -> None:
        self._scheduler = AsyncIOScheduler(
            jobstores={"default": MemoryJobStore()},
            executors={"default": _Executor()},
            job_defaults={"coalesce": True, "misfire_grace_time": None, "max_instances": 1},
            timezone="UTC",
        )

    def every(self, interval: timedelta, tick: Tick, app: App, *, name: str) -> None:
        """Have the tick called at the interval."""
        watched = _Watched(tick, app, name)
        self._scheduler.add_job(watched.call, "interval", seconds=interval.total_seconds(), id=name, name=name)

    def soon(self, name: str) -> None:
        """Have the tick called now instead of at its next time; one that is under way is not called twice."""
        self._scheduler.modify_job(name, next_run_time=datetime.now(UTC))

    def start(self) -> None:
        """Begin."""
        self._scheduler.start()

    def stop(self) -> None:
        """Stop calling; a tick that is under way is cancelled."""
        self._scheduler.shutdown(wait=False)


class _Watched:
    """A tick whose failures are counted and told; none of them ends it."""

    def __init__(self, tick: Tick, app: App, name: str) -> None:
        self._tick, self._app, self._name = tick, app, name
        self._failures = 0
        self._is_known_well = False
        """Ops have no incident of it; one of before a restart may still be open."""

    async def call(self) -> None:
        with suppress(asyncio.CancelledError):  # by `stop`; APScheduler would log it as a failure, with its traceback
            await self._called()

    async def _called(self) -> None:
        try:
            await self._tick()
        except Exception as error:  # one of the three places for this: a mistake in one job is not the others' end
            log.exception("job failed", job=self._name)
            await self._kept(self._failed(error))
        else:
            await self._kept(self._worked())

    async def _failed(self, error: Exception) -> None:
        if isinstance(error, Upstream):
            await health.failed(self._app, error, work=self._name)
            return
        self._failures += 1
        if self._failures >= TELL_AFTER:
            self._is_known_well = False
            await incidents.open_once(
                self._app.record,
                subjects.of_job(self._name),
                title=words.JOB_FAILS(job=self._name),
                cause=QUOTED(text=f"{type(error).__name__}: {error}"),
                next_step=words.LOOK_IN_LOG(),
            )

    async def _worked(self) -> None:
        self._failures = 0
        await health.answered(self._app, self._name)
        if not self._is_known_well:
            await incidents.recovered(self._app.record, subjects.of_job(self._name), resolution=words.WORKS_AGAIN())
            self._is_known_well = True

    async def _kept(self, telling: Awaitable[None]) -> None:
        try:
            await telling
        except SlipwayError as error:  # the next tick tells it
            log.error("outcome of a job could not be kept", job=self._name, error=str(error))
