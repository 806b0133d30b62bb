"""The meter and the charts: what measures drift, and what draws."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from bot.ports.models import Collected
from bot.things.monitor.readings import Drift


@dataclass(frozen=True, slots=True)
class Comparison:
    """Production beside its reference."""

    drifts: Sequence[Drift]
    reference_rows: int
    current_rows: int
    chart_png: bytes
    """1600 x 900 pixels."""

    @property
    def is_drifted(self) -> bool:
        """Tell whether any measure drifted."""
        return any(drift.is_drifted for drift in self.drifts)


class Meter(Protocol):
    """What measures drift and draws it."""

    async def compare(self, directory: Path, current: Collected, *, title: str) -> Comparison:
        """Compare production rows with the model directory's reference. Raises Refused for too few rows."""
        ...

    async def close(self) -> None:
        """End the worker."""
        ...


@dataclass(frozen=True, slots=True)
class Series:
    """A line or a row of bars with its name."""

    name: str
    x: Sequence[float]
    y: Sequence[float]


class Charts(Protocol):
    """What draws pictures for cards: PNG, dark, legible at the width that Discord shows them in."""

    async def curves(
        self, panels: Mapping[str, Sequence[Series]], *, title: str, x_label: str, is_small: bool = False
    ) -> bytes:
        """Draw one panel by name, such as `loss` and `accuracy`, each with its lines on one axis.

        1600 x 900 pixels; with `is_small` 1200 x 500, for a run's own card.
        """
        ...

    async def bars(self, groups: Mapping[str, Mapping[str, float]], *, title: str, unit: str, rest: str) -> bytes:
        """Draw horizontal bars, for each group its parts stacked, with the unit on the axis. 1600 x 900 pixels.

        Groups and parts that are too many are summed up under the name `rest`.
        """
        ...

    async def close(self) -> None:
        """End the worker."""
        ...
