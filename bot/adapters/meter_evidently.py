"""The meter, provided by Evidently. This side is the event loop's; evidently, pandas and matplotlib are in a worker."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from bot.adapters.worker import Worker
from bot.config import MonitoringSettings
from bot.ports import Collected, Comparison

LIMIT = timedelta(seconds=120)
"""Importing takes some 2 s at first; the comparison of max_rows rows takes about as long."""


@dataclass(frozen=True, slots=True)
class Question:
    """What is compared, and how it is called on the chart."""

    directory: Path
    """The model directory with reference.csv."""
    current: Collected
    title: str
    window: str
    """Which production rows these are, in words."""
    min_rows: int


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
        return await self._worker.call(_compare, question)

    async def close(self) -> None:
        """End the worker."""
        await self._worker.close()


def _compare(question: Question) -> Comparison:
    from bot.adapters import _meter_evidently_worker as worker  # noqa: PLC0415  # in the worker, and only there

    return worker.compare(question)
