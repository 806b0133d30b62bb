"""The meter, provided by Evidently. This side is the event loop's; evidently, pandas and matplotlib are in a worker."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol, cast
from zoneinfo import ZoneInfo

from bot.adapters.evidently.question import Question
from bot.adapters.worker import Far, Worker
from bot.config import MonitoringSettings
from bot.ports import Collected, Comparison

LIMIT = timedelta(seconds=120)
"""Importing takes some 2 s at first; the comparison of max_rows rows takes about as long."""


class _Work(Protocol):
    """What `worker.py` does."""

    def compare(self, question: Question) -> Comparison: ...


_WORK = cast("_Work", Far("bot.adapters.evidently.worker"))


class EvidentlyMeter:
    """Fills `bot.ports.Meter`."""

    def __init__(self, settings: MonitoringSettings, zone: str) -> None:
        self._settings = settings
        self._zone = ZoneInfo(zone)
        self._worker = Worker("evidently", environment={"MPLBACKEND": "agg"}, timeout=LIMIT)

    async def compare(self, directory: Path, current: Collected, *, title: str) -> Comparison:
        """Compare production rows with the model's reference.

        Raises:
            Refused: there are fewer rows than `monitoring.min_rows`, or the model has no reference.
        """
        until = datetime.now(self._zone)
        window = f"{self._settings.window_h:g} h to {until:%d %b %Y %H:%M} {self._zone.key}"
        question = Question(directory, current, title, window, self._settings.min_rows)
        return await self._worker.call(_WORK.compare, question)

    async def close(self) -> None:
        """End the worker."""
        await self._worker.close()
