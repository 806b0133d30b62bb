"""From a wish to an order: a run is planned, the cluster is asked what it would do with it, and a press sends it."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.config import ClusterSettings
from bot.core.record import Decision, Record
from bot.core.said import Phrase, Said, Value
from bot.core.text import typed
from bot.core.values import Actor, PersonId, Ref, Stage
from bot.core.words import WRITTEN
from bot.errors import Refused, WrongStage
from bot.ports import Forecast, Node, Reader, Store, Writer
from bot.services import unaccounted
from bot.services.recipes import to_launch
from bot.services.things import every, found
from bot.things.recipe.recipe import Recipe
from bot.things.requirement.budget import Budget
from bot.things.requirement.model import Requirement
from bot.things.run import answers_words as answers
from bot.things.run import words
from bot.things.run.budget import gpu_h_at_most
from bot.things.run.events import RunEvent
from bot.things.run.model import Resources, Run
from bot.things.run.readings import ASKED, OUTLOOK, Asked, Outlook
from bot.things.sweep.model import Sweep

OPEN = (Stage.SUBMITTED, Stage.QUEUED, Stage.RUNNING)
HYPOTHESIS_LIMIT = 500
MAX_SEED = 2**31 - 1
SOON = timedelta(minutes=1)
"""A start within this is called at once."""
PACE = ((10, timedelta(minutes=1)), (20, timedelta(minutes=5)), (60, timedelta(minutes=30)))
"""How long an answer about a plan holds, as long as it was asked about no more often than so."""
SLOWEST = timedelta(hours=3)
"""How long it holds after that: whoever comes back to an old plan is told when the answer is of."""
REFUSAL_HOLDS = timedelta(minutes=5)
"""How long it holds at most when it keeps the plan from being launched."""
_SLURM_WORD = re.compile(r"[A-Za-z0-9_.-]{0,40}")


@dataclass(frozen=True, slots=True)
class Wish:
    """What a creator asks for when planning a run."""

    recipe: str = ""
    """Empty for the first that reads the requirement's dataset."""
    dataset_version: str = ""
    """Empty for the newest that the recipe reads."""
    parameters: str = ""
    seed: int = 7
    hypothesis: str = ""
    partition: str | None = None
    nodes: int = 1
    gpus: int = 1
    cpus: int = 4
    memory_gib: int = 8
    time_limit_min: int = 60
    gpu_type: str = ""
    account: str = ""
    qos: str = ""


async def plan(
    record: Record, requirement: int, wish: Wish, *, recipes: Mapping[str, Recipe], cluster: ClusterSettings, by: Actor
) -> Run:
    """Plan a training run for a claimed or fulfilled requirement; nothing is sent before `order`.

    Raises:
        Refused: the request is impossible, told with what is possible.
    """
    async with record.decide(by) as decision:
        run = await draft(decision.tx, requirement, wish, recipes=recipes, cluster=cluster, by=by.id)
        return await opened(decision, run)


async def opened(decision: Decision, run: Run) -> Run:
    """Plan a run within a transaction. The cluster is asked at once, and anew if that comes to nothing."""
    run = await decision.open(run, RunEvent.PLANNED)
    await _ask_again(decision.tx, run.number, count=0, at=decision.at)
    return run


async def order(record: Record, number: int, *, by: Actor) -> Run:
    """Send a planned run to the cluster. What may have changed since it was planned is checked again."""
    async with record.decide(by) as decision:
        run = await decision.check(Run, number, RunEvent.ORDERED)
        must_not_be_a_sweeps_plan(run)
        wanted = await found(decision.tx, Requirement, run.requirement)
        must_be_trainable(wanted)
        await must_fit_budget(decision.tx, wanted, run.resources)
        await must_be_possible(decision.tx, run)
        return await decision.move(Run, number, RunEvent.ORDERED, ordered_by=by.id)


async def forecast(record: Record, number: int, told: Forecast) -> None:
    """Keep what the cluster would do with a planned run, for its card."""
    now = record.now()
    is_at_once = told.starts_at is not None and told.starts_at - now < SOON
    starts_at = None if is_at_once else told.starts_at
    outlook = Outlook(now, told.script, is_at_once=is_at_once, starts_at=starts_at, said=told.said)
    await _keep(record, number, outlook, at=now)


async def cannot_start(record: Record, number: int, refusal: Refused, nodes: Sequence[Node]) -> None:
    """Keep why the cluster would refuse a planned run, with the nearest request that some of its nodes could serve."""
    async with record.store.reading() as tx:
        asked = (await found(tx, Run, number)).resources
    possible = nearest(asked, nodes)
    hint = words.NEAREST(options=as_options(possible)) if possible and possible != asked else None
    told = refusal.said if isinstance(refusal.said, Said) else WRITTEN(text=str(refusal))
    now = record.now()
    await _keep(record, number, Outlook(now, refused=told, nearest=hint), at=now)


async def script_of(store: Store, number: int) -> str:
    """Return the batch script of a planned run. Raises WrongStage when the cluster has not said yet."""
    async with store.reading() as tx:
        told = await tx.reading(Ref(Run.kind, number), OUTLOOK)
    if told is None or told.script is None:
        raise WrongStage(answers.NO_SCRIPT(run=Ref(Run.kind, number)))
    return told.script


async def not_answered(record: Record, number: int) -> None:
    """Keep that the cluster was asked about a plan and did not answer, so that the others come before it."""
    async with record.store.writing() as tx:
        count = await _answer_count(tx, number)
        await _ask_again(tx, number, count=count, at=record.now(), holds=SOON)


async def _keep(record: Record, number: int, told: Outlook, *, at: datetime) -> None:
    """Keep an answer about a plan."""
    async with record.store.writing() as tx:
        run = await found(tx, Run, number)
        count = await _answer_count(tx, number)
        await tx.put_reading(Ref(Run.kind, number), OUTLOOK, told, at=at)
        await _ask_again(tx, number, count=count + 1, at=at, holds=REFUSAL_HOLDS if told.refused else SLOWEST)
        await tx.mark_card(run.shown_on, not_before=at)


async def _ask_again(tx: Writer, number: int, *, count: int, at: datetime, holds: timedelta = SLOWEST) -> None:
    """Keep when to ask about a plan again: as often as after so many answers, and no later than `holds` says."""
    holds = min(holds, next((paced for most, paced in PACE if count < most), SLOWEST))
    await tx.put_reading(Ref(Run.kind, number), ASKED, Asked(count, at, at + holds), at=at)


async def _answer_count(tx: Reader, number: int) -> int:
    """Return how many answers there were about a plan."""
    asked = await tx.reading(Ref(Run.kind, number), ASKED)
    return asked.answer_count if asked else 0


async def outdated(store: Store, *, at: datetime, limit: int) -> list[Run]:
    """Return plans to ask the cluster about anew, those first that it was asked about longest ago."""
    async with store.reading() as tx:
        plans = await tx.numbers(Run.kind, stage=Stage.PLANNED.value)
        asked = await tx.readings(Run.kind, plans, ASKED)
        due = [number for number in plans if number not in asked or at >= asked[number].again_at]
        due.sort(key=lambda number: (asked[number].at.timestamp() if number in asked else 0.0, number))
        return [await found(tx, Run, number) for number in due[:limit]]


async def must_be_possible(tx: Reader, run: Run) -> None:
    """Raise Refused when the cluster's last answer about a plan was that it would not take it."""
    told = await tx.reading(Ref(Run.kind, run.number), OUTLOOK)
    if told and told.refused:
        said: dict[str, Value] = {"at": told.at, "refused": told.refused}
        raise Refused(
            answers.NOT_POSSIBLE_NEAREST(**said, nearest=told.nearest) if told.nearest else answers.NOT_POSSIBLE(**said)
        )


def must_end_in_time(asked: Resources, nodes: Sequence[Node]) -> None:
    """Raise Refused when the partition allows less time: SLURM takes such a job, and lets it wait for ever."""
    limits = [node.time_limit_min for node in nodes if node.partition == asked.partition]
    known = [limit for limit in limits if limit is not None]
    if known and len(known) == len(limits) and asked.time_limit_min > max(known):
        option = f"time_limit_min:{asked.time_limit_min}"
        raise Refused(answers.WAITS_FOR_EVER(partition=asked.partition, most=max(known), asked=option))


def nearest(asked: Resources, nodes: Sequence[Node]) -> Resources | None:
    """Return the most of a request that nodes of its partition have, or None where the partition shows no node."""
    there = {node.name: node for node in nodes if node.partition == asked.partition}.values()
    if not there:
        return None

    def fit(node: Node) -> tuple[int, int, int]:
        return min(asked.gpus, node.gpus), min(asked.cpus, node.cpus), min(asked.memory_gib, int(node.memory_gib))

    gpus, cpus, memory_gib = best = max(map(fit, there))
    count = sum(fit(node) == best for node in there)
    time_limit_min = min([asked.time_limit_min, *(node.time_limit_min for node in there if node.time_limit_min)])
    return replace(
        asked,
        nodes=min(asked.nodes, count),
        gpus=gpus,
        cpus=cpus,
        memory_gib=memory_gib,
        time_limit_min=time_limit_min,
    )


def as_options(asked: Resources) -> str:
    """Return a request as one types it behind `/train launch`."""
    size = f"nodes:{asked.nodes} gpus:{asked.gpus} cpus:{asked.cpus} memory_gib:{asked.memory_gib}"
    return f"{size} time_limit_min:{asked.time_limit_min}"


async def draft(
    tx: Reader,
    requirement: int,
    wish: Wish,
    *,
    recipes: Mapping[str, Recipe],
    cluster: ClusterSettings,
    by: PersonId,
) -> Run:
    """Return the run that a wish comes to, checked and not yet planned. Raises Refused as `plan` does."""
    resources = _resources(wish, cluster)
    wanted = await found(tx, Requirement, requirement)
    recipe = await to_launch(tx, wish.recipe, recipes, dataset=wanted.dataset, version=wish.dataset_version)
    parameters = recipe.read_parameters(wish.parameters)
    if not 0 <= wish.seed <= MAX_SEED:
        raise Refused(answers.SEED(most=MAX_SEED, seed=wish.seed))
    if len(wish.hypothesis) > HYPOTHESIS_LIMIT:
        raise Refused(answers.HYPOTHESIS_TOO_LONG(length=len(wish.hypothesis), limit=HYPOTHESIS_LIMIT))
    ranks = resources.nodes * max(resources.gpus, 1)
    if ranks > 1 and not recipe.is_distributed:
        raise Refused(answers.ONE_GPU(recipe=recipe.name, ranks=ranks))
    must_be_trainable(wanted)
    dataset = recipe.read_dataset(wanted.dataset, wish.dataset_version)
    await must_fit_budget(tx, wanted, resources)
    return Run(
        requirement=requirement,
        ordered_by=by,
        recipe=recipe.name,
        dataset=dataset,
        parameters=parameters,
        seed=wish.seed,
        hypothesis=wish.hypothesis.strip(),
        resources=resources,
    )


async def budget_of(tx: Reader, requirement: Requirement) -> Budget:
    """Return what a requirement's runs have used and been promised, also those that a launched sweep is yet to have."""
    runs = await every(tx, Run, requirement=requirement.number)
    promised = sum(gpu_h_at_most(run.resources) for run in runs if run.stage in (Stage.ORDERED, *OPEN))
    for sweep in await every(tx, Sweep, requirement=requirement.number, stages=(Stage.ORDERED.value,)):
        made = [run for run in runs if run.sweep == sweep.number]
        promised += (sweep.run_count - len(made)) * gpu_h_at_most(made[0].resources)
    used = sum(run.gpu_h for run in runs) + await unaccounted.gpu_h_of(tx, runs)
    return Budget(requirement.budget_gpu_h, used, promised)


async def must_fit_budget(tx: Reader, requirement: Requirement, *asked: Resources) -> None:
    """Raise Refused when a run more for each of what is asked could exceed the requirement's budget of GPU hours."""
    if requirement.budget_gpu_h is None:
        return
    budget, gpu_h = await budget_of(tx, requirement), sum(gpu_h_at_most(one) for one in asked)
    if gpu_h <= budget.left_gpu_h:
        return
    gpus = sum(one.nodes * one.gpus for one in asked)
    fitting_min = int(budget.left_gpu_h * 60 / gpus)
    said: dict[str, Value] = {
        "requirement": requirement.ref,
        "limit": requirement.budget_gpu_h,
        "used": budget.used_gpu_h,
        "promised": budget.promised_gpu_h,
        "left": budget.left_gpu_h,
        "asked": gpu_h,
    }
    if fitting_min:
        raise Refused(answers.OVER_BUDGET_FITS(**said, fitting=f"time_limit_min:{fitting_min}"))
    raise Refused(answers.OVER_BUDGET(**said))


def must_be_trainable(requirement: Requirement) -> None:
    """Raise WrongStage for a requirement that nobody may train for now."""
    if requirement.stage is Stage.FILED:
        raise WrongStage(answers.NOT_CLAIMED(requirement=requirement.ref))
    if requirement.stage is Stage.WITHDRAWN:
        raise WrongStage(answers.WITHDRAWN(requirement=requirement.ref))


def must_not_be_a_sweeps_plan(run: Run) -> None:
    """Raise WrongStage for the run by which a whole sweep is planned: it is launched and discarded with the sweep."""
    if run.sweep is not None and run.stage is Stage.PLANNED:
        raise WrongStage(answers.STANDS_FOR_SWEEP(run=run.ref, sweep=Ref(Sweep.kind, run.sweep)))


def _resources(wish: Wish, cluster: ClusterSettings) -> Resources:
    partition = wish.partition or cluster.partitions[0]
    if partition not in cluster.partitions:
        raise Refused(answers.NO_PARTITION(partition=typed(partition), known=cluster.partitions))
    limits = (
        (answers.NODES, wish.nodes, 1, cluster.max_nodes),
        (answers.GPUS, wish.gpus, 0, cluster.max_gpus_per_node),
        (answers.CPUS, wish.cpus, 1, cluster.max_cpus_per_node),
        (answers.MEMORY, wish.memory_gib, 1, cluster.max_memory_gib_per_node),
        (answers.TIME_LIMIT, wish.time_limit_min, 1, cluster.max_time_limit_min),
    )
    for name, asked, least, most in limits:
        if not least <= asked <= most:
            possible = min(max(asked, least), most)
            raise Refused(answers.OUT_OF_RANGE(what=name(), least=least, most=most, asked=asked, nearest=possible))
    return Resources(
        partition=partition,
        nodes=wish.nodes,
        gpus=wish.gpus,
        cpus=wish.cpus,
        memory_gib=wish.memory_gib,
        time_limit_min=wish.time_limit_min,
        gpu_type=_word(answers.GPU_TYPE, wish.gpu_type),
        account=_word(answers.ACCOUNT, wish.account),
        qos=_word(answers.QOS, wish.qos),
    )


def _word(name: Phrase, text: str) -> str:
    """Return what goes into the batch script as a name. Raises Refused for anything that cannot be one."""
    if not _SLURM_WORD.fullmatch(text):
        raise Refused(answers.NO_SLURM_NAME(what=name(), name=typed(text)))
    return text
