"""A run's curve as it grows: one row for each epoch, thinned when it gets long."""

from collections.abc import Mapping, Sequence

from bot.core.values import Json
from bot.things.run.readings import Progress

MOST_ROWS = 400
"""More than a picture can show; beyond it every second row goes."""


def grown(rows: Sequence[Json], progress: Progress) -> list[Json]:
    """Return the curve with the newest reading as its last row; rows that an earlier attempt left behind go."""
    kept = [row for row in rows if isinstance(row, dict) and _epoch(row) < progress.epoch]
    if len(kept) >= MOST_ROWS:
        kept = kept[::2]
    newest: dict[str, Json] = {"epoch": progress.epoch, "loss": progress.loss, progress.metric: progress.value}
    return [*kept, newest]


def _epoch(row: Mapping[str, Json]) -> float:
    epoch = row.get("epoch")
    return float(epoch) if isinstance(epoch, int | float) else float("inf")
