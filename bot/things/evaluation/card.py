"""The evaluation's card, and what others may know of it."""

from bot.core.cards import Card, Tone
from bot.core.links import ASKED_BY, MEASURES
from bot.core.said import Say
from bot.core.view import Glance, StageFace, View, headline, section, stage_line, with_room
from bot.things.evaluation import words
from bot.things.evaluation.model import Evaluation

FACE = StageFace("📏", Tone.GOOD, words.MEASURED)


def glance(evaluation: Evaluation) -> Glance:
    """Return what others may know of an evaluation: its figures."""
    return Glance(evaluation.ref, evaluation.stage, figures=evaluation.figures)


def card(view: View[Evaluation], say: Say) -> Card:
    """Return the card: what was measured of which model, on how many rows."""
    evaluation, model = view.thing, view.links[MEASURES].ref
    lines = [say(words.FIGURE(name=name, value=value)) for name, value in evaluation.figures.items()]
    return Card(
        headline(evaluation, view.links[ASKED_BY].title, say),
        [
            stage_line(FACE, view.since, say),
            section(say(words.FIGURES()), with_room(lines, say) or say(words.NO_FIGURE())),
            say(words.ROWS(model=model, rows=evaluation.test_rows)),
        ],
        FACE.tone,
    )
