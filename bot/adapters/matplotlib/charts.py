"""matplotlib as the charts: the drawing happens in a worker process, since a picture takes a quarter of a second."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Protocol, cast

from bot.adapters.worker import Far, Worker
from bot.ports import Series

TIMEOUT = timedelta(seconds=60)


class _Work(Protocol):
    """What `worker.py` does."""

    def curves(self, panels: Mapping[str, Sequence[Series]], *, title: str, x_label: str, is_small: bool) -> bytes: ...
    def bars(self, groups: Mapping[str, Mapping[str, float]], *, title: str, unit: str, rest: str) -> bytes: ...


_WORK = cast("_Work", Far("bot.adapters.matplotlib.worker"))


class MatplotlibCharts:
    """Fills `bot.ports.Charts`."""

    def __init__(self) -> None:
        self._worker = Worker("charts", environment={}, timeout=TIMEOUT)

    async def curves(
        self, panels: Mapping[str, Sequence[Series]], *, title: str, x_label: str, is_small: bool = False
    ) -> bytes:
        """Draw one panel by name, each with its lines on one axis."""
        plain = {name: list(lines) for name, lines in panels.items()}
        return await self._worker.call(_WORK.curves, plain, title=title, x_label=x_label, is_small=is_small)

    async def bars(self, groups: Mapping[str, Mapping[str, float]], *, title: str, unit: str, rest: str) -> bytes:
        """Draw horizontal bars, for each group its parts stacked."""
        plain = {name: dict(parts) for name, parts in groups.items()}
        return await self._worker.call(_WORK.bars, plain, title=title, unit=unit, rest=rest)

    async def close(self) -> None:
        """End the worker."""
        await self._worker.close()
