"""The cards: each a pure function of stored facts. One order everywhere: stage, what it is about, evidence, people."""

from collections.abc import Callable, Mapping
from typing import cast

from bot.core.values import Kind, Stage
from bot.domain.cards import Button, ButtonStyle, Card, File, Tone
from bot.domain.drawing_parts import (
    View,
    cause_lines,
    field,
    head,
    metric_lines,
    title_of,
)
from bot.domain.drawing_recipes import registered_card
from bot.domain.drawing_remedies import remedy_buttons, remedy_words
from bot.domain.drawing_runs import run_card, sweep_card
from bot.domain.lifecycle import step
from bot.domain.model import Incident, Requirement, Rollout, Run
from bot.domain.subjects import Matter
from bot.domain.text import clip, fence, plain, tail
from bot.things.rollout.rules import RolloutEvent

S = Stage


def draw(view: View) -> Card:
    """Return the card of a thing."""
    return _DRAWERS[view.thing.kind](view)


ROLLOUT_STEPS = (S.REQUESTED, S.APPROVED, S.CREATING, S.VERIFYING, S.RAMPING, S.LIVE)


def _rollout(view: View) -> Card:
    rollout = cast("Rollout", view.thing)
    headline, tone, stage = head(view, title_of(view))
    paragraphs = [stage]
    if rollout.stage in ROLLOUT_STEPS:
        at = ROLLOUT_STEPS.index(rollout.stage)
        paragraphs.append(" → ".join(_step(step.value, index - at) for index, step in enumerate(ROLLOUT_STEPS)))
    paragraphs += [field("Cause", plain(clip(rollout.cause, 800)))] if rollout.cause else cause_lines(view)
    paragraphs.append(
        f"`{rollout.model_name}` version `{rollout.model_version}` to endpoint `{rollout.endpoint}` "
        f"as `{rollout.deployment}`\nTraffic **{rollout.traffic_pct}%**"
        + (f" · smoke request answered in {rollout.latency_ms:.0f} ms" if rollout.latency_ms is not None else "")
    )
    paragraphs += [field("Why", plain(rollout.reason)), f"Proposed by <@{rollout.requested_by}>"]
    if rollout.decision:
        paragraphs += [field("Decision", plain(rollout.decision)), f"Decided by <@{rollout.decided_by}>"]
    paragraphs.append(
        f"REQ-{rollout.requirement} · RUN-{rollout.run} · AUD-{rollout.audit} · digest `{rollout.model_digest[:12]}`"
    )
    if rollout.stage is S.ABORTED:
        paragraphs.append(_what_is_left(rollout, {fact.event for fact in view.history}))
    footer = "Needs someone who neither trained nor proposed it" if rollout.stage is S.REQUESTED else ""
    return Card(headline, paragraphs, tone, buttons=_rollout_buttons(rollout), footer=footer)


def _rollout_buttons(rollout: Rollout) -> tuple[Button, ...]:
    decide = (
        Button("Approve", f"rollout_approve:DEP-{rollout.number}", ButtonStyle.SUCCESS),
        Button("Decline", f"rollout_decline:DEP-{rollout.number}", ButtonStyle.DANGER),
    )
    abort = Button("Abort", f"rollout_abort:DEP-{rollout.number}", ButtonStyle.SECONDARY)
    if rollout.stage is S.REQUESTED:
        return (*decide, abort)
    return (abort,) if step(Kind.ROLLOUT, rollout.stage, RolloutEvent.ABORTED) else ()


def _what_is_left(aborted: Rollout, events: set[str]) -> str:
    if RolloutEvent.APPROVED.value not in events:
        return "Nothing was begun in Azure"
    if RolloutEvent.CLEARED.value not in events:
        return f"`{aborted.deployment}` is being removed from Azure"
    return f"`{aborted.deployment}` is removed from Azure; the endpoint and the registered model stay"


def _step(name: str, distance: int) -> str:
    if distance == 0:
        return f"**{name}**"
    return f"✓ {name}" if distance < 0 else name


SHOWN_LOG = 1200
"""Characters of log on an incident's card; what there is before them is in its file."""


def _incident(view: View) -> Card:
    incident = cast("Incident", view.thing)
    headline, tone, stage = head(view, incident.title)
    paragraphs = [stage, field("Cause", plain(incident.cause))]
    if incident.stage in (S.OPEN, S.ACKNOWLEDGED):
        paragraphs.append("\n".join([field("Next step", incident.next_step), *remedy_words(view)]))
    if view.many:
        newest = "\n".join(f"- {plain(one)}" for one in view.many.newest)
        paragraphs.append(field(f"{view.many.count} runs, the newest", newest))
    if incident.log_tail:
        paragraphs.append("**Last log lines**\n" + fence(_last_lines(incident.log_tail), limit=SHOWN_LOG + 100))
    if incident.resolution:
        paragraphs.append(field("Resolution", plain(incident.resolution)))
    if incident.handled_by:
        paragraphs.append(f"Handled by <@{incident.handled_by}>")
    number, about = incident.number, incident.about
    primary = ButtonStyle.PRIMARY
    again = (Button("Try again", f"try_again:INC-{number}", primary),) if about.matter is Matter.GIVEN_UP else ()
    has_remedy = view.remedies or again
    acknowledge = Button("Acknowledge", f"acknowledge:INC-{number}", ButtonStyle.SECONDARY if has_remedy else primary)
    resolve = Button("Resolve", f"resolve:INC-{number}", ButtonStyle.SUCCESS)
    assign = Button("Assign", f"assign:INC-{number}")
    presses = {S.OPEN: (acknowledge, assign, resolve), S.ACKNOWLEDGED: (assign, resolve)}.get(incident.stage, ())
    remedies = remedy_buttons(view, about.thing) if about.thing else ()
    files = (File(f"inc-{number}-log.txt", incident.log_tail.encode()),) if incident.log_tail else ()
    return Card(headline, paragraphs, tone, files=files, buttons=(*remedies, *again, *presses) if presses else ())


def _last_lines(log: str) -> str:
    """Return the end of a log that a card has room for, from the beginning of a line if there is one."""
    end = tail(log, SHOWN_LOG)
    return end.partition("\n")[2] or end if len(log) > SHOWN_LOG else end


_DRAWERS: Mapping[Kind, Callable[[View], Card]] = {
    Kind.RUN: run_card,
    Kind.ROLLOUT: _rollout,
    Kind.INCIDENT: _incident,
    Kind.SWEEP: sweep_card,
    Kind.RECIPE: registered_card,
}


def announcement(rollout: Rollout, requirement: Requirement, run: Run) -> Card:
    """Return the announcement of a model that went live."""
    results = metric_lines(
        {
            target.metric: run.metrics[target.metric]
            for target in requirement.targets
            if run.metrics and target.metric in run.metrics
        }
    )
    people = (
        f"Asked for by <@{requirement.filed_by}> · trained by <@{run.ordered_by}> · deployed by <@{rollout.decided_by}>"
    )
    return Card(
        f"🎉 {plain(clip(requirement.title, 100))} is live",
        [
            f"A new model serves at endpoint `{rollout.endpoint}` (REQ-{requirement.number}, DEP-{rollout.number}).",
            field("What it is for", plain(clip(requirement.problem, 600))),
            field("Held-out results", results or "none of the targets was measured"),
            people,
        ],
        Tone.GOOD,
        footer=f"Model {rollout.model_name} version {rollout.model_version}",
    )
