"""What others may know of a run."""

from bot.core.view import Glance
from bot.things.run.model import Run


def glance(run: Run) -> Glance:
    """Return what others may know of a run: who ordered it, and what it came to."""
    return Glance(run.ref, run.stage, people=(run.ordered_by,), figures=run.metrics or {})
