"""An evaluation."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from bot.core.values import Kind, Stage, Thing


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation(Thing):
    """What was measured of a model on rows that its training was not given."""

    kind: ClassVar[Kind] = Kind.EVALUATION
    stage: Stage = Stage.MEASURED
    requirement: int
    model: int
    """The model's number."""
    figures: Mapping[str, float]
    """By name, as the run itself reports them."""
    test_rows: int
    """Rows that they were measured on; 0 where the run does not say."""
