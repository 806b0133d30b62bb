"""A monitor."""

from dataclasses import dataclass
from typing import ClassVar

from bot.core.values import Kind, Stage, Thing


@dataclass(frozen=True, slots=True, kw_only=True)
class Monitor(Thing):
    """What is watched about one live model, and when."""

    kind: ClassVar[Kind] = Kind.MONITOR
    stage: Stage = Stage.WATCHING
    requirement: int
    rollout: int
    endpoint: str
    deployment: str
