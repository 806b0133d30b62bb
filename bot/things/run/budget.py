"""GPU hours: what a request may take."""

from bot.things.run.model import Resources


def gpu_hours(amount: float) -> str:
    """Return so many GPU hours in words."""
    return f"{amount:g} GPU hour{'' if amount == 1 else 's'}"


def gpu_h_at_most(asked: Resources) -> float:
    """Return the GPU hours that a run takes if it goes to its time limit."""
    return asked.nodes * asked.gpus * asked.time_limit_min / 60
