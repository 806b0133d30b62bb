"""The audit's card, what others may know of it, and the message of its verdict."""

from collections.abc import Mapping

from bot.core import words as core
from bot.core.cards import Button, ButtonStyle, Card, Tone
from bot.core.links import ASKED_BY, JUDGES, TRAINED_BY
from bot.core.said import Phrase, Say
from bot.core.values import Stage
from bot.core.view import Glance, StageFace, View, headline, section, stage_line, with_room
from bot.things.audit import words
from bot.things.audit.model import Audit

STAGES: Mapping[Stage, StageFace] = {
    Stage.IN_REVIEW: StageFace("🔎", Tone.BUSY, words.IN_REVIEW),
    Stage.APPROVED: StageFace("✅", Tone.GOOD, words.APPROVED),
    Stage.CHANGES_REQUESTED: StageFace("✏️", Tone.WARNING, words.CHANGES_REQUESTED),
    Stage.REJECTED: StageFace("❌", Tone.BAD, words.REJECTED),
    Stage.EXPIRED: StageFace("⌛", Tone.NEUTRAL, words.EXPIRED),
}
VERDICTS: Mapping[Stage, Phrase] = {
    Stage.APPROVED: words.DONE_APPROVED,
    Stage.CHANGES_REQUESTED: words.DONE_CHANGES_REQUESTED,
    Stage.REJECTED: words.DONE_REJECTED,
}
SHOWN_DIGEST = 12


def glance(audit: Audit) -> Glance:
    """Return what others may know of an audit."""
    return Glance(audit.ref, audit.stage)


def card(view: View[Audit], say: Say) -> Card:
    """Return the card: the checks that fail first, then who trained the model."""
    audit, face = view.thing, STAGES[view.thing.stage]
    run, requirement = view.links[TRAINED_BY], view.links[ASKED_BY]
    paragraphs = [stage_line(face, view.since, say)]
    if audit.cause:
        paragraphs.append(section(say(core.CAUSE()), say(audit.cause)))
    paragraphs.append(section(_summary(audit, say), _checks(audit, say)))
    if audit.reason:
        paragraphs.append(section(say(core.REASON()), say(core.QUOTED(text=audit.reason))))
    model, digest = view.links[JUDGES].ref, audit.model_digest[:SHOWN_DIGEST]
    paragraphs.append(say(words.MODEL(model=model, run=run.ref, requirement=requirement.ref, digest=digest)))
    paragraphs += [say(words.TRAINED_BY(who=person)) for person in run.people]
    return Card(
        headline(audit, requirement.title, say),
        paragraphs,
        face.tone,
        buttons=_buttons(audit, say) if audit.stage is Stage.IN_REVIEW else (),
        footer=say(words.NEXT(run=audit.run)) if audit.stage is Stage.APPROVED else "",
    )


def _summary(audit: Audit, say: Say) -> str:
    failing, total = sum(not check.is_passed for check in audit.checks), len(audit.checks)
    if not total:
        return say(words.CHECKS())
    return say(words.CHECKS_FAIL(failing=failing, total=total) if failing else words.CHECKS_PASS(total=total))


def _checks(audit: Audit, say: Say) -> str:
    failing_first = sorted(audit.checks, key=lambda check: check.is_passed)
    lines = [
        say((words.PASSED if check.is_passed else words.FAILED)(name=check.name, evidence=check.evidence))
        for check in failing_first
    ]
    return with_room(lines, say) or say(words.NO_CHECK())


def _buttons(audit: Audit, say: Say) -> tuple[Button, ...]:
    return (
        Button(say(words.APPROVE()), f"audit_approve:{audit.ref}", ButtonStyle.SUCCESS),
        Button(say(words.REQUEST_CHANGES()), f"audit_request_changes:{audit.ref}", ButtonStyle.SECONDARY),
        Button(say(words.REJECT()), f"audit_reject:{audit.ref}", ButtonStyle.DANGER),
    )


def verdict(view: View[Audit], say: Say) -> Card:
    """Return the message that tells of a verdict whoever ordered the run, claimed and filed its requirement.

    The one who ordered it may be a data analyst; it is the creator who claimed that has to act on it.
    """
    audit, face = view.thing, STAGES[view.thing.stage]
    run, requirement = view.links[TRAINED_BY], view.links[ASKED_BY]
    people = sorted({*run.people, *requirement.people})
    if audit.stage is Stage.APPROVED:
        to_do = words.MAY_BE_PROPOSED(people=people, run=audit.run)
    else:
        to_do = words.MAY_GO_ON(people=people, requirement=audit.requirement)
    return Card(
        say(words.VERDICT(sign=face.sign, audit=audit.ref, verdict=VERDICTS[audit.stage]())),
        [
            say(words.DECIDED(run=run.ref, requirement=requirement.ref, who=audit.decided_by or 0)),
            section(say(core.REASON()), say(core.QUOTED(text=audit.reason or ""))),
            say(to_do),
        ],
        face.tone,
        mentions=people,
    )
