"""What others may know of a run, and how it looks in a line."""

from collections.abc import Mapping

from bot.core.cards import Tone
from bot.core.said import Phrase, Said
from bot.core.text import clip
from bot.core.values import Stage
from bot.core.view import Glance, StageFace
from bot.things.run import words
from bot.things.run.model import Run

STAGES: Mapping[Stage, StageFace] = {
    Stage.PLANNED: StageFace("📝", Tone.NEUTRAL, words.PLANNED),
    Stage.ORDERED: StageFace("📮", Tone.BUSY, words.ORDERED),
    Stage.SUBMITTED: StageFace("📤", Tone.BUSY, words.SUBMITTED),
    Stage.QUEUED: StageFace("⏳", Tone.BUSY, words.QUEUED),
    Stage.RUNNING: StageFace("🏃", Tone.BUSY, words.RUNNING),
    Stage.SUCCEEDED: StageFace("✅", Tone.GOOD, words.SUCCEEDED),
    Stage.FAILED: StageFace("❌", Tone.BAD, words.FAILED),
    Stage.CANCELLED: StageFace("🚫", Tone.NEUTRAL, words.CANCELLED),
}
IN_LINE: Mapping[Stage, Phrase] = {
    Stage.PLANNED: words.IN_LINE_PLANNED,
    Stage.ORDERED: words.IN_LINE_ORDERED,
    Stage.SUBMITTED: words.IN_LINE_SUBMITTED,
    Stage.QUEUED: words.IN_LINE_QUEUED,
    Stage.RUNNING: words.IN_LINE_RUNNING,
    Stage.SUCCEEDED: words.IN_LINE_SUCCEEDED,
    Stage.FAILED: words.IN_LINE_FAILED,
    Stage.CANCELLED: words.IN_LINE_CANCELLED,
}
"""The stage's word within a line."""
CAUSE_IN_LINE = 80


def glance(run: Run) -> Glance:
    """Return what others may know of a run: who ordered it, and what it came to."""
    return Glance(run.ref, run.stage, people=(run.ordered_by,), figures=run.metrics or {}, line=line(run))


def line(run: Run) -> Said:
    """Return a run in a line, for lists."""
    said = words.LINE(sign=STAGES[run.stage].sign, run=run.ref, stage=IN_LINE[run.stage]())
    if run.metrics and "accuracy" in run.metrics:
        said = words.LINE_ACCURACY(line=said, accuracy=run.metrics["accuracy"])
    return words.LINE_CAUSE(line=said, cause=clip(run.cause, CAUSE_IN_LINE)) if run.cause else said
