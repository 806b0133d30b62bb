"""The model's card, and what others may know of it."""

from collections.abc import Mapping

from bot.core.cards import Card, Tone
from bot.core.links import ASKED_BY, TRAINED_BY
from bot.core.said import Say
from bot.core.values import Stage
from bot.core.view import Glance, StageFace, View, headline, stage_line
from bot.things.model import words
from bot.things.model.model import Model

STAGES: Mapping[Stage, StageFace] = {
    Stage.MADE: StageFace("🧊", Tone.NEUTRAL, words.MADE),
    Stage.EVALUATED: StageFace("📏", Tone.BUSY, words.EVALUATED),
    Stage.APPROVED: StageFace("✅", Tone.GOOD, words.APPROVED),
    Stage.REJECTED: StageFace("❌", Tone.BAD, words.REJECTED),
}
SHOWN_DIGEST = 12


def glance(model: Model) -> Glance:
    """Return what others may know of a model."""
    return Glance(model.ref, model.stage)


def card(view: View[Model], say: Say) -> Card:
    """Return the card: where it is from."""
    model, face = view.thing, STAGES[view.thing.stage]
    run, requirement = view.links[TRAINED_BY].ref, view.links[ASKED_BY]
    origin = words.FROM(run=run, requirement=requirement.ref, digest=model.digest[:SHOWN_DIGEST])
    return Card(headline(model, requirement.title, say), [stage_line(face, view.since, say), say(origin)], face.tone)
