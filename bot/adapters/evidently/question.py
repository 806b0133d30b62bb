"""What the worker is asked."""

from dataclasses import dataclass
from pathlib import Path

from bot.ports import Collected


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
