"""Follows rollouts in the cloud: takes the next missing step and tells how far it is."""

from datetime import timedelta

import structlog

from bot.app import App
from bot.config import Settings
from bot.domain.model import Rollout, Stage
from bot.effects import endpoints, health
from bot.errors import Misconfigured, Refused, Upstream
from bot.ports import DeploymentStatus
from bot.services import rollouts, things

log = structlog.get_logger()
MOST_ROLLOUTS = 10_000
WORK = "following DEP-"


def interval(settings: Settings) -> timedelta:
    """Return how often to look."""
    return timedelta(seconds=settings.azure.poll_interval_s)


async def tick(app: App) -> None:
    """Look once at every rollout that waits for the cloud; one that cannot be followed holds up no other."""
    waiting = await things.newest(app.store, Rollout, stages=rollouts.FOLLOWED_STAGES, limit=MOST_ROLLOUTS)
    health.ended_but(app, WORK, still={f"{WORK}{rollout.number}" for rollout in waiting})
    for rollout in waiting:
        try:
            await (_follow_creation if rollout.stage is Stage.CREATING else _follow_ramp)(app, rollout)
        except Refused as refusal:
            await rollouts.failed(app.desk, rollout.number, cause=str(refusal))
        except Misconfigured as error:
            await _not_followed(app, rollout, Upstream("azure", str(error), retryable=False))
        except Upstream as error:
            await _not_followed(app, rollout, error)
        else:
            await health.answered(app, f"{WORK}{rollout.number}")


async def _not_followed(app: App, rollout: Rollout, error: Upstream) -> None:
    log.warning("cloud cannot be asked", rollout=rollout.number, error=str(error))
    await health.failed(app, error, work=f"{WORK}{rollout.number}")
    if not error.retryable:  # an outage is waited out
        await _fail_if_late(app, rollout, error.message)


async def _follow_creation(app: App, rollout: Rollout) -> None:
    deployment = await endpoints.converge(app, rollout)
    match deployment.status:
        case DeploymentStatus.READY:
            await rollouts.created(app.desk, rollout.number)
        case DeploymentStatus.FAILED:
            tail = await app.endpoints.logs(rollout.endpoint, rollout.deployment, lines=endpoints.LOG_LINES)
            await rollouts.failed(app.desk, rollout.number, cause=deployment.error, log_tail=tail)
        case DeploymentStatus.CREATING | DeploymentStatus.ABSENT:
            await _fail_if_late(app, rollout, "Azure says that it is still at it")


async def _fail_if_late(app: App, rollout: Rollout, said: str) -> None:
    """End a rollout whose deployment has been created for longer than anyone waits, so that others may be proposed."""
    if rollout.stage is not Stage.CREATING:
        return
    limit_min = app.settings.azure.creation_limit_min
    if app.desk.now() - await rollouts.stands_since(app.store, rollout) >= timedelta(minutes=limit_min):
        cause = f"Its deployment was not ready within {limit_min:g} minutes (azure.creation_limit_min): {said}"
        tail = await endpoints.log_of(app, rollout)
        await rollouts.failed(app.desk, rollout.number, cause=cause, log_tail=tail)


async def _follow_ramp(app: App, rollout: Rollout) -> None:
    if await endpoints.shift(app, rollout):
        settings = app.settings
        await rollouts.went_live(app.desk, rollout.number, monitoring=settings.monitoring, zone=settings.zone)
