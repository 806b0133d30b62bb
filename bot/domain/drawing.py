"""The cards: each a pure function of stored facts. One order everywhere: stage, what it is about, evidence, people."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from bot.domain.cards import Button, ButtonStyle, Card, Tone
from bot.domain.model import (
    Audit,
    Fact,
    Incident,
    Json,
    Kind,
    Monitor,
    Recommendation,
    Requirement,
    Rollout,
    Run,
    Stage,
    Thing,
)
from bot.domain.text import bar, clip, duration, fence, plain

S = Stage

STAGE_SIGNS: Mapping[Stage, tuple[str, Tone]] = {
    S.FILED: ("📥", Tone.NEUTRAL),
    S.CLAIMED: ("🛠️", Tone.BUSY),
    S.FULFILLED: ("✅", Tone.GOOD),
    S.WITHDRAWN: ("🚫", Tone.NEUTRAL),
    S.ORDERED: ("📤", Tone.BUSY),
    S.SUBMITTED: ("📤", Tone.BUSY),
    S.QUEUED: ("⏳", Tone.BUSY),
    S.RUNNING: ("🏃", Tone.BUSY),
    S.SUCCEEDED: ("✅", Tone.GOOD),
    S.FAILED: ("❌", Tone.BAD),
    S.CANCELLED: ("🚫", Tone.NEUTRAL),
    S.IN_REVIEW: ("🔎", Tone.BUSY),
    S.APPROVED: ("✅", Tone.GOOD),
    S.CHANGES_REQUESTED: ("✏️", Tone.WARNING),
    S.REJECTED: ("❌", Tone.BAD),
    S.EXPIRED: ("⌛", Tone.NEUTRAL),
    S.REQUESTED: ("🙋", Tone.BUSY),
    S.DECLINED: ("🚫", Tone.NEUTRAL),
    S.CREATING: ("🏗️", Tone.BUSY),
    S.VERIFYING: ("🧪", Tone.BUSY),
    S.RAMPING: ("📶", Tone.BUSY),
    S.PAUSED: ("⏸️", Tone.WARNING),
    S.LIVE: ("🟢", Tone.GOOD),
    S.SUPERSEDED: ("📦", Tone.NEUTRAL),
    S.ROLLED_BACK: ("↩️", Tone.WARNING),
    S.RETIRED: ("📦", Tone.NEUTRAL),
    S.ABORTED: ("🛑", Tone.WARNING),
    S.OPEN: ("🔥", Tone.BAD),
    S.ACKNOWLEDGED: ("👀", Tone.WARNING),
    S.RESOLVED: ("✅", Tone.GOOD),
    S.WATCHING: ("📈", Tone.GOOD),
    S.ENDED: ("📦", Tone.NEUTRAL),
    S.ACCEPTED: ("🔁", Tone.GOOD),
    S.DISMISSED: ("🚫", Tone.NEUTRAL),
}
"""How a stage looks at a glance; the word itself always stands beside the sign."""

DEPLOYMENT_KINDS = {
    "new": "a new capability",
    "assist": "automates or assists a manual task",
    "replace": "replaces an earlier ML system",
}
SHOWN_RUNS = 5
SHOWN_METRICS = 8


@dataclass(frozen=True, slots=True)
class View:
    """A thing with the facts around it that its card shows."""

    thing: Thing
    history: Sequence[Fact]
    requirement: Requirement | None = None
    runs: Sequence[Run] = ()
    audit: Audit | None = None
    run: Run | None = None
    progress: Mapping[str, Json] | None = None
    measurement: Mapping[str, Json] | None = None


def draw(view: View) -> Card:
    """Return the card of a thing."""
    return _DRAWERS[view.thing.kind](view)


def _head(view: View, title: str) -> tuple[str, Tone, str]:
    """Return the headline, the tone, and the line that says the stage in words, since when and by whom."""
    thing = view.thing
    sign, tone = STAGE_SIGNS[thing.stage]
    last = view.history[-1] if view.history else None
    when = f" · <t:{int(last.at.timestamp())}:R>" if last else ""
    by = f" · by <@{last.by}>" if last and last.by else ""
    return (
        f"{thing.kind}-{thing.number} · {plain(clip(title, 100))}",
        tone,
        f"{sign} **{thing.stage.capitalize()}**{by}{when}",
    )


def _field(name: str, text: str) -> str:
    return f"**{name}**\n{text}"


def _title(view: View) -> str:
    return view.requirement.title if view.requirement else ""


def _requirement(view: View) -> Card:
    thing = cast("Requirement", view.thing)
    headline, tone, stage = _head(view, thing.title)
    people = f"Filed by <@{thing.filed_by}>" + (f" · claimed by <@{thing.claimed_by}>" if thing.claimed_by else "")
    paragraphs = [
        stage,
        _field("Problem", plain(thing.problem)),
        _field("Value", plain(thing.value)),
        _field("Targets", "\n".join(f"- `{target}`" for target in thing.targets)),
    ]
    if thing.constraints:
        paragraphs.append(_field("Constraints", plain(thing.constraints)))
    paragraphs.append(f"Dataset `{thing.dataset}` · {DEPLOYMENT_KINDS[thing.deployment_kind]}\n{people}")
    if view.runs:
        paragraphs.append(_field("Runs", "\n".join(run_line(run) for run in view.runs[:SHOWN_RUNS])))
    buttons = [Button("Claim", f"claim:REQ-{thing.number}", ButtonStyle.PRIMARY)] if thing.stage is S.FILED else []
    next_step = {
        S.FILED: "Next: an ML creator claims it.",
        S.CLAIMED: f"Next: /train launch requirement:{thing.number}",
    }
    return Card(headline, paragraphs, tone, buttons=buttons, footer=next_step.get(thing.stage, ""))


def run_line(run: Run) -> str:
    """Return a run in a line, for lists."""
    sign, _ = STAGE_SIGNS[run.stage]
    accuracy = f" · accuracy {run.metrics['accuracy']:.3f}" if run.metrics and "accuracy" in run.metrics else ""
    cause = f" · {plain(clip(run.cause, 80))}" if run.cause else ""
    return f"{sign} RUN-{run.number} *{run.stage.value}*{accuracy}{cause}"


def _run(view: View) -> Card:
    run = cast("Run", view.thing)
    headline, tone, stage = _head(view, _title(view))
    paragraphs = [stage]
    if run.stage is S.RUNNING and view.progress:
        paragraphs.append(_progress(view.progress))
    if run.stage is S.QUEUED and (reason := _detail(view, "reason")):
        paragraphs.append(f"SLURM says: *{plain(reason)}*")
    if run.cause:
        paragraphs.append(_field("Cause", plain(clip(run.cause, 600))))
    if run.metrics:
        paragraphs.append(_field("Held-out results", metric_lines(run.metrics)))
    if run.hypothesis:
        paragraphs.append(_field("Hypothesis", plain(run.hypothesis)))
    paragraphs.append(_settings(run))
    paragraphs.append(f"For REQ-{run.requirement} · ordered by <@{run.ordered_by}>")
    open_stages = (S.ORDERED, S.SUBMITTED, S.QUEUED, S.RUNNING)
    buttons = [Button("Cancel", f"cancel:RUN-{run.number}", ButtonStyle.DANGER)] if run.stage in open_stages else []
    return Card(headline, paragraphs, tone, buttons=buttons, footer=_run_footer(view, run))


def _settings(run: Run) -> str:
    asked = run.resources
    parameters = " ".join(f"{name}={value:g}" for name, value in run.parameters.items() if not isinstance(value, str))
    return (
        f"`{run.recipe}` on `{run.dataset}` · `{parameters} seed={run.seed}`\n"
        f"{asked.nodes} node × {asked.gpus} GPU, {asked.cpus} CPU, {asked.memory_gib} GiB · "
        f"{duration(asked.time_limit_min * 60)} at most · partition `{asked.partition}`"
    )


def _run_footer(view: View, run: Run) -> str:
    parts = [f"SLURM job {run.job_id}"] if run.job_id else []
    if run.model_version:
        parts.append(f"model version {run.model_version}")
    if view.audit:
        parts.append(f"AUD-{view.audit.number} {view.audit.stage.value}")
    return " · ".join(parts)


def _detail(view: View, name: str) -> str:
    value = view.history[-1].details.get(name) if view.history else None
    return value if isinstance(value, str) else ""


def _progress(progress: Mapping[str, Json]) -> str:
    epoch, epochs = cast("int", progress["epoch"]), cast("int", progress["epochs"])
    share = epoch / epochs if epochs else 0.0
    left = progress["left_s"]
    left_text = f" · {duration(cast('float', left))} left" if left is not None else ""
    return (
        f"`{bar(share)}` {share:.0%} · epoch {epoch} of {epochs}{left_text}\n"
        f"loss **{progress['loss']:.4f}** · {plain(str(progress['metric']))} **{progress['value']:.3f}**"
    )


def metric_lines(metrics: Mapping[str, float]) -> str:
    """Return the first measures, a line each."""
    shown = list(metrics.items())[:SHOWN_METRICS]
    return "\n".join(f"- {plain(name)} **{value:.4g}**" for name, value in shown)


def _audit(view: View) -> Card:
    audit = cast("Audit", view.thing)
    headline, tone, stage = _head(view, _title(view))
    failing = sum(not check.is_passed for check in audit.checks)
    summary = f"{failing} of {len(audit.checks)} checks fail" if failing else f"All {len(audit.checks)} checks pass"
    checks = "\n".join(
        f"{'✅ pass' if check.is_passed else '❌ fail'} · {plain(check.name)} — {plain(check.evidence)}"
        for check in audit.checks
    )
    paragraphs = [stage, _field(summary, checks)]
    if audit.reason:
        paragraphs.append(_field("Reason", plain(audit.reason)))
    paragraphs.append(f"Model of RUN-{audit.run} for REQ-{audit.requirement} · digest `{audit.model_digest[:12]}`")
    if view.run:
        paragraphs.append(f"Trained by <@{view.run.ordered_by}>, who cannot decide on it")
    number = audit.number
    buttons = (
        Button("Approve", f"audit_approve:AUD-{number}", ButtonStyle.SUCCESS),
        Button("Request changes", f"audit_request_changes:AUD-{number}", ButtonStyle.SECONDARY),
        Button("Reject", f"audit_reject:AUD-{number}", ButtonStyle.DANGER),
    )
    footer = f"Next: /deploy propose run:{audit.run}" if audit.stage is S.APPROVED else ""
    return Card(headline, paragraphs, tone, buttons=buttons if audit.stage is S.IN_REVIEW else (), footer=footer)


ROLLOUT_STEPS = (S.REQUESTED, S.APPROVED, S.CREATING, S.VERIFYING, S.RAMPING, S.LIVE)


def _rollout(view: View) -> Card:
    rollout = cast("Rollout", view.thing)
    headline, tone, stage = _head(view, _title(view))
    paragraphs = [stage]
    if rollout.stage in ROLLOUT_STEPS:
        at = ROLLOUT_STEPS.index(rollout.stage)
        paragraphs.append(" → ".join(_step(step.value, index - at) for index, step in enumerate(ROLLOUT_STEPS)))
    if rollout.cause:
        paragraphs.append(_field("Cause", plain(clip(rollout.cause, 800))))
    paragraphs.append(
        f"`{rollout.model_name}` version `{rollout.model_version}` to endpoint `{rollout.endpoint}` "
        f"as `{rollout.deployment}`\nTraffic **{rollout.traffic_pct} %**"
        + (f" · smoke request answered in {rollout.latency_ms:.0f} ms" if rollout.latency_ms is not None else "")
    )
    paragraphs.append(_field("Why", plain(rollout.reason)) + f"\nProposed by <@{rollout.requested_by}>")
    if rollout.decision:
        paragraphs.append(_field("Decision", plain(rollout.decision)) + f"\nBy <@{rollout.decided_by}>")
    paragraphs.append(
        f"REQ-{rollout.requirement} · RUN-{rollout.run} · AUD-{rollout.audit} · digest `{rollout.model_digest[:12]}`"
    )
    buttons = (
        Button("Approve", f"rollout_approve:DEP-{rollout.number}", ButtonStyle.SUCCESS),
        Button("Decline", f"rollout_decline:DEP-{rollout.number}", ButtonStyle.DANGER),
    )
    footer = "Needs someone who neither trained nor proposed it" if rollout.stage is S.REQUESTED else ""
    return Card(headline, paragraphs, tone, buttons=buttons if rollout.stage is S.REQUESTED else (), footer=footer)


def _step(name: str, distance: int) -> str:
    if distance == 0:
        return f"**{name}**"
    return f"✓ {name}" if distance < 0 else name


def _incident(view: View) -> Card:
    incident = cast("Incident", view.thing)
    headline, tone, stage = _head(view, incident.title)
    paragraphs = [stage, _field("Cause", plain(incident.cause)), _field("Next step", incident.next_step)]
    if incident.log_tail:
        paragraphs.append("**Last log lines**\n" + fence(incident.log_tail, limit=1200))
    if incident.resolution:
        paragraphs.append(_field("Resolution", plain(incident.resolution)))
    if incident.handled_by:
        paragraphs.append(f"Handled by <@{incident.handled_by}>")
    number = incident.number
    acknowledge = Button("Acknowledge", f"acknowledge:INC-{number}", ButtonStyle.PRIMARY)
    resolve = Button("Resolve", f"resolve:INC-{number}", ButtonStyle.SUCCESS)
    buttons = {S.OPEN: (acknowledge, resolve), S.ACKNOWLEDGED: (resolve,)}.get(incident.stage, ())
    return Card(headline, paragraphs, tone, buttons=buttons)


def _measures(measurement: Mapping[str, Json]) -> str:
    drifts = cast("Sequence[Mapping[str, Json]]", measurement["drifts"])
    return "\n".join(
        f"{'⚠️ drifted' if drift['is_drifted'] else '✅ stable'} · {plain(str(drift['measure']))} — "
        f"{plain(str(drift['method']))} {drift['score']:.3g}, limit {drift['threshold']:g}"
        for drift in drifts
    )


def _monitor(view: View) -> Card:
    monitor = cast("Monitor", view.thing)
    headline, tone, stage = _head(view, _title(view))
    paragraphs = [stage]
    if view.measurement is None:
        paragraphs.append(
            "Nothing measured yet; the first comparison comes with the schedule, or press **Measure now**."
        )
    else:
        seen = view.measurement
        drifted = any(drift["is_drifted"] for drift in cast("Sequence[Mapping[str, Json]]", seen["drifts"]))
        tone = Tone.WARNING if drifted else tone
        paragraphs.append(
            f"Measured <t:{seen['at']}:R>: {seen['current_rows']} production rows beside {seen['reference_rows']} of "
            f"the reference\n{_measures(seen)}"
        )
    paragraphs.append(
        f"Endpoint `{monitor.endpoint}`, deployment `{monitor.deployment}` · "
        f"DEP-{monitor.rollout} · REQ-{monitor.requirement}"
    )
    buttons = [Button("Measure now", f"measure:MON-{monitor.number}", ButtonStyle.PRIMARY)]
    return Card(headline, paragraphs, tone, buttons=buttons if monitor.stage is S.WATCHING else ())


def _recommendation(view: View) -> Card:
    thing = cast("Recommendation", view.thing)
    headline, tone, stage = _head(view, f"Retrain {_title(view)}")
    if thing.stage is S.OPEN:
        tone, stage = Tone.WARNING, stage.replace("🔥", "🔁", 1)
    paragraphs = [stage, _field("What changed", "\n".join(f"- {finding}" for finding in thing.findings))]
    if thing.reason:
        paragraphs.append(_field("Reason", plain(thing.reason)))
    if thing.run:
        paragraphs.append(f"RUN-{thing.run} was ordered for it")
    paragraphs.append(f"DEP-{thing.rollout} · REQ-{thing.requirement} · MON-{thing.monitor}")
    buttons = (
        Button("Start retraining", f"retrain:REC-{thing.number}", ButtonStyle.SUCCESS),
        Button("Dismiss", f"dismiss:REC-{thing.number}", ButtonStyle.SECONDARY),
    )
    return Card(headline, paragraphs, tone, buttons=buttons if thing.stage is S.OPEN else ())


_DRAWERS: Mapping[Kind, Callable[[View], Card]] = {
    Kind.REQUIREMENT: _requirement,
    Kind.RUN: _run,
    Kind.AUDIT: _audit,
    Kind.ROLLOUT: _rollout,
    Kind.INCIDENT: _incident,
    Kind.MONITOR: _monitor,
    Kind.RECOMMENDATION: _recommendation,
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
            _field("What it is for", plain(clip(requirement.problem, 600))),
            _field("Held-out results", results or "none of the targets was measured"),
            people,
        ],
        Tone.GOOD,
        footer=f"Model {rollout.model_name} version {rollout.model_version}",
    )


def verdict(audit: Audit, requirement: Requirement, run: Run) -> Card:
    """Return the message that tells creator and analyst of an audit's verdict."""
    sign, tone = STAGE_SIGNS[audit.stage]
    people = sorted({run.ordered_by, requirement.filed_by})
    to_do = {
        S.APPROVED: f"A rollout may be proposed with `/deploy propose run:{run.number}`.",
        S.CHANGES_REQUESTED: f"Training may go on with `/train launch requirement:{requirement.number}`.",
        S.REJECTED: f"Training may go on with `/train launch requirement:{requirement.number}`.",
    }[audit.stage]
    return Card(
        f"{sign} AUD-{audit.number}: {audit.stage.value}",
        [
            f"The model of RUN-{run.number} for REQ-{requirement.number}, decided by <@{audit.decided_by}>.",
            _field("Reason", plain(audit.reason or "")),
            f"{' '.join(f'<@{person}>' for person in people)} {to_do}",
        ],
        tone,
        mentions=people,
    )
