"""What is done on the cluster: submitting and cancelling runs."""

from bot.app import App
from bot.domain.model import Run, Stage
from bot.ports import Due, Job, Order
from bot.services import things, training


async def submit(app: App, due: Due) -> None:
    """Submit the run's present attempt once; one that was cancelled meanwhile is cancelled there too."""
    run = await things.get(app.store, Run, due.about.number)
    if run.stage is not Stage.ORDERED:
        return
    job_id = await app.cluster.submit(order_of(run))
    after = await training.submitted(app.desk, run.number, attempt=run.attempt, job_id=job_id)
    if after.stage is Stage.CANCELLED:
        await app.cluster.cancel(Job(run.key, job_id))


def order_of(run: Run) -> Order:
    """Return what the cluster needs to know of a run."""
    return Order(
        key=run.key,
        recipe=run.recipe,
        spec={"dataset": run.dataset, "parameters": run.parameters, "seed": run.seed},
        resources=run.resources,
    )


async def cancel(app: App, due: Due) -> None:
    """Ask the cluster to end the run; that it has ended is seen by following it."""
    run = await things.get(app.store, Run, due.about.number)
    if run.job_id is not None and run.stage.value in training.OPEN_STAGES:
        await app.cluster.cancel(Job(run.key, run.job_id))
