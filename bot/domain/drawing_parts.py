"""What all cards share: the view they are drawn from, stage signs, headline, fields and lines."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.core.cards import Tone
from bot.core.text import clip, figure, plain
from bot.core.values import Fact, Stage, Thing
from bot.lifecycle import moves
from bot.things.audit.model import Audit
from bot.things.incident.model import Incident
from bot.things.incident.readings import ManyRuns
from bot.things.recipe.card import STAGES as OF_RECIPES
from bot.things.requirement.budget import Budget
from bot.things.requirement.card import STAGES as OF_REQUIREMENTS
from bot.things.requirement.model import Requirement
from bot.things.run.card import STAGES as OF_RUNS
from bot.things.run.card import line
from bot.things.run.causes import Remedy
from bot.things.run.model import Run
from bot.things.run.readings import Outlook, Progress, SlurmWords
from bot.things.run.rules import RunEvent
from bot.things.sweep.rules import SweepEvent

S = Stage

STAGE_SIGNS: Mapping[Stage, tuple[str, Tone]] = {
    **{
        stage: (face.sign, face.tone)
        for faces in (OF_REQUIREMENTS, OF_RUNS, OF_RECIPES)
        for stage, face in faces.items()
    },
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
    S.SUPERSEDED: ("⏭️", Tone.NEUTRAL),
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

_CANCEL_ASKED = (RunEvent.CANCEL_REQUESTED, SweepEvent.CANCEL_REQUESTED)
SHOWN_METRICS = 8


@dataclass(frozen=True, slots=True)
class View:
    """A thing with the facts around it that its card shows."""

    thing: Thing
    history: Sequence[Fact]
    requirement: Requirement | None = None
    runs: Sequence[Run] = ()
    """Of a sweep those that failed."""
    audit: Audit | None = None
    run: Run | None = None
    """Of an audit, a rollout or a monitor; of a planned sweep the first, by which it is planned."""
    progress: Progress | None = None
    slurm: SlurmWords | None = None
    """For an open run."""
    held_back: str = ""
    """For an ordered run or sweep: why it was not sent when it was to be."""
    outage_since: datetime | None = None
    """For a run or sweep that has not ended: since when the cluster cannot be asked, if it cannot."""
    outlook: Outlook | None = None
    """For a planned run or sweep: what the cluster would do with it; None while it has not said."""
    budget: Budget | None = None
    """Of the requirement, for what is planned."""
    like: Run | None = None
    """The run that this one repeats."""
    tracking_url: str = ""
    """Where the run's present attempt stands in MLflow."""
    remedies: Sequence[Remedy] = ()
    """For a run that failed or is in trouble, and for the incident about it: the presses that fit the cause."""
    remedy_counts: Mapping[Remedy, int] | None = None
    """For a sweep, and for the incident about it: how many of its runs each of them fits."""
    incident: Incident | None = None
    """For a run: the newest incident about it that is not resolved."""
    many: ManyRuns | None = None
    """For an incident about many runs."""
    leaders: Sequence[Run] = ()
    """For a sweep: its runs with results, best first."""
    runners: Sequence[tuple[int, Progress]] = ()
    """For a sweep: its runs that run, by number, with their newest progress, best first."""
    stage_counts: Mapping[str, int] | None = None
    """For a sweep: how many of its runs stand at each stage."""


def head(view: View, title: str) -> tuple[str, Tone, str]:
    """Return the headline, the tone, and the line that says the stage in words, since when and by whom."""
    thing = view.thing
    sign, tone = STAGE_SIGNS[thing.stage]
    since = next((fact for fact in reversed(view.history) if moves(thing.kind, fact.event)), None)
    when = f" · <t:{int(since.at.timestamp())}:R>" if since else ""
    by = f" · by <@{since.by}>" if since and since.by else ""
    asked = view.history[-1] if view.history and view.history[-1].event in _CANCEL_ASKED else None
    asked_by = f"\n🛑 <@{asked.by}> asked to cancel it <t:{int(asked.at.timestamp())}:R>" if asked else ""
    return (
        f"{thing.kind}-{thing.number} · {plain(clip(title, 100))}",
        tone,
        f"{sign} **{thing.stage.capitalize()}**{by}{when}{asked_by}",
    )


def cause_lines(view: View) -> list[str]:
    """Return the paragraph that says why a sweep failed, which the record alone tells."""
    fact = next((one for one in reversed(view.history) if moves(view.thing.kind, one.event)), None)
    if fact is None or view.thing.stage is not S.FAILED:
        return []
    told = fact.details.get("cause") or fact.details.get("reason")
    return [field("Cause", plain(clip(str(told), 800)))] if told else []


def outage_lines(view: View) -> list[str]:
    """Return the paragraph that says that the cluster cannot be asked, if it cannot."""
    if view.outage_since is None:
        return []
    what = {
        S.PLANNED: "when it would start is asked when the cluster answers again",
        S.ORDERED: "it is sent when the cluster answers again",
    }.get(view.thing.stage, "this is what was seen last")
    return [f"🔌 The cluster cannot be asked since <t:{int(view.outage_since.timestamp())}:R>; {what}."]


def field(name: str, text: str) -> str:
    """Return a paragraph with its heading."""
    return f"**{name}**\n{text}"


def title_of(view: View) -> str:
    """Return the title of the requirement that the thing is for."""
    return view.requirement.title if view.requirement else ""


def run_line(run: Run) -> str:
    """Return a run in a line, for lists."""
    return str(line(run))


def metric_lines(metrics: Mapping[str, float]) -> str:
    """Return the first measures, a line each."""
    shown = list(metrics.items())[:SHOWN_METRICS]
    return "\n".join(f"- {plain(name)} **{figure(value)}**" for name, value in shown)
