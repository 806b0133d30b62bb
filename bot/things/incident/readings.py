"""What is counted in an incident: a reading, never a fact."""

from dataclasses import dataclass

from bot.core.readings import Reading
from bot.core.said import Said


@dataclass(frozen=True, slots=True)
class ManyRuns:
    """The incidents of runs that one incident stands for."""

    count: int
    newest: tuple[Said, ...]
    """Titles of those that came last, the newest first."""


COUNTED = Reading("many runs", ManyRuns)
