"""What business analysts file and creators claim."""

from collections.abc import Collection

from bot.core.record import Record
from bot.core.text import is_blank, typed
from bot.core.values import Actor
from bot.errors import Refused
from bot.things.requirement import words
from bot.things.requirement.model import Requirement
from bot.things.requirement.rules import RequirementEvent
from bot.things.requirement.targets import parse_targets

TITLE_LIMIT = 100
TEXT_LIMIT = 1000
LARGEST_BUDGET_GPU_H = 1_000_000
QUOTED_LIMIT = 60


def check_filing(record: Record, *, dataset: str, known_datasets: Collection[str], by: Actor) -> None:
    """Raise what `file` would for this person and dataset: for telling people before they fill in the form."""
    record.check_duty(RequirementEvent.FILED, by=by)
    _check_dataset(dataset, known_datasets)


def _check_dataset(dataset: str, known_datasets: Collection[str]) -> None:
    if dataset not in known_datasets:
        raise Refused(words.NO_SUCH_DATASET(dataset=typed(dataset, limit=QUOTED_LIMIT), known=tuple(known_datasets)))


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
    title = checked_text("title", title, limit=TITLE_LIMIT)
    problem = checked_text("problem", problem)
    value = checked_text("value", value)
    constraints = checked_text("constraints", constraints, may_be_empty=True)
    if deployment_kind not in words.DEPLOYMENTS:
        raise Refused(words.NO_SUCH_DEPLOYMENT(deployment=typed(deployment_kind), known=tuple(words.DEPLOYMENTS)))
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


def checked_text(name: str, text: str, *, limit: int = TEXT_LIMIT, may_be_empty: bool = False) -> str:
    """Return the text without outer blanks. Raises Refused when it is empty or too long, with the field's name."""
    text = "" if is_blank(text) else text.strip()
    if not text and not may_be_empty:
        raise Refused(words.EMPTY(field=words.FIELDS[name]()))
    if len(text) > limit:
        raise Refused(words.TOO_LONG(field=words.FIELDS[name](), length=len(text), limit=limit))
    return text


async def claim(record: Record, number: int, *, by: Actor) -> Requirement:
    """Take a filed requirement on."""
    async with record.decide(by) as decision:
        return await decision.move(Requirement, number, RequirementEvent.CLAIMED, claimed_by=by.id)


async def set_budget(record: Record, number: int, gpu_h: float | None, *, by: Actor) -> Requirement:
    """Set how many GPU hours all runs of a requirement may take together; None lifts the limit."""
    if gpu_h is not None and not 0 <= gpu_h <= LARGEST_BUDGET_GPU_H:
        raise Refused(words.BUDGET_OUT_OF_RANGE(most=LARGEST_BUDGET_GPU_H, given=gpu_h))
    async with record.decide(by) as decision:
        return await decision.move(Requirement, number, RequirementEvent.BUDGETED, budget_gpu_h=gpu_h)
