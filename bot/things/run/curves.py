"""A run's curve as it grows: one row for each epoch, thinned when it gets long."""

from math import inf

from bot.things.run.readings import Curve, Progress

MOST_ROWS = 400
"""More than a picture can show; beyond it every second row goes."""


def grown(rows: Curve, progress: Progress) -> Curve:
    """Return the curve with the newest reading as its last row; rows that an earlier attempt left behind go."""
    kept = tuple(row for row in rows if row.get("epoch", inf) < progress.epoch)
    if len(kept) >= MOST_ROWS:
        kept = kept[::2]
    newest = {"epoch": float(progress.epoch), "loss": progress.loss, progress.metric: progress.value}
    return (*kept, newest)
