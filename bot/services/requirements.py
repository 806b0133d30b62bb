"""Requirements: filed by business analysts, claimed by creators."""

import re
from collections.abc import Collection

from bot.core.record import Decision, Record
from bot.core.values import SYSTEM, Actor, Ref, Stage
from bot.domain.drawing_parts import DEPLOYMENT_KINDS
from bot.domain.model import Incident, Requirement, Rollout, Run, Sweep, Target
from bot.domain.text import is_blank, quoted
from bot.errors import Refused, WrongStage
from bot.services.incidents import UNRESOLVED
from bot.services.planning import OPEN
from bot.services.rollouts import UNDER_WAY
from bot.services.things import every, get
from bot.things.requirement.rules import RequirementEvent
from bot.things.run.rules import RunEvent
from bot.things.sweep.rules import SweepEvent

KNOWN_METRICS = (
    "accuracy",
    "precision",
    "recall",
    "f1",
    "recall_worst_class",
    "latency_p95_ms",
)
"""What the built-in recipes measure. Other names may be targeted; an audit then says that they were not measured."""

TITLE_LIMIT = 100
TEXT_LIMIT = 1000
TARGET_LIMIT = 12
LARGEST_THRESHOLD = 1e12
LARGEST_BUDGET_GPU_H = 1_000_000
_TARGET = re.compile(
    r"^\s*([a-z][a-z0-9_ ]{0,39}?)\s*(>=|≥|<=|≤|>|<)\s*([0-9]*[.,]?[0-9]+)\s*(%|ms)?\s*$", re.IGNORECASE
)
_THOUSANDS = re.compile(r"[1-9][0-9]{0,2},[0-9]{3}")  # 1,000: a thousand to some, one to others


def parse_targets(text: str) -> tuple[Target, ...]:
    """Read targets such as `accuracy >= 0.85, latency_p95_ms <= 200`, by comma, semicolon or line.

    A per cent sign divides by a hundred.

    Raises:
        Refused: there is none, one cannot be read, one is named twice, or a share lies outside 0 to 1.
    """
    parts = [part for part in re.split(r"[;\n]|,(?!\d)", text) if part.strip()]
    if not parts:
        raise Refused("A requirement needs at least one target, such as `accuracy >= 0.85`; none was given.")
    if len(parts) > TARGET_LIMIT:
        raise Refused(
            f"A requirement takes at most {TARGET_LIMIT} targets; you gave {len(parts)}. Keep those that decide."
        )
    targets = tuple(_target(part) for part in parts)
    names = [target.metric for target in targets]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise Refused(f"The target `{twice[0]}` is given twice; state each measure once.")
    return targets


def _target(part: str) -> Target:
    match = _TARGET.match(part)
    if match is None:
        raise Refused(
            f"The target {quoted(part, limit=80)} cannot be read; "
            "write it as `accuracy >= 0.85` or `latency_p95_ms <= 200`."
        )
    name, sign, number, unit = match.groups()
    metric = "_".join(name.lower().split())
    if _THOUSANDS.fullmatch(number):
        raise Refused(
            f"The target `{metric}` can be read two ways; "
            f"write {number.replace(',', '')} or {float(number.replace(',', '.'))}."
        )
    threshold = float(number.replace(",", ".")) / (100 if unit == "%" else 1)
    is_share = metric in KNOWN_METRICS and not metric.endswith("_ms")
    if unit and (unit == "%") is metric.endswith("_ms"):
        raise Refused(
            f"The target `{metric}` cannot be in {unit}; write {'milliseconds' if unit == '%' else 'a share'}."
        )
    if threshold > LARGEST_THRESHOLD:
        raise Refused(f"The target `{metric}` is out of range; at most {LARGEST_THRESHOLD:g} can be asked for.")
    if is_share and not 0 <= threshold <= 1:
        raise Refused(
            f"The target `{metric}` is a share between 0 and 1; {threshold:g} is out of range. Write 0.85 or 85%."
        )
    return Target(metric=metric, at_least=sign in (">=", "≥", ">"), threshold=threshold)


def check_filing(record: Record, *, dataset: str, known_datasets: Collection[str], by: Actor) -> None:
    """Raise what `file` would for this person and dataset: for telling people before they fill in the form."""
    record.check_duty(RequirementEvent.FILED, by=by)
    _check_dataset(dataset, known_datasets)


def _check_dataset(dataset: str, known_datasets: Collection[str]) -> None:
    if dataset not in known_datasets:
        known = ", ".join(f"`{name}`" for name in known_datasets)
        raise Refused(f"There is no dataset {quoted(dataset, limit=60)}; there is {known}.")


async def file(
    record: Record,
    *,
    title: str,
    problem: str,
    deployment_kind: str,
    value: str,
    targets: str,
    constraints: str,
    dataset: str,
    known_datasets: Collection[str],
    by: Actor,
) -> Requirement:
    """File a requirement. Raises Refused for a text that is missing or too long, or targets that cannot be read."""
    title = _text("title", title, limit=TITLE_LIMIT)
    problem = _text("problem", problem, limit=TEXT_LIMIT)
    value = _text("value", value, limit=TEXT_LIMIT)
    constraints = _text("constraints", constraints, limit=TEXT_LIMIT, may_be_empty=True)
    if deployment_kind not in DEPLOYMENT_KINDS:
        raise Refused(
            f"The deployment kind {quoted(deployment_kind)} is unknown; choose one of {', '.join(DEPLOYMENT_KINDS)}."
        )
    _check_dataset(dataset, known_datasets)
    requirement = Requirement(
        title=title,
        problem=problem,
        deployment_kind=deployment_kind,
        value=value,
        targets=parse_targets(targets),
        constraints=constraints,
        dataset=dataset,
        filed_by=by.id,
    )
    async with record.decide(by) as decision:
        return await decision.open(requirement, RequirementEvent.FILED)


def _text(name: str, text: str, *, limit: int, may_be_empty: bool = False) -> str:
    text = "" if is_blank(text) else text.strip()
    if not text and not may_be_empty:
        raise Refused(f"The {name} is empty; say it in a few words.")
    if len(text) > limit:
        raise Refused(f"The {name} has {len(text)} characters; at most {limit} fit on its card. Shorten it.")
    return text


async def claim(record: Record, number: int, *, by: Actor) -> Requirement:
    """Take a filed requirement on."""
    async with record.decide(by) as decision:
        return await decision.move(Requirement, number, RequirementEvent.CLAIMED, claimed_by=by.id)


async def set_budget(record: Record, number: int, gpu_h: float | None, *, by: Actor) -> Requirement:
    """Set how many GPU hours all runs of a requirement may take together; None lifts the limit."""
    if gpu_h is not None and not 0 <= gpu_h <= LARGEST_BUDGET_GPU_H:
        raise Refused(f"A budget lies between 0 and {LARGEST_BUDGET_GPU_H:,} GPU hours; {gpu_h:g} is out of range.")
    async with record.decide(by) as decision:
        return await decision.move(
            Requirement, number, RequirementEvent.BUDGETED, details={"gpu_h": gpu_h}, budget_gpu_h=gpu_h
        )


async def withdraw(record: Record, number: int, *, reason: str, by: Actor) -> Requirement:
    """Withdraw a requirement that is not fulfilled: its plans are discarded, its runs go on until they are cancelled.

    Raises:
        Refused: one of its models is on the way to production.
    """
    reason = _text("reason", reason, limit=TEXT_LIMIT)
    async with record.decide(by) as decision:
        withdrawn = await decision.move(Requirement, number, RequirementEvent.WITHDRAWN, details={"reason": reason})
        for rollout in await decision.tx.select(Rollout, requirement=number, stages=UNDER_WAY, limit=1):
            raise WrongStage(
                f"DEP-{rollout.number} for REQ-{number} is *{rollout.stage.value}*; have it aborted on its "
                "card by a creator or an operator, then withdraw."
            )
        await _discard_plans(decision, number)
        await _mark_cards(decision, number)
        return withdrawn


async def _mark_cards(decision: Decision, number: int) -> None:
    """Have the cards drawn that offer another attempt of a requirement's runs: nobody may order one any more."""
    stages = (Stage.FAILED.value, Stage.CANCELLED.value, *(stage.value for stage in OPEN))
    runs = await decision.tx.select(Run, requirement=number, sweep=None, stages=stages)
    sweeps = await decision.tx.select(Sweep, requirement=number, stages=(Stage.RUNNING.value, Stage.ENDED.value))
    offering = [*(Ref(Sweep.kind, one.number) for one in sweeps), *(Ref(Run.kind, one.number) for one in runs)]
    told_of, told = set(offering), await every(decision.tx, Incident, stages=UNRESOLVED)
    telling = [Ref(one.kind, one.number) for one in told if one.about.thing in told_of]
    await decision.tx.mark_card(*offering, *telling, not_before=decision.at)


async def discarded_plans(record: Record, number: int) -> bool:
    """Discard what is planned for a requirement that was withdrawn, as `withdraw` once did not; tell whether it was."""
    if (await get(record.store, Requirement, number)).stage is not Stage.WITHDRAWN:
        return False
    async with record.decide(SYSTEM) as decision:
        await _discard_plans(decision, number)
    return True


async def _discard_plans(decision: Decision, number: int) -> None:
    """Discard what was only planned for a requirement: nobody may launch it any more."""
    system, details = decision.by_system(), {"reason": f"REQ-{number} was withdrawn"}
    planned = (Stage.PLANNED.value,)
    for run in await every(decision.tx, Run, requirement=number, stages=planned):
        await system.move(Run, run.number, RunEvent.CANCELLED, details=details)
    for sweep in await every(decision.tx, Sweep, requirement=number, stages=planned):
        await system.move(Sweep, sweep.number, SweepEvent.CANCELLED, details=details)
