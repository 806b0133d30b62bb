"""What is done in the registry: telling of a run's attempts as they begin and end, recording a run with its model."""

import asyncio
from dataclasses import replace
from pathlib import Path

from bot.app import App
from bot.core.values import Json, Ref
from bot.effects.handler import Handler, Handlers
from bot.errors import BadResult, Refused
from bot.ports import Due, Outcome, TrackedRun, TrainedModel
from bot.services import model_files, things, tracking, training
from bot.services.rollouts import model_name
from bot.things.incident import words as of_incident
from bot.things.model import servable, words
from bot.things.run.events import RunEffect, RunEvent
from bot.things.run.model import Run
from bot.things.run.readings import CURVE, Curve


async def track(app: App, due: Due) -> None:
    """Make the registry's run of an attempt stand as the attempt does by now; one that never was there gets none."""
    run = await things.get(app.store, Run, due.about.number)
    number = int(str(due.details.get("attempt", run.attempt)))
    attempt = tracking.attempt_of(await things.history(app.store, Run.kind, run.number), number)
    if attempt is None:
        return
    run = replace(run, attempt=number)
    tags = _tags(run)
    if attempt.outcome not in (None, Outcome.FINISHED):
        tags["slipway.cause"] = attempt.cause
    told = TrackedRun(run.key, _parameters(run), tags, attempt.started_at)
    url = await app.registry.track(told)
    if attempt.outcome is not None:  # not before: while nobody answers, no curve is fetched from the cluster in vain
        ended = replace(
            told,
            ended_at=attempt.ended_at,
            outcome=attempt.outcome,
            metrics=(run.metrics or {}) if attempt.outcome is Outcome.FINISHED else {},
            curve=await _curve(app, run, attempt.outcome),
        )
        url = await app.registry.track(ended)
    await tracking.tracked(app.record, run.number, attempt=number, url=url)


async def _curve(app: App, run: Run, outcome: Outcome) -> Curve:
    """Return how far an attempt that has ended had come: of one that did not end well, what lies in its folder."""
    if outcome is Outcome.FINISHED:
        return await _kept_curve(app, run)
    try:
        return tuple(await app.cluster.curve(run.key))
    except BadResult:
        return ()


async def _kept_curve(app: App, run: Run) -> Curve:
    async with app.store.reading() as tx:
        return await tx.reading(Ref(Run.kind, run.number), CURVE) or ()


async def record(app: App, due: Due) -> None:
    """Fetch the model from the cluster and record it once under the run's key."""
    run = await things.get(app.store, Run, due.about.number)
    if run.model_version is not None or run.model_digest is None:
        return
    if run.sweep is not None and not await _was_promoted(app, run):
        return  # a thousand models of which one is wanted stay on the cluster
    models = app.settings.data_directory / "models"
    directory = await app.cluster.fetch_model(run.key, models / run.key, digest=run.model_digest)
    await must_be_servable(directory)
    recorded = await app.registry.record(
        TrainedModel(
            key=run.key,
            name=model_name(run.requirement),
            parameters=_parameters(run),
            metrics=run.metrics or {},
            curve=await _kept_curve(app, run),
            tags={**_tags(run), "slipway.digest": run.model_digest},
            directory=directory,
        )
    )
    await training.recorded(app.record, run.number, version=recorded.version, url=recorded.url)


async def must_be_servable(directory: Path) -> None:
    """Look at a model's files before it goes on. Raises Refused with all that keeps it from being served."""
    lacking = servable.findings(await asyncio.to_thread(model_files.describe, directory))
    if lacking:
        raise Refused(words.ALSO(found=servable.sentence(lacking), more=words.WRITE_WHAT_IS_MISSING()))


def _parameters(run: Run) -> dict[str, Json]:
    return {**run.parameters, "seed": run.seed, "recipe": run.recipe, "dataset": run.dataset}


def _tags(run: Run) -> dict[str, str]:
    tags = {
        "slipway.run": f"RUN-{run.number}",
        "slipway.attempt": str(run.attempt),
        "slipway.requirement": f"REQ-{run.requirement}",
        "slipway.hypothesis": run.hypothesis,
    }
    return tags | ({"slipway.sweep": f"SWP-{run.sweep}"} if run.sweep is not None else {})


async def _was_promoted(app: App, run: Run) -> bool:
    history = await things.history(app.store, Run.kind, run.number)
    return any(fact.event == RunEvent.PROMOTED.value for fact in history)


HANDLERS: Handlers = {
    RunEffect.TRACK: Handler(act=track, cannot=of_incident.CANNOT_TRACK),
    RunEffect.RECORD: Handler(act=record, cannot=of_incident.CANNOT_RECORD),
}
