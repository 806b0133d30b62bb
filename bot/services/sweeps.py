"""Sweeps: many runs over a parameter space as one array, with one card, a leaderboard and one promotion to an audit."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import cast

from bot.config import ClusterSettings
from bot.core.record import Decision, Record
from bot.core.said import Said, kept
from bot.core.secrets import redacted_said
from bot.core.text import clip
from bot.core.values import SYSTEM, Actor, Duty, Ref, Stage
from bot.core.words import STAGES
from bot.errors import Refused, WrongStage
from bot.ports import Store
from bot.services import repeating, sweep_failures
from bot.services.incidents import open_in
from bot.services.planning import Wish, draft, must_be_possible, must_be_trainable, must_fit_budget, opened
from bot.services.recipes import to_launch
from bot.services.spaces import parameter_sets
from bot.services.sweep_failures import MOST_RUNS
from bot.services.things import LIST_LIMIT, every, found
from bot.services.training import OPEN_STAGES
from bot.things.audit.model import Audit
from bot.things.incident import words as of_incident
from bot.things.incident.subjects import of_failure
from bot.things.recipe.recipe import Code, Recipe, Value
from bot.things.requirement.model import Requirement
from bot.things.run.events import RunEvent
from bot.things.run.model import Run
from bot.things.run.readings import Progress
from bot.things.sweep import answers_words
from bot.things.sweep.events import SweepEvent
from bot.things.sweep.measures import is_less_better
from bot.things.sweep.model import Sweep

BATCH = 40
"""Runs noted in one transaction, so that nobody who presses a button meanwhile waits long."""
MOST_AT_ONCE = 100
SHOWN_METRIC = 40


async def plan(
    record: Record,
    requirement: int,
    wish: Wish,
    *,
    method: str,
    space: str,
    count: int,
    at_once: int,
    metric: str,
    recipes: Mapping[str, Recipe],
    cluster: ClusterSettings,
    by: Actor,
) -> Sweep:
    """Plan a sweep for a claimed or fulfilled requirement, by its first run; nothing is sent before `order`.

    Without a metric it is ordered by the recipe's own.

    Raises:
        Refused: the space, the metric or the request is impossible, or beyond the requirement's budget.
    """
    if not 1 <= at_once <= MOST_AT_ONCE:
        raise Refused(answers_words.AT_ONCE(most=MOST_AT_ONCE, asked=at_once))
    async with record.decide(by) as decision:
        pattern = await draft(decision.tx, requirement, wish, recipes=recipes, cluster=cluster, by=by.id)
        recipe = await to_launch(decision.tx, pattern.recipe, recipes)
        sets = parameter_sets(method, space, recipe, fixed=wish.parameters, count=count, seed=wish.seed)
        wanted = await found(decision.tx, Requirement, requirement)
        await must_fit_budget(decision.tx, wanted, *[pattern.resources] * len(sets))
        sweep = await decision.open(
            Sweep(
                requirement=requirement,
                ordered_by=by.id,
                recipe=pattern.recipe,
                method=method,
                space=space,
                run_count=len(sets),
                at_once=at_once,
                metric=recipe.read_metric(metric.strip()),
            ),
            SweepEvent.PLANNED,
            details={"sets": sets, "seed": wish.seed},
        )
        await opened(decision, replace(pattern, parameters=sets[0], sweep=sweep.number, task=0))
        return sweep


async def order(record: Record, number: int, *, by: Actor) -> Sweep:
    """Send a planned sweep to the cluster. What may have changed since it was planned is checked again."""
    async with record.decide(by) as decision:
        sweep = await decision.check(Sweep, number, SweepEvent.ORDERED)
        wanted = await found(decision.tx, Requirement, sweep.requirement)
        must_be_trainable(wanted)
        [first] = await decision.tx.select(Run, sweep=number)
        await must_fit_budget(decision.tx, wanted, *[first.resources] * sweep.run_count)
        await must_be_possible(decision.tx, first)
        await decision.move(Run, first.number, RunEvent.SWEPT, ordered_by=by.id)
        return await decision.move(Sweep, number, SweepEvent.ORDERED, ordered_by=by.id)


async def prepare(record: Record, number: int) -> tuple[Run, ...]:
    """Make a sweep's other runs like its first, and return all in the order of the array; again after a crash.

    They are made here and not when the sweep is ordered, because a thousand facts take seconds. Once it is cancelled no
    more are made.
    """
    runs = {run.task: run for run in await runs_of(record, number)}
    async with record.store.reading() as tx:
        sweep = await found(tx, Sweep, number)
        planned = (await tx.history(Ref(Sweep.kind, number)))[0]
    sets = cast("Sequence[Mapping[str, Value]]", planned.details["sets"])
    missing = [task for task in range(len(sets)) if task not in runs]
    by = Actor(sweep.ordered_by, frozenset({Duty.CREATOR}))  # the order was theirs; four eyes must find them here
    for start in range(0, len(missing), BATCH):
        async with record.decide(by) as decision:
            if (await found(decision.tx, Sweep, number)).stage is not Stage.ORDERED:
                break
            for task in missing[start : start + BATCH]:
                run = replace(runs[0], number=0, stage=Stage.ORDERED, job_id=None, parameters=sets[task], task=task)
                await decision.open(run, RunEvent.SWEPT)
    return await runs_of(record, number)


async def runs_of(record: Record, number: int) -> tuple[Run, ...]:
    """Return a sweep's runs in the order of its array."""
    async with record.store.reading() as tx:
        runs = await tx.select(Run, sweep=number, limit=MOST_RUNS)
    return tuple(sorted(runs, key=lambda run: run.task or 0))


async def listed(store: Store) -> tuple[Run | Sweep, ...]:
    """Return the newest runs, and instead of a sweep's runs the sweep, so that they hide no other."""
    async with store.reading() as tx:
        alone = await tx.select(Run, sweep=None, limit=LIST_LIMIT)
        places: list[tuple[int, Run | Sweep]] = [(run.number, run) for run in alone]
        for sweep in await tx.select(Sweep, limit=LIST_LIMIT):
            [newest] = await tx.select(Run, sweep=sweep.number, limit=1)
            places.append((newest.number, sweep))
    return tuple(one for _, one in sorted(places, key=lambda place: -place[0])[:LIST_LIMIT])


async def submitted(record: Record, number: int, *, job_id: str, code: Code | None = None) -> Sweep:
    """Note the array's job, each run's task of it, and what own code they run; again if a crash came between.

    A run that was cancelled meanwhile is left out; a next attempt, which may have been ordered, is no task of it.
    """
    runs = await runs_of(record, number)
    for start in range(0, len(runs), BATCH):
        async with record.decide(SYSTEM) as decision:
            for one in runs[start : start + BATCH]:
                run = await found(decision.tx, Run, one.number)
                if run.stage is not Stage.ORDERED or run.attempt != 1:
                    continue
                task_id = f"{job_id}_{run.task}"
                details = {"job": task_id, **repeating.on_record(code)}
                await decision.move(Run, run.number, RunEvent.SUBMITTED, details=details, job_id=task_id)
    async with record.decide(SYSTEM) as decision:
        sweep = await found(decision.tx, Sweep, number)
        if sweep.stage is not Stage.ORDERED:
            return sweep
        return await decision.move(Sweep, number, SweepEvent.SUBMITTED, details={"job": job_id}, job_id=job_id)


async def failed(record: Record, number: int, *, cause: Said) -> None:
    """Note that a sweep could not be submitted, and tell Ops."""
    cause = redacted_said(cause)
    async with record.decide(SYSTEM) as decision:
        sweep = await found(decision.tx, Sweep, number)
        if sweep.stage is not Stage.ORDERED:
            return
        await decision.move(Sweep, number, SweepEvent.FAILED, cause=cause)
        for run in await decision.tx.select(Run, sweep=number, stages=(Stage.ORDERED.value,), limit=MOST_RUNS):
            await decision.move(Run, run.number, RunEvent.CANCELLED, details={"reason": kept(cause)})
        await open_in(
            decision,
            of_failure(Ref(Sweep.kind, number)),
            title=of_incident.SWEEP_NOT_SUBMITTED(sweep=sweep.ref),
            cause=cause,
            next_step=of_incident.ORDER_AGAIN(),
        )


async def cancel(record: Record, number: int, *, keep: bool = False, by: Actor) -> Sweep:
    """Cancel a sweep: at once if the cluster does not know it yet, otherwise by asking the cluster.

    With `keep` the runs that run save a checkpoint first, so that each can be resumed.
    """
    async with record.decide(by) as decision:
        sweep = await found(decision.tx, Sweep, number)
        if sweep.stage not in (Stage.PLANNED, Stage.ORDERED):
            history = await decision.tx.history(Ref(Sweep.kind, number))
            asked = [fact for fact in history if fact.event == SweepEvent.CANCEL_REQUESTED]
            was_hard = any(not fact.details.get("keep") for fact in asked)
            if sweep.stage is Stage.RUNNING and asked and (keep or was_hard):  # what does not stop by itself is ended
                raise WrongStage(answers_words.CANCELLING_ASKED(sweep=sweep.ref))
            moved = await decision.move(Sweep, number, SweepEvent.CANCEL_REQUESTED, details={"keep": keep})
            await _cancel_retried(decision, number, keep=keep)
            return moved
        cancelled = await decision.move(Sweep, number, SweepEvent.CANCELLED)
        stages = (Stage.PLANNED.value, Stage.ORDERED.value)
        for run in await decision.tx.select(Run, sweep=number, stages=stages, limit=MOST_RUNS):
            await decision.by_system().move(Run, run.number, RunEvent.CANCELLED)
        return cancelled


async def _cancel_retried(decision: Decision, number: int, *, keep: bool) -> None:
    """Cancel a sweep's runs that are tried again: their next attempt is no task of the array."""
    stages = (Stage.ORDERED.value, *OPEN_STAGES)
    for run in await decision.tx.select(Run, sweep=number, stages=stages, limit=MOST_RUNS):
        if run.stage is Stage.ORDERED:
            await decision.by_system().move(Run, run.number, RunEvent.CANCELLED)
        elif "_" not in (run.job_id or ""):
            await decision.move(Run, run.number, RunEvent.CANCEL_REQUESTED, details={"keep": keep})


async def settle(record: Record) -> None:
    """End each sweep whose runs have all ended, and tell Ops of all that failed."""
    async with record.store.reading() as tx:
        running = await every(tx, Sweep, stages=(Stage.RUNNING.value,))
        over = [one for one in running if not await tx.select(Run, sweep=one.number, stages=_UNFINISHED, limit=1)]
    for sweep in over:
        async with record.decide(SYSTEM) as decision:
            history = await decision.tx.history(Ref(Sweep.kind, sweep.number))
            was_cancelled = any(fact.event == SweepEvent.CANCEL_REQUESTED.value for fact in history)
            event = SweepEvent.CANCELLED if was_cancelled else SweepEvent.ENDED
            if (await found(decision.tx, Sweep, sweep.number)).stage is not Stage.RUNNING:
                continue
            if not await decision.tx.select(Run, sweep=sweep.number, stages=_UNFINISHED, limit=1):  # none tried again
                await decision.move(Sweep, sweep.number, event)
                await sweep_failures.summed_up(decision, sweep)


_UNFINISHED = (Stage.ORDERED.value, *OPEN_STAGES)


def leaderboard(runs: Sequence[Run], metric: str) -> list[Run]:
    """Return the runs that have the measure, best first; equal ones in the order of the array."""
    measured = [run for run in runs if run.metrics and metric in run.metrics]
    sign = 1 if is_less_better(metric) else -1
    return sorted(measured, key=lambda run: (sign * (run.metrics or {})[metric], run.number))


def running_best_first(
    runs: Sequence[Run], progress: Mapping[int, Progress], metric: str
) -> list[tuple[int, Progress]]:
    """Return the running runs that measure it while they train, each with its newest progress, best first."""
    told = [(run.number, progress.get(run.number)) for run in runs if run.stage is Stage.RUNNING]
    measured = [(number, one) for number, one in told if one and one.metric == metric]
    sign = 1 if is_less_better(metric) else -1
    return sorted(measured, key=lambda item: (sign * item[1].value, item[0]))


def _chosen(sweep: Sweep, runs: Sequence[Run], number: int | None) -> Run:
    """Return the best run, or the one that is named, which need not have the sweep's measure."""
    done = [run for run in runs if run.metrics]
    if number is not None:
        if (named := next((run for run in done if run.number == number), None)) is None:
            raise Refused(answers_words.NO_RUN_WITH_RESULT(run=Ref(Run.kind, number), sweep=sweep.ref))
        return named
    if board := leaderboard(done, sweep.metric):
        return board[0]
    if done:
        measured = sorted(set().union(*(run.metrics or {} for run in done)))
        raise Refused(
            answers_words.NOT_MEASURED(sweep=sweep.ref, measure=clip(sweep.metric, SHOWN_METRIC), measured=measured)
        )
    if sweep.stage in (Stage.ENDED, Stage.CANCELLED):
        raise Refused(answers_words.NOTHING_TO_PROMOTE(sweep=sweep.ref, stage=STAGES[sweep.stage]()))
    raise Refused(answers_words.NO_RESULT_YET(sweep=sweep.ref))


async def promote(record: Record, number: int, *, run: int | None = None, by: Actor) -> Audit:
    """Send a sweep's best run, or the one named, to Audit.

    Raises:
        Refused: no run has succeeded, it is not of this sweep, or one was promoted already.
    """
    async with record.decide(by) as decision:
        sweep = await found(decision.tx, Sweep, number)
        if sweep.best_run is not None:
            raise WrongStage(answers_words.WAS_PROMOTED(run=Ref(Run.kind, sweep.best_run), sweep=sweep.ref))
        chosen = _chosen(sweep, await decision.tx.select(Run, sweep=number, limit=MOST_RUNS), run)
        await decision.move(Sweep, number, SweepEvent.PROMOTED, details={"run": chosen.number}, best_run=chosen.number)
        await decision.move(Run, chosen.number, RunEvent.PROMOTED)
        [audit] = await decision.tx.select(Audit, run=chosen.number, limit=1)
        return audit
