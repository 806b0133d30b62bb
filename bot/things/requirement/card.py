"""The requirement's card, what others may know of it, and the list of all."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.core import words as core
from bot.core.cards import Button, ButtonStyle, Card, File, Tone
from bot.core.said import Said, Say
from bot.core.text import clip
from bot.core.values import Stage
from bot.core.view import Glance, StageFace, View, headline, newest, section, stage_line
from bot.things.requirement import words
from bot.things.requirement.budget import Budget
from bot.things.requirement.model import Requirement

STAGES: Mapping[Stage, StageFace] = {
    Stage.FILED: StageFace("📥", Tone.NEUTRAL, words.FILED),
    Stage.CLAIMED: StageFace("🛠️", Tone.BUSY, words.CLAIMED),
    Stage.FULFILLED: StageFace("✅", Tone.GOOD, words.FULFILLED),
    Stage.WITHDRAWN: StageFace("🚫", Tone.NEUTRAL, words.WITHDRAWN),
}
"""The stage's word within a line."""
SHOWN_RUNS = 5
TITLE_IN_LINE = 60


@dataclass(frozen=True, slots=True)
class RequirementView(View[Requirement]):
    """A requirement with what became of it so far."""

    runs: Sequence[Glance] = ()
    """The newest, as many as are shown."""
    budget: Budget | None = None
    """None when its GPU hours have no limit."""


def glance(requirement: Requirement) -> Glance:
    """Return what others may know of a requirement: who filed it, who claimed it, its problem and its targets."""
    people = (requirement.filed_by, requirement.claimed_by)
    return Glance(
        requirement.ref,
        requirement.stage,
        requirement.title,
        tuple(one for one in people if one is not None),
        figures={target.metric: target.threshold for target in requirement.targets},
        text=requirement.problem,
    )


def card(view: RequirementView, say: Say) -> Card:
    """Return the card: what is wanted and why, by when it is reached, and what became of it."""
    requirement, face = view.thing, STAGES[view.thing.stage]
    paragraphs = [stage_line(face, view.since, say)]
    if requirement.reason:
        paragraphs.append(section(say(core.REASON()), say(core.QUOTED(text=requirement.reason))))
    targets = "\n".join(say(words.TARGET(target=str(target))) for target in requirement.targets)
    paragraphs += [
        section(say(words.PROBLEM()), say(core.QUOTED(text=requirement.problem))),
        section(say(words.VALUE()), say(core.QUOTED(text=requirement.value))),
        section(say(words.TARGETS()), targets or say(words.NO_TARGET())),
    ]
    if requirement.constraints:
        paragraphs.append(section(say(words.CONSTRAINTS()), say(core.QUOTED(text=requirement.constraints))))
    paragraphs.append("\n".join(say(line) for line in _about(requirement)))
    if view.budget:
        paragraphs.append(section(say(words.GPU_HOURS()), say(view.budget.said)))
    if runs := [say(run.line) for run in view.runs if run.line]:
        paragraphs.append(section(say(words.RUNS()), "\n".join(runs)))
    is_free = requirement.stage is Stage.FILED
    whole = File(f"{requirement.ref}.md".lower(), _as_written(requirement, say).encode())
    return Card(
        headline(requirement, requirement.title, say),
        paragraphs,
        face.tone,
        whole=whole,
        whole_note=say(core.IN_FILE(file=whole.name)),
        buttons=(Button(say(words.CLAIM()), f"claim:{requirement.ref}", ButtonStyle.PRIMARY),) if is_free else (),
        footer=_next_step(requirement, say),
    )


def _about(requirement: Requirement) -> Sequence[Said]:
    """Return the lines on its dataset, its purpose and its people; at first the stage's line says who filed it."""
    about = words.ABOUT(dataset=requirement.dataset, deployment=words.DEPLOYMENTS[requirement.deployment_kind]())
    if requirement.stage is Stage.FILED:
        return (about,)
    if requirement.claimed_by is None:
        return about, words.FILED_BY(who=requirement.filed_by)
    return about, words.FILED_AND_CLAIMED_BY(who=requirement.filed_by, claimed_by=requirement.claimed_by)


def _next_step(requirement: Requirement, say: Say) -> str:
    match requirement.stage:
        case Stage.FILED:
            return say(words.NEXT_CLAIM())
        case Stage.CLAIMED:
            return say(words.NEXT_LAUNCH(number=requirement.number))
        case _:
            return ""


def _as_written(requirement: Requirement, say: Say) -> str:
    """Return everything that was filed, as a text to read outside of Discord."""
    parts = (
        (words.PROBLEM, requirement.problem),
        (words.VALUE, requirement.value),
        (words.TARGETS, "\n".join(f"- {target}" for target in requirement.targets)),
        (words.CONSTRAINTS, requirement.constraints),
        (words.DATASET, f"{requirement.dataset} · {say(words.DEPLOYMENTS[requirement.deployment_kind]())}"),
    )
    texts = [f"## {say(name())}\n\n{text}" for name, text in parts if text]
    return "\n\n".join([f"# {requirement.ref} · {requirement.title}", *texts]) + "\n"


def requirement_list(requirements: Sequence[Requirement], say: Say) -> Card:
    """Return the newest requirements as a card, a line each."""
    lines = [say(_line(one)) for one in requirements]
    return newest(say(words.LIST()), lines, say, empty=words.NONE_YET(), older=words.OLDER(count=len(lines)))


def _line(requirement: Requirement) -> Said:
    sign, stage = STAGES[requirement.stage].sign, core.STAGES[requirement.stage]()
    title = clip(requirement.title, TITLE_IN_LINE)
    if requirement.claimed_by is None:
        return words.LINE(sign=sign, requirement=requirement.ref, title=title, stage=stage)
    return words.LINE_CLAIMED_BY(
        sign=sign, requirement=requirement.ref, title=title, stage=stage, claimed_by=requirement.claimed_by
    )
