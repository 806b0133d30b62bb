"""Follows rollouts in the cloud: takes the next missing step and tells how far it is."""

from datetime import timedelta

import structlog

from bot.app import App
from bot.config import Settings
from bot.domain.model import Rollout, Stage
from bot.effects import endpoints, health
from bot.errors import Refused, Upstream
from bot.ports import DeploymentStatus
from bot.services import rollouts, things

log = structlog.get_logger()
LOG_LINES = 30


def interval(settings: Settings) -> timedelta:
    """Return how often to look."""
    return timedelta(seconds=settings.azure.poll_interval_s)


async def tick(app: App) -> None:
    """Look once at every rollout that waits for the cloud."""
    for rollout in await things.newest(app.store, Rollout, stages=rollouts.FOLLOWED_STAGES):
        try:
            await (_follow_creation if rollout.stage is Stage.CREATING else _follow_ramp)(app, rollout)
        except Refused as refusal:
            await rollouts.failed(app.desk, rollout.number, cause=str(refusal))
        except Upstream as error:
            log.warning("cloud cannot be asked", rollout=rollout.number, error=str(error))
            await health.failed(app, error, work=f"following DEP-{rollout.number}")
        else:
            await health.answered(app, f"following DEP-{rollout.number}")


async def _follow_creation(app: App, rollout: Rollout) -> None:
    deployment = await endpoints.converge(app, rollout)
    match deployment.status:
        case DeploymentStatus.READY:
            await rollouts.created(app.desk, rollout.number)
        case DeploymentStatus.FAILED:
            tail = await app.endpoints.logs(rollout.endpoint, rollout.deployment, lines=LOG_LINES)
            await rollouts.failed(app.desk, rollout.number, cause=deployment.error, log_tail=tail)
        case DeploymentStatus.CREATING | DeploymentStatus.ABSENT:
            return


async def _follow_ramp(app: App, rollout: Rollout) -> None:
    if await endpoints.shift(app, rollout):
        settings = app.settings
        await rollouts.went_live(app.desk, rollout.number, monitoring=settings.monitoring, zone=settings.zone)
