"""The recommendation's card: what changed, and what people made of it."""

from collections.abc import Mapping
from dataclasses import replace

from bot.core import words as core
from bot.core.cards import Button, ButtonStyle, Card, Tone
from bot.core.links import ADVISED_BY, ASKED_BY, LED_TO, WATCHES
from bot.core.readings import CHART
from bot.core.said import Say
from bot.core.store import Reader
from bot.core.values import Stage
from bot.core.view import StageFace, View, headline, section, stage_line, with_room
from bot.things.recommendation import words
from bot.things.recommendation.model import Recommendation

STAGES: Mapping[Stage, StageFace] = {
    Stage.OPEN: StageFace("💡", Tone.WARNING, words.OPEN),
    Stage.ACCEPTED: StageFace("🔁", Tone.GOOD, words.ACCEPTED),
    Stage.DISMISSED: StageFace("🚫", Tone.NEUTRAL, words.DISMISSED),
    Stage.EXPIRED: StageFace("⌛", Tone.NEUTRAL, words.EXPIRED),
}


async def view(tx: Reader, recommendation: Recommendation, seen: View[Recommendation]) -> View[Recommendation]:  # noqa: ARG001  # as `ThingKind.view` has it
    """Return the view with the chart of the monitor that advises it."""
    return replace(seen, chart=await tx.reading(seen.links[ADVISED_BY].ref, CHART))


def card(view: View[Recommendation], say: Say) -> Card:
    """Return the card: why it has ended if nobody decided, the findings, then what was decided."""
    thing, face, requirement = view.thing, STAGES[view.thing.stage], view.links[ASKED_BY]
    paragraphs = [stage_line(face, view.since, say)]
    if thing.cause:
        paragraphs.append(section(say(core.CAUSE()), say(thing.cause)))
    found = with_room([say(words.ROW(finding=finding)) for finding in thing.findings], say)
    paragraphs.append(section(say(words.WHAT_CHANGED()), found or say(words.NOTHING_CHANGED())))
    if thing.reason:
        paragraphs.append(section(say(core.REASON()), say(core.QUOTED(text=thing.reason))))
    if LED_TO in view.links:
        paragraphs.append(say(words.RUN_ORDERED(run=view.links[LED_TO].ref)))
    rollout, monitor = view.links[WATCHES].ref, view.links[ADVISED_BY].ref
    paragraphs.append(say(words.WHERE(rollout=rollout, requirement=requirement.ref, monitor=monitor)))
    buttons = (
        Button(say(words.START_RETRAINING()), f"retrain:{thing.ref}", ButtonStyle.SUCCESS),
        Button(say(words.DISMISS()), f"dismiss:{thing.ref}", ButtonStyle.SECONDARY),
    )
    return Card(
        headline(thing, words.RETRAIN(title=requirement.title), say),
        paragraphs,
        face.tone,
        buttons=buttons if thing.stage is Stage.OPEN else (),
    )
