"""What is done on the cluster: asking what it would do, submitting and cancelling runs."""

from collections.abc import Sequence
from dataclasses import replace

from bot.app import App
from bot.core.record import MADE_FOR
from bot.core.said import Said
from bot.core.values import Json, Stage
from bot.core.words import as_said
from bot.effects.handler import Handler, Handlers
from bot.errors import NotItsTurn, Refused, Upstream
from bot.ports import Due, Job, Order, Task
from bot.services import planning, recipes, repeating, sweep_retries, sweeps, things, training
from bot.things.incident import words as of_incident
from bot.things.run import answers_words, causes_words
from bot.things.run.causes import Cause, Failure
from bot.things.run.events import RunEffect
from bot.things.run.model import Run
from bot.things.sweep.events import SweepEffect
from bot.things.sweep.model import Sweep


async def forecast(app: App, due: Due) -> None:
    """Ask what the cluster would do with a planned run; what it would refuse is for the plan's card, not for Ops."""
    await ask_about(app, await things.get(app.store, Run, due.about.number))


async def ask_about(app: App, run: Run) -> None:
    """Ask about a plan, and keep the answer for its card."""
    if run.stage is not Stage.PLANNED:
        return
    try:
        order = await order_of(app, run)
        if run.sweep is not None:
            sweep = await things.get(app.store, Sweep, run.sweep)
            order = array_of(order, sweep, [run] * sweep.run_count)
        told = await app.cluster.forecast(order)
        planning.must_end_in_time(run.resources, await app.cluster.nodes())
        await planning.forecast(app.record, run.number, told)
    except Refused as refusal:
        await planning.cannot_start(app.record, run.number, refusal, await app.cluster.nodes())


async def submit(app: App, due: Due) -> None:
    """Submit the attempt once; one that is not wanted any more is withdrawn, for its job may be there all the same.

    Raises:
        NotItsTurn: as many of its sweep's runs, or of all, as may run at once do.
    """
    run = await things.get(app.store, Run, due.about.number)
    key = _key_of(run, due)
    if run.stage is not Stage.ORDERED or run.key != key:
        if due.attempt > 1 and (run.key != key or run.job_id is None):
            await app.cluster.withdraw(key, _mark_of(due))
        return
    try:
        await sweep_retries.take_turn(app.record, run)
        order = replace(await order_of(app, run), made_for=_mark_of(due))
        job_id = await app.cluster.submit(order)
    except NotItsTurn as turn:
        await training.held_back(app.record, due.about, as_said(turn.said), attempt=run.attempt)
        raise
    after = await training.submitted(app.record, run.number, attempt=run.attempt, job_id=job_id, code=order.code)
    if after.job_id != job_id:  # somebody cancelled it meanwhile, and may have resumed it
        await app.cluster.cancel(Job(run.key, job_id))


def _key_of(run: Run, due: Due) -> str:
    """Return the key of the attempt that the effect is of, which need not be the present one."""
    return replace(run, attempt=int(str(due.details.get("attempt", 1)))).key


def _mark_of(due: Due) -> str:
    """Return what tells the order from any other by the same key."""
    return str(due.details.get(MADE_FOR, ""))


async def _run_not_submitted(app: App, due: Due, why: Said) -> None:
    step = await _and_end_it(app, due, causes_words.CHANGE_AND_LAUNCH())
    failure = Failure(causes_words.NOT_SUBMITTED(why=why), step, Cause.NOT_SUBMITTED)
    await training.failed(app.record, due.about.number, failure, recipes=app.recipes)


async def _sweep_not_submitted(app: App, due: Due, why: Said) -> None:
    await sweeps.failed(app.record, due.about.number, cause=await _and_end_it(app, due, why))


async def _and_end_it(app: App, due: Due, said: Said) -> Said:
    """Withdraw what was submitted; where that cannot be done now, return also what people must type for it."""
    command = await _withdrawn(app, due)
    return causes_words.END_FIRST(step=said, command=command) if command else said


async def _withdrawn(app: App, due: Due) -> str:
    """Withdraw what the submissions may have left. Return what people must type where that cannot be done now."""
    if due.about.kind is Run.kind:
        key = _key_of(await things.get(app.store, Run, due.about.number), due)
    else:
        sweep = await things.get(app.store, Sweep, due.about.number)
        if sweep.job_id is not None:  # only tasks of it that nobody wants could not be ended
            return ""
        key = sweep.key
    try:
        await app.cluster.withdraw(key, _mark_of(due))
    except Upstream:
        return f"scancel --name={key}"
    return ""


async def order_of(app: App, run: Run) -> Order:
    """Return what the cluster needs to know of a run; of one that repeats another, with the code that that one ran.

    Raises:
        Refused: its recipe is gone from the config, and what it was is not on record.
    """
    async with app.store.reading() as tx:
        recipe = await recipes.of_name(tx, run.recipe, app.recipes)
        first = await tx.find(Run, run.like) if run.like else None
        code = await repeating.code_that_ran(tx, first) if first else None
    if recipe is None and code is None:
        raise Refused(answers_words.RECIPE_IS_GONE(recipe=run.recipe))
    code = code or (recipe.code if recipe else None)
    return Order(
        key=run.key,
        recipe=run.recipe,
        spec=_spec(run),
        resources=run.resources,
        code=code,
        payload=(first.fingerprint or {}).get("code", "") if first and code is None else "",
        resume_from=run.resume_from,
    )


def array_of(first: Order, sweep: Sweep, runs: Sequence[Run]) -> Order:
    """Return the order of a sweep's runs as one array, by that of the first."""
    tasks = [Task(run.key, _spec(run)) for run in runs]
    return replace(first, key=sweep.key, tasks=tasks, at_once=sweep.at_once)


def _spec(run: Run) -> dict[str, Json]:
    return {"dataset": run.dataset, "parameters": run.parameters, "seed": run.seed}


async def submit_sweep(app: App, due: Due) -> None:
    """Submit a sweep's runs as one array, once; one that is not wanted any more is withdrawn."""
    runs = await sweeps.prepare(app.record, due.about.number)
    sweep = await things.get(app.store, Sweep, due.about.number)
    if sweep.stage is not Stage.ORDERED:
        if due.attempt > 1:
            if sweep.job_id is None:
                await app.cluster.withdraw(sweep.key, _mark_of(due))
            else:
                await _end_unwanted(app, sweep, sweep.job_id)
        return
    order = replace(array_of(await order_of(app, runs[0]), sweep, runs), made_for=_mark_of(due))
    try:
        job_id = await app.cluster.submit(order)
    except NotItsTurn as turn:
        await training.held_back(app.record, due.about, as_said(turn.said))
        raise
    after = await sweeps.submitted(app.record, sweep.number, job_id=job_id, code=order.code)
    if after.job_id != job_id:  # somebody cancelled it meanwhile
        await app.cluster.cancel(Job(sweep.key, job_id))
        return
    await _end_unwanted(app, sweep, job_id)


async def _end_unwanted(app: App, sweep: Sweep, job_id: str) -> None:
    """End the tasks of runs that were cancelled before they were noted: the array has their places all the same."""
    for run in await sweeps.runs_of(app.record, sweep.number):
        task_id = f"{job_id}_{run.task}"
        if run.job_id != task_id:
            await app.cluster.cancel(Job(replace(run, attempt=1).key, task_id, name=sweep.key))


async def cancel_sweep(app: App, due: Due) -> None:
    """Ask the cluster to end the whole array; that its runs have ended is seen by following them."""
    sweep = await things.get(app.store, Sweep, due.about.number)
    if sweep.job_id is not None and sweep.stage is Stage.RUNNING:
        await app.cluster.cancel(Job(sweep.key, sweep.job_id), keep=bool(due.details.get("keep")))


def job_of(run: Run) -> Job | None:
    """Return the job to follow for a run, or None while the cluster does not know it."""
    if run.job_id is None:
        return None
    is_task = run.sweep is not None and "_" in run.job_id
    return Job(run.key, run.job_id, name=f"slipway-sweep-{run.sweep}" if is_task else "")


async def cancel(app: App, due: Due) -> None:
    """Ask the cluster to end the run; that it has ended is seen by following it."""
    run = await things.get(app.store, Run, due.about.number)
    job = job_of(run)
    if job is not None and run.stage.value in training.OPEN_STAGES:
        await app.cluster.cancel(job, keep=bool(due.details.get("keep")))


HANDLERS: Handlers = {
    RunEffect.FORECAST: Handler(act=forecast, cannot=of_incident.CANNOT_ASK),
    RunEffect.SUBMIT: Handler(act=submit, end=_run_not_submitted, is_slow=True),
    RunEffect.CANCEL: Handler(act=cancel, cannot=of_incident.CANNOT_CANCEL),
    SweepEffect.SUBMIT: Handler(act=submit_sweep, end=_sweep_not_submitted, is_slow=True),
    SweepEffect.CANCEL: Handler(act=cancel_sweep, cannot=of_incident.CANNOT_CANCEL),
}
"""A submission may check out code or copy a checkpoint for minutes."""
