"""A sweep's failed runs tried again: by one press each that it fits, as runs by themselves, so many at once."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

from bot.config import ClusterSettings
from bot.core.record import Decision, Record
from bot.core.values import Actor, Ref, Stage
from bot.errors import NotItsTurn, Refused, WrongStage
from bot.ports import Reader
from bot.services import attempts
from bot.services.planning import OPEN, must_fit_budget
from bot.services.sweep_failures import MOST_RUNS
from bot.services.things import found
from bot.things.requirement.model import Requirement
from bot.things.run.causes import Remedy
from bot.things.run.events import RunEvent
from bot.things.run.model import Run
from bot.things.sweep import answers_words, words
from bot.things.sweep.model import Sweep
from bot.things.sweep.readings import TURNS

BATCH = 40
"""Runs ordered in one transaction, so that nobody who presses a button meanwhile waits long."""
LEAST_WAIT, WAIT_FOR_EACH = timedelta(seconds=5), timedelta(seconds=0.25)
"""How soon it is asked again whether it is a run's turn: four runs a second, however many wait."""
_ORDER = {remedy: place for place, remedy in enumerate(Remedy)}


async def remedies_for(tx: Reader, sweep: Sweep, runs: Sequence[Run]) -> Mapping[Remedy, int]:
    """Return the presses that fit how its runs failed, each with how many it fits, the likeliest of most runs first."""
    if sweep.stage not in (Stage.RUNNING, Stage.ENDED) or not runs or not await attempts.counts(tx, runs[0]):
        return {}
    fitting = [fits for run in runs if (fits := [one for one in attempts.remedies_of(run) if one in attempts.CHANGES])]
    counts, likeliest = Counter(one for fits in fitting for one in fits), Counter(fits[0] for fits in fitting)
    in_order = sorted(counts, key=lambda one: (-likeliest[one], -counts[one], _ORDER[one]))
    return {remedy: counts[remedy] for remedy in in_order}


async def again(record: Record, number: int, remedy: Remedy, *, cluster: ClusterSettings, by: Actor) -> int:
    """Begin the next attempt of each run of a sweep that failed so that the remedy fits, and return how many there are.

    Raises:
        Refused: there is none, what is asked for cannot be had, or all together are beyond the requirement's budget.
    """
    record.check_duty(RunEvent.RETRIED if remedy is Remedy.RETRY else RunEvent.RESUMED, by=by)
    async with record.decide(by) as decision:
        sweep = await found(decision.tx, Sweep, number)
        if sweep.stage is Stage.CANCELLED:
            raise WrongStage(answers_words.WAS_CANCELLED(sweep=sweep.ref))
        runs = _changed(await _fitting(decision.tx, sweep, remedy), remedy, cluster)
        wanted = await found(decision.tx, Requirement, sweep.requirement)
        await must_fit_budget(decision.tx, wanted, *(run.resources for run in runs))
        count = await _order(decision, runs[:BATCH], remedy)
    for start in range(BATCH, len(runs), BATCH):
        async with record.decide(by) as decision:
            count += await _order(decision, runs[start : start + BATCH], remedy)
    return count


async def take_turn(record: Record, run: Run) -> None:
    """Let the next attempt of a sweep's run go to the cluster: SLURM holds back only those of the sweep's own array.

    Raises:
        NotItsTurn: as many as the sweep allows at once are running, or next attempts on the cluster or about to be.
    """
    if run.sweep is None:
        return
    async with record.store.writing() as tx:
        sweep = await found(tx, Sweep, run.sweep)
        about = Ref(Sweep.kind, sweep.number)
        at_work = [stage.value for stage in (Stage.ORDERED, *OPEN)]
        runs = await tx.select(Run, sweep=sweep.number, stages=at_work, limit=MOST_RUNS)
        turns = set(await tx.reading(about, TURNS) or ()) & {one.number for one in runs}
        if run.number in turns:
            return
        if len(turns | {one.number for one in runs if one.stage is Stage.RUNNING}) >= sweep.at_once:
            why = words.LETS_AT_ONCE(sweep=about, count=sweep.at_once)
            raise NotItsTurn(why, wait=max(LEAST_WAIT, len(runs) * WAIT_FOR_EACH))
        await tx.put_reading(about, TURNS, tuple(sorted({*turns, run.number})), at=record.now())


async def _order(decision: Decision, runs: Sequence[Run], remedy: Remedy) -> int:
    """Order the next attempts of those that nobody has moved on meanwhile, and return how many they were."""
    await attempts.must_count(decision.tx, runs[0])
    still = [run for run in runs if (await found(decision.tx, Run, run.number)).attempt == run.attempt]
    return len(await attempts.next_attempts(decision, still, resume=remedy is not Remedy.RETRY))


async def _fitting(tx: Reader, sweep: Sweep, remedy: Remedy) -> list[Run]:
    """Return the sweep's runs that the remedy fits, in the order of its array. Raises WrongStage when there is none."""
    stages = (Stage.FAILED.value, Stage.CANCELLED.value)
    runs = await tx.select(Run, sweep=sweep.number, stages=stages, limit=MOST_RUNS)
    fitting = [run for run in runs if remedy in attempts.remedies_of(run)]
    if not fitting:
        raise WrongStage(answers_words.NONE_FITS(sweep=sweep.ref))
    return sorted(fitting, key=lambda run: run.task or 0)


def _changed(runs: Sequence[Run], remedy: Remedy, cluster: ClusterSettings) -> list[Run]:
    """Return the runs with what their next attempts ask for. Raises Refused when none can ask for it."""
    changed: list[Run] = []
    refusal: Refused | None = None
    for run in runs:
        try:
            changed.append(replace(run, resources=attempts.CHANGES[remedy](run, cluster)))
        except Refused as error:
            refusal = error
    if refusal is not None and not changed:
        raise refusal
    return changed
