"""The cards of runs and sweeps: progress, results, attempts, the leaderboard."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import starmap
from typing import cast

from bot.core.cards import Button, ButtonStyle, Card
from bot.core.text import as_typed, bar, clip, duration, figure, plain, quoted
from bot.core.values import Kind, Ref, Stage
from bot.domain.drawing_parts import STAGE_SIGNS, View, cause_lines, field, head, metric_lines, outage_lines, title_of
from bot.domain.drawing_remedies import HOW, remedy_buttons, remedy_words
from bot.lifecycle import step
from bot.things.run.budget import gpu_h_at_most
from bot.things.run.model import Resources, Run
from bot.things.run.readings import Outlook, Progress, SlurmWords
from bot.things.run.reproduction import compared
from bot.things.run.rules import RunEvent
from bot.things.run.waiting import is_a_word, wait_of
from bot.things.sweep.measures import is_less_better
from bot.things.sweep.model import Sweep
from bot.things.sweep.rules import SweepEvent

S = Stage


def run_card(view: View) -> Card:
    """Return a run's card."""
    run = cast("Run", view.thing)
    headline, tone, stage = head(view, title_of(view))
    deed = "planned" if run.stage is S.PLANNED else "ordered"
    people = f"For REQ-{run.requirement} · {deed} by <@{run.ordered_by}>"
    paragraphs = [stage, *outage_lines(view), *_turn(view), *_state(view, run), *_words(run), _settings(run), people]
    return Card(headline, paragraphs, tone, buttons=tuple(_buttons(view, run)), footer=_run_footer(view, run))


def _turn(view: View) -> Iterator[str]:
    """Yield why it waits though the cluster answers."""
    if view.held_back:
        yield f"⏳ It is sent when it is its turn: {view.held_back}."


def _state(view: View, run: Run) -> Iterator[str]:
    """Yield what is to be said of where the run stands."""
    if run.stage is S.PLANNED:
        yield field("Plan", _plan(view, run, count=1))
    if run.stage is S.RUNNING and view.progress:
        yield _progress(view.progress)
    if view.slurm:
        yield from _slurm(view.slurm, run)
    if run.cause:
        yield field("Cause", plain(clip(run.cause, 600)))
    if run.stage is S.CANCELLED:
        yield from _stopped(view, run)
    yield from _incident(view, run)
    yield from remedy_words(view)
    if run.metrics:
        yield field("Held-out results", metric_lines(run.metrics))
        if view.like is not None:
            yield field(f"Repeats RUN-{run.like}", plain(compared(view.like, run)))


def _slurm(said: SlurmWords, run: Run) -> Iterator[str]:
    """Yield what SLURM says of an open run."""
    reason, is_in_queue = said.reason, run.stage in (S.QUEUED, S.RUNNING)
    if reason and said.is_unclear:
        what = "SLURM shows a state that Slipway does not know" if is_a_word(reason) else "What SLURM says is not clear"
        yield f"❔ {what}: *{plain(clip(reason, 200))}*"
    elif reason and is_in_queue:
        wait = wait_of(reason) if run.stage is S.QUEUED else None
        yield f"SLURM says: *{plain(clip(reason, 200))}*" + (f", {wait.said}" if wait else "")
    if is_in_queue and said.restarts:
        yield f"🔁 SLURM has requeued it {'once' if said.restarts == 1 else f'{said.restarts} times'}"


def _stopped(view: View, run: Run) -> Iterator[str]:
    """Yield who asked for the end of a run, and whether it saved: both are known of the record only."""
    since = next((at for at, fact in enumerate(reversed(view.history)) if fact.event in _BEGINNINGS), len(view.history))
    facts = {fact.event: fact for fact in view.history[len(view.history) - since :]}
    asked, ended = facts.get(RunEvent.CANCEL_REQUESTED), facts.get(RunEvent.CANCELLED)
    who = f"<@{asked.by}> asked for it" if asked else ""
    reason = str(ended.details.get("reason") or "") if ended else ""
    saved = "" if reason.startswith("by uid") or run.cause else plain(clip(reason, 200))
    if said := "; ".join(filter(None, (who, saved))):
        yield f"🛑 {said}"
    if _is_resumable(run) and not view.remedies:
        yield HOW


def _is_resumable(run: Run) -> bool:
    return run.stage is S.CANCELLED and bool(run.job_id or run.resume_from)


_BEGINNINGS = frozenset({RunEvent.RETRIED.value, RunEvent.RESUMED.value})


def _incident(view: View, run: Run) -> Iterator[str]:
    """Yield what Ops were told of it, and what to do; of a failure the cause stands there already."""
    if view.incident is None:
        return
    told, hand = view.incident, view.incident.handled_by
    who = f"<@{hand}> deals with it" if hand else "Ops know of it"
    cause = "" if run.cause else f"⚠️ **{plain(told.title)}**\n{plain(clip(told.cause, 600))}\n"
    yield f"{cause}{field('Next step', told.next_step)}\n-# INC-{told.number}: {who}"


def _words(run: Run) -> Iterator[str]:
    """Yield what people wrote about it."""
    for name, text in (("Hypothesis", run.hypothesis), ("Conclusion", run.conclusion)):
        if text:
            yield field(name, plain(text))


def _plan(view: View, run: Run, *, count: int) -> str:
    """Return when it would start, and what so many runs like it may cost."""
    if view.outlook:
        when = _start(view.outlook)
    elif view.outage_since is None:
        when = "⏳ Asking the cluster when it would start…"
    else:
        when = "⏳ Nobody knows its start yet"
    cost = f"At most **{gpu_h_at_most(run.resources) * count:.1f}** GPU hours"
    budget = f"\nBudget of REQ-{run.requirement}: {view.budget.said}" if view.budget else ""
    return f"{when}\n{cost}{budget}"


def _start(told: Outlook) -> str:
    """Return when the cluster says that a plan would start, or why it would not."""
    if told.refused:
        when = f"❌ {clip(told.refused, 600)}\n{told.nearest}".rstrip()
    elif told.is_at_once:
        when = "🟢 It would start at once"
    elif told.starts_at:
        when = f"⏳ It would start <t:{int(told.starts_at.timestamp())}:R>, as the queue stands"
    else:
        when = "⏳ SLURM cannot say when it would start"
    as_of = f" · as of <t:{int(told.at.timestamp())}:t>" if told.at else ""
    said = f"\n-# {plain(clip(told.said, 200))}" if told.said else ""
    return f"{when}{as_of}{said}"


def _buttons(view: View, run: Run) -> Iterator[Button]:
    """Yield the presses that fit how it ended or what troubles it, and the others that its stage allows."""
    standing = tuple(_standing_buttons(view, run))
    ids = {button.id for button in standing}
    yield from (one for one in remedy_buttons(view, Ref(Kind.RUN, run.number)) if one.id not in ids)
    yield from standing


def _standing_buttons(view: View, run: Run) -> Iterator[Button]:
    """Yield the presses that its stage allows."""
    if run.stage is S.PLANNED and run.sweep is None:  # a sweep's is launched and discarded on the sweep's card
        yield from _plan_buttons(view, run, launch=f"launch:RUN-{run.number}", discard=f"cancel:RUN-{run.number}")
    if run.stage in (S.ORDERED, S.SUBMITTED, S.QUEUED, S.RUNNING):
        yield Button("Cancel", f"cancel:RUN-{run.number}", ButtonStyle.DANGER)
    if run.stage is S.RUNNING:
        yield Button("Save and stop", f"stop:RUN-{run.number}", ButtonStyle.SECONDARY)
    if _is_resumable(run):
        yield Button("Resume", f"resume:RUN-{run.number}", ButtonStyle.PRIMARY)
    has_log = run.stage not in (S.SUBMITTED, S.QUEUED) if run.job_id else run.attempt > 1  # that of the attempt before
    if has_log:
        yield Button("Log", f"log:RUN-{run.number}")


def _plan_buttons(view: View, run: Run, *, launch: str, discard: str) -> Iterator[Button]:
    told = view.outlook or Outlook()
    if told.refused is None:
        yield Button("Launch", launch, ButtonStyle.SUCCESS)
    if told.script is not None:
        yield Button("Show the script", f"script:RUN-{run.number}")
    yield Button("Discard", discard)


def _settings(run: Run) -> str:
    parameters = " ".join(f"{name}={as_typed(value)}" for name, value in run.parameters.items() if value != "")
    shown = quoted(f"{clip(parameters, SHOWN_SETTINGS)} seed={run.seed}", limit=SHOWN_SETTINGS + 20)
    return f"`{run.recipe}` on `{run.dataset}` · {shown}\n{_asked(run.resources)}"


def _asked(asked: Resources) -> str:
    kind = f" {asked.gpu_type}" if asked.gpu_type else ""
    more = [f"{name} `{value}`" for name, value in (("account", asked.account), ("QOS", asked.qos)) if value]
    if asked.exclude:
        more.append(f"not on {', '.join(f'`{node}`' for node in asked.exclude)}")
    return f"{asked.nodes} node × {asked.gpus}{kind} GPU, {asked.cpus} CPU, {asked.memory_gib} GiB · " + " · ".join(
        [f"{duration(asked.time_limit_min * 60)} at most", f"partition `{asked.partition}`", *more]
    )


def _run_footer(view: View, run: Run) -> str:
    parts = [f"SLURM job {run.job_id}"] if run.job_id else []
    if run.node and run.stage is not S.QUEUED:
        parts.append(f"node {plain(clip(run.node, 100))}")
    if run.attempt > 1:
        parts.append(f"attempt {run.attempt}")
    if run.gpu_h:
        parts.append(f"{run.gpu_h:.2f} GPU hours")
    url = run.tracking_url or view.tracking_url
    version = f"model version {run.model_version}" if run.model_version else ""
    if url.startswith(("http://", "https://")):  # what MLflow keeps in a local folder has no page
        parts.append(f"[{version or 'MLflow'}]({url})")
    elif version:
        parts.append(version)
    if view.audit:
        parts.append(f"AUD-{view.audit.number} {view.audit.stage.value}")
    return " · ".join(parts)


def _progress(seen: Progress) -> str:
    epoch, epochs, left_s = seen.epoch, seen.epochs, seen.left_s
    if left_s is None:
        share = (epoch - 1) / epochs if epochs else 0.0  # the epoch it is in is not done
    else:
        share = seen.elapsed_s / (seen.elapsed_s + left_s) if left_s > 0 else 1.0
    left_text = f" · {duration(left_s)} left" if left_s is not None else ""
    used = " · ".join(_used(seen))
    return (
        f"`{bar(share)}` {share:.0%} · epoch {epoch} of {epochs}{left_text}\n"
        f"loss **{seen.loss:.4f}** · {plain(seen.metric)} **{seen.value:.3f}**" + (f"\n{used}" if used else "")
    )


def _used(seen: Progress) -> Iterator[str]:
    """Yield what a run uses, as far as it says so."""
    if seen.gpu_share is not None:
        yield f"GPU {seen.gpu_share:.0%} busy"
    if seen.gpu_memory_gib is not None:
        of = "" if seen.gpu_memory_total_gib is None else f" of {seen.gpu_memory_total_gib:.0f}"
        yield f"GPU memory {seen.gpu_memory_gib:.1f}{of} GiB"
    if seen.memory_gib is not None:
        yield f"memory {seen.memory_gib:.1f} GiB"
    if seen.rows_per_s is not None:
        yield f"{seen.rows_per_s:,.0f} rows/s"


SHOWN_SETTINGS = 1000
"""Characters of parameters."""
LEADERS = 10
RUNNERS = 5
NAMED = 5
"""Of the runs that failed of one cause."""


def sweep_card(view: View) -> Card:
    """Return a sweep's card, with its leaderboard."""
    sweep = cast("Sweep", view.thing)
    headline, tone, stage = head(view, title_of(view))
    deed = "planned" if sweep.stage is S.PLANNED else "ordered"
    first = view.run if sweep.stage is S.PLANNED else None
    state = _sweep_plan(view, sweep, first) if first else _sweep_state(view, sweep)
    space = (
        f"{sweep.method} over {quoted(sweep.space, limit=300)}\n`{sweep.recipe}`, {sweep.at_once} at once"
        f" · REQ-{sweep.requirement} · {deed} by <@{sweep.ordered_by}>"
    )
    is_known = bool(sweep.job_id) or sweep.stage in (S.PLANNED, S.ORDERED)  # none of its runs ever was, otherwise
    asked = [one for one in view.history if one.event == SweepEvent.CANCEL_REQUESTED]
    wished = [f"🛑 <@{asked[-1].by}> asked for it"] if asked and sweep.stage is S.CANCELLED else []
    paragraphs = [
        stage,
        *wished,
        *_not_sent(view),
        *outage_lines(view),
        *_turn(view),
        *(state if is_known else ()),
        space,
    ]
    if sweep.best_run:
        paragraphs.append(f"RUN-{sweep.best_run} was promoted to Audit")
    footer = f"SLURM array {sweep.job_id}" if sweep.job_id else ""
    return Card(headline, paragraphs, tone, buttons=tuple(_sweep_buttons(view, sweep)), footer=footer)


def _not_sent(view: View) -> Iterator[str]:
    """Yield why a sweep could not be submitted, and what to do."""
    if view.thing.stage is S.FAILED:
        yield from cause_lines(view)
        yield field("Next step", "Change what the cause names, and launch it again with `/sweep launch`.")


def _sweep_plan(view: View, sweep: Sweep, first: Run) -> Iterator[str]:
    yield field("Plan", _plan(view, first, count=sweep.run_count))
    yield f"{sweep.run_count} runs, each on\n{_asked(first.resources)}"


def _sweep_state(view: View, sweep: Sweep) -> Iterator[str]:
    counts = view.stage_counts or {}
    done = sum(counts.get(one.value, 0) for one in (S.SUCCEEDED, S.FAILED, S.CANCELLED))
    tally = " · ".join(f"{STAGE_SIGNS[Stage(one)][0]} {count} {one}" for one, count in counts.items() if count)
    yield f"`{bar(done / sweep.run_count)}` {done} of {sweep.run_count} runs ended\n{tally}"
    is_unmeasured = bool(counts.get(S.SUCCEEDED.value)) and not view.leaders
    board = _unmeasured(sweep.number) if is_unmeasured else _board(view.leaders, sweep.metric)
    order = "less is better" if is_less_better(sweep.metric) else "more is better"
    yield field(f"Best by {plain(sweep.metric)}, {order}", board)
    if view.runs:
        yield "\n".join([field("Failed", "\n".join(_failed_lines(view.runs))), *remedy_words(view)])
    if view.runners:
        yield field("Still training", "\n".join(starmap(_runner, view.runners[:RUNNERS])))


def _unmeasured(number: int) -> str:
    return f"no run that succeeded has measured it; name one with `run:` in `/sweep promote sweep:{number}`"


def _sweep_buttons(view: View, sweep: Sweep) -> Iterator[Button]:
    own = Ref(Kind.SWEEP, sweep.number)
    if sweep.stage is S.PLANNED and view.run:
        yield from _plan_buttons(view, view.run, launch=f"launch_sweep:{own}", discard=f"cancel_sweep:{own}")
    if view.leaders and not sweep.best_run and step(Kind.SWEEP, sweep.stage, SweepEvent.PROMOTED):
        yield Button("Promote the best", f"promote:{own}", ButtonStyle.SUCCESS)
    yield from remedy_buttons(view, own)
    if sweep.stage in (S.ORDERED, S.RUNNING):
        yield Button("Cancel", f"cancel_sweep:{own}", ButtonStyle.DANGER)


def _failed_lines(runs: Sequence[Run]) -> Iterator[str]:
    """Yield how many failed of each cause, the commonest first, with the runs to look at."""
    groups: dict[str, list[int]] = defaultdict(list)
    for run in runs:
        groups[run.failure or "an unknown cause"].append(run.number)
    for cause, numbers in sorted(groups.items(), key=lambda item: (-len(item[1]), item[0])):
        named = " ".join(f"RUN-{number}" for number in sorted(numbers)[:NAMED])
        more = f" and {len(numbers) - NAMED} more" if len(numbers) > NAMED else ""
        yield f"- *{cause}*, {len(numbers)} run{'s' if len(numbers) > 1 else ''}: {named}{more}"


def _runner(number: int, seen: Progress) -> str:
    return f"🏃 **{figure(seen.value)}** RUN-{number} in epoch {seen.epoch} of {seen.epochs}, on validation rows"


def _board(leaders: Sequence[Run], metric: str) -> str:
    if not leaders:
        return "no run has a result yet"
    common = set.intersection(*({(name, value) for name, value in run.parameters.items()} for run in leaders))
    lines = []
    for place, run in enumerate(leaders[:LEADERS], start=1):
        differing = [
            f"{name}={as_typed(value)}"
            for name, value in run.parameters.items()
            if len(leaders) == 1 or (name, value) not in common
        ]
        settings = f" {quoted(' '.join(differing), limit=SHOWN_SETTINGS)}" if differing else ""
        lines.append(f"{place}. **{figure((run.metrics or {})[metric])}** RUN-{run.number}{settings}")
    return "\n".join(lines)
