"""matplotlib as the charts: the drawing happens in a worker process, since a picture takes a quarter of a second."""

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from importlib import import_module

from bot.adapters.worker import Worker
from bot.ports import Series

TIMEOUT = timedelta(seconds=60)
_WORKER = "bot.adapters._charts_matplotlib_worker"


class MatplotlibCharts:
    """Fills `bot.ports.Charts`."""

    def __init__(self) -> None:
        self._worker = Worker("charts", environment={}, timeout=TIMEOUT)

    async def curves(
        self, panels: Mapping[str, Sequence[Series]], *, title: str, x_label: str, is_small: bool = False
    ) -> bytes:
        """Draw one panel by name, each with its lines on one axis."""
        plain = {name: list(lines) for name, lines in panels.items()}
        return await self._worker.call(_drawn, "curves", plain, title=title, x_label=x_label, is_small=is_small)

    async def bars(self, groups: Mapping[str, Mapping[str, float]], *, title: str, unit: str) -> bytes:
        """Draw horizontal bars, for each group its parts stacked."""
        plain = {name: dict(parts) for name, parts in groups.items()}
        return await self._worker.call(_drawn, "bars", plain, title=title, unit=unit)

    async def close(self) -> None:
        """End the worker."""
        await self._worker.close()


def _drawn(what: str, *args: object, **kwargs: object) -> bytes:
    """Run in the worker: the import of matplotlib happens only there."""
    draw: Callable[..., bytes] = getattr(import_module(_WORKER), what)
    return draw(*args, **kwargs)
