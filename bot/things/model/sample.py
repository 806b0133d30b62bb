"""Models as examples: one at each stage."""

from dataclasses import replace

from bot.core.sample import Sample
from bot.core.values import Stage
from bot.things.model.model import Model

_MODEL = Model(number=18, requirement=12, run=31, digest="9f2c4e7ab1d05c3388aa61e2f7704bd9")
SAMPLES = tuple(
    Sample(stage.value, replace(_MODEL, stage=stage))
    for stage in (Stage.MADE, Stage.EVALUATED, Stage.APPROVED, Stage.REJECTED)
)
