"""What is done in the registry: recording a run with its model."""

from typing import cast

from bot.app import App
from bot.domain.lifecycle import Event
from bot.domain.model import Json, Run
from bot.ports import Due, TrainedModel
from bot.services import things, training
from bot.services.rollouts import model_name


async def record(app: App, due: Due) -> None:
    """Fetch the model from the cluster and record it once under the run's key."""
    run = await things.get(app.store, Run, due.about.number)
    if run.model_version is not None or run.model_digest is None:
        return
    if run.sweep is not None and not await _was_promoted(app, run):
        return  # a thousand models of which one is wanted stay on the cluster
    async with app.store.reading() as tx:
        curve = await tx.reading(due.about, "curve")
    models = app.settings.data_directory / "models"
    directory = await app.cluster.fetch_model(run.key, models / run.key, digest=run.model_digest)
    parameters: dict[str, Json] = {**run.parameters, "seed": run.seed, "recipe": run.recipe, "dataset": run.dataset}
    recorded = await app.registry.record(
        TrainedModel(
            key=run.key,
            name=model_name(run.requirement),
            parameters=parameters,
            metrics=run.metrics or {},
            curve=cast("list[dict[str, float]]", curve or []),
            tags={
                "slipway.run": str(due.about),
                "slipway.requirement": f"REQ-{run.requirement}",
                "slipway.digest": run.model_digest,
                "slipway.hypothesis": run.hypothesis,
            },
            directory=directory,
        )
    )
    await training.recorded(app.desk, run.number, version=recorded.version, url=recorded.url)


async def _was_promoted(app: App, run: Run) -> bool:
    history = await things.history(app.store, Run.kind, run.number)
    return any(fact.event == Event.RUN_PROMOTED.value for fact in history)
