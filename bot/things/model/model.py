"""A model."""

from dataclasses import dataclass
from typing import ClassVar

from bot.core.values import Kind, Stage, Thing


@dataclass(frozen=True, slots=True, kw_only=True)
class Model(Thing):
    """What a run made and everybody promotes: files with a digest."""

    kind: ClassVar[Kind] = Kind.MODEL
    stage: Stage = Stage.MADE
    requirement: int
    run: int
    digest: str
    """SHA-256 over its files, as the payload wrote it."""
