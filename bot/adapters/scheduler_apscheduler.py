"""APScheduler as an in-memory timer only: what must not be missed is rows in the database, which the ticks look at."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

import structlog
from apscheduler.events import EVENT_JOB_ERROR, JobExecutionEvent
from apscheduler.executors.asyncio import AsyncIOExecutor
from apscheduler.jobstores.memory import MemoryJobStore
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from bot.app import App

log = structlog.get_logger()


class Timer:
    """Calls each tick at its interval, never two at once; a late one is called once, not as often as it was missed."""

    def __init__(self) -> None:
        self._scheduler = AsyncIOScheduler(
            jobstores={"default": MemoryJobStore()},
            executors={"default": AsyncIOExecutor()},
            job_defaults={"coalesce": True, "misfire_grace_time": None, "max_instances": 1},
            timezone="UTC",
        )
        self._scheduler.add_listener(_failed, EVENT_JOB_ERROR)

    def every(self, interval: timedelta, tick: Callable[[App], Awaitable[None]], app: App, *, name: str) -> None:
        """Have the tick called at the interval."""
        self._scheduler.add_job(tick, "interval", seconds=interval.total_seconds(), args=(app,), id=name, name=name)

    def soon(self, name: str) -> None:
        """Have the tick called now instead of at its next time; one that is under way is not called twice."""
        self._scheduler.modify_job(name, next_run_time=datetime.now(UTC))

    def start(self) -> None:
        """Begin."""
        self._scheduler.start()

    def stop(self) -> None:
        """Stop calling; a tick that is under way is cancelled."""
        self._scheduler.shutdown(wait=False)


def _failed(event: JobExecutionEvent) -> None:
    if isinstance(event.exception, asyncio.CancelledError):  # we are being stopped
        return
    log.error("job failed", job=event.job_id, error=repr(event.exception), traceback=event.traceback)
