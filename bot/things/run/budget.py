"""GPU hours: what a request may take."""

from bot.things.run.model import Resources


def gpu_h_at_most(asked: Resources) -> float:
    """Return the GPU hours that a run takes if it goes to its time limit."""
    return asked.nodes * asked.gpus * asked.time_limit_min / 60
