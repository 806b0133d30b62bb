"""The rollout's card, what others may know of it, and the announcement of what went live."""

from collections.abc import Mapping

from bot.core import words as core
from bot.core.cards import Button, ButtonStyle, Card, Tone
from bot.core.links import ASKED_BY, JUDGED_BY, SERVES
from bot.core.said import Phrase, Said, Say
from bot.core.text import clip
from bot.core.values import Stage
from bot.core.view import Glance, StageFace, View, headline, section, stage_line
from bot.things.rollout import words
from bot.things.rollout.model import UNDER_WAY, Rollout

S = Stage
STAGES: Mapping[Stage, StageFace] = {
    S.REQUESTED: StageFace("🙋", Tone.BUSY, words.REQUESTED),
    S.APPROVED: StageFace("✅", Tone.GOOD, words.APPROVED),
    S.DECLINED: StageFace("🚫", Tone.NEUTRAL, words.DECLINED),
    S.CREATING: StageFace("🏗️", Tone.BUSY, words.CREATING),
    S.VERIFYING: StageFace("🧪", Tone.BUSY, words.VERIFYING),
    S.RAMPING: StageFace("📶", Tone.BUSY, words.RAMPING),
    S.PAUSED: StageFace("⏸️", Tone.WARNING, words.PAUSED),
    S.LIVE: StageFace("🟢", Tone.GOOD, words.LIVE),
    S.SUPERSEDED: StageFace("⏭️", Tone.NEUTRAL, words.SUPERSEDED),
    S.ROLLED_BACK: StageFace("↩️", Tone.WARNING, words.ROLLED_BACK),
    S.RETIRED: StageFace("📦", Tone.NEUTRAL, words.RETIRED),
    S.ABORTED: StageFace("🛑", Tone.WARNING, words.ABORTED),
    S.FAILED: StageFace("❌", Tone.BAD, words.FAILED),
}
STEPS: Mapping[Stage, Phrase] = {
    S.REQUESTED: words.STEP_REQUESTED,
    S.APPROVED: words.STEP_APPROVED,
    S.CREATING: words.STEP_CREATING,
    S.VERIFYING: words.STEP_VERIFYING,
    S.RAMPING: words.STEP_RAMPING,
    S.LIVE: words.STEP_LIVE,
}
"""The way of a rollout that all goes well with."""
SHOWN_DIGEST, SHOWN_PROBLEM, SHOWN_RESULTS = 12, 600, 8


def glance(rollout: Rollout) -> Glance:
    """Return what others may know of a rollout."""
    return Glance(rollout.ref, rollout.stage)


def card(view: View[Rollout], say: Say) -> Card:
    """Return the card: how far it is or why it went no further, then what goes where and who says so."""
    rollout, face = view.thing, STAGES[view.thing.stage]
    paragraphs = [stage_line(face, view.since, say)]
    if rollout.stage in STEPS:
        paragraphs.append(_steps(rollout.stage, say))
    elif rollout.cause:
        paragraphs.append(section(say(core.CAUSE()), say(rollout.cause)))
    paragraphs += [f"{say(_model(rollout))}\n{say(_traffic(rollout))}", *_people(rollout, say), say(_origin(view))]
    if rollout.stage is S.ABORTED:
        paragraphs.append(say(_what_is_left(rollout)))
    return Card(
        headline(rollout, view.links[ASKED_BY].title, say),
        paragraphs,
        face.tone,
        buttons=_buttons(rollout, say),
        footer=say(words.NEEDS_ANOTHER()) if rollout.stage is S.REQUESTED else "",
    )


def _steps(stage: Stage, say: Say) -> str:
    at = list(STEPS).index(stage)
    steps = [step() for step in STEPS.values()]
    told = [*(words.STEP_DONE(step=one) for one in steps[:at]), words.STEP_NOW(step=steps[at]), *steps[at + 1 :]]
    return " → ".join(map(say, told))


def _model(rollout: Rollout) -> Said:
    return words.MODEL(
        name=rollout.model_name,
        version=rollout.model_version,
        endpoint=rollout.endpoint,
        deployment=rollout.deployment,
    )


def _traffic(rollout: Rollout) -> Said:
    if rollout.latency_ms is None:
        return words.TRAFFIC(traffic_pct=rollout.traffic_pct)
    return words.TRAFFIC_AND_LATENCY(traffic_pct=rollout.traffic_pct, latency_ms=rollout.latency_ms)


def _people(rollout: Rollout, say: Say) -> list[str]:
    said = [
        section(say(words.WHY()), say(core.QUOTED(text=rollout.reason))),
        say(words.PROPOSED_BY(who=rollout.requested_by)),
    ]
    if rollout.decision and rollout.decided_by:
        decision = section(say(words.DECISION()), say(core.QUOTED(text=rollout.decision)))
        said += [decision, say(words.DECIDED_BY(who=rollout.decided_by))]
    return said


def _origin(view: View[Rollout]) -> Said:
    requirement, run, audit = (view.links[role].ref for role in (ASKED_BY, SERVES, JUDGED_BY))
    digest = view.thing.model_digest[:SHOWN_DIGEST]
    return words.ORIGIN(requirement=requirement, run=run, audit=audit, digest=digest)


def _what_is_left(aborted: Rollout) -> Said:
    if not aborted.was_approved:
        return words.NOTHING_BEGUN()
    return (words.WAS_REMOVED if aborted.is_cleared else words.IS_REMOVED)(deployment=aborted.deployment)


def _buttons(rollout: Rollout, say: Say) -> tuple[Button, ...]:
    abort = Button(say(words.ABORT()), f"rollout_abort:{rollout.ref}", ButtonStyle.SECONDARY)
    if rollout.stage is not S.REQUESTED:
        return (abort,) if rollout.stage in UNDER_WAY else ()
    return (
        Button(say(words.APPROVE()), f"rollout_approve:{rollout.ref}", ButtonStyle.SUCCESS),
        Button(say(words.DECLINE()), f"rollout_decline:{rollout.ref}", ButtonStyle.DANGER),
        abort,
    )


def announcement(view: View[Rollout], say: Say) -> Card:
    """Return the announcement of a model that went live: what it is for, how good it is, whose work it is."""
    rollout, run, requirement = view.thing, view.links[SERVES], view.links[ASKED_BY]
    measured = [(name, run.figures[name]) for name in requirement.figures if name in run.figures]
    results = [say(words.RESULT(measure=name, value=value)) for name, value in measured[:SHOWN_RESULTS]]
    problem = core.QUOTED(text=clip(requirement.text, SHOWN_PROBLEM))
    people = words.PEOPLE(asked_by=requirement.people[0], trained_by=run.people[0], deployed_by=rollout.decided_by or 0)
    return Card(
        say(words.ANNOUNCEMENT(title=requirement.title)),
        [
            say(words.SERVES_AT(endpoint=rollout.endpoint, requirement=requirement.ref, rollout=rollout.ref)),
            section(say(words.WHAT_FOR()), say(problem)),
            section(say(words.RESULTS()), "\n".join(results) or say(words.NO_RESULT())),
            say(people),
        ],
        Tone.GOOD,
        footer=say(words.MODEL_VERSION(name=rollout.model_name, version=rollout.model_version)),
    )
