"""Follows rollouts in the cloud: takes the next missing step and tells how far it is."""

from datetime import datetime, timedelta

import structlog

from bot.app import App
from bot.config import Settings
from bot.core.said import Said
from bot.core.secrets import redacted_said
from bot.core.values import Stage
from bot.core.words import as_said
from bot.effects import endpoints, health
from bot.errors import Misconfigured, NeedsMending, Refused, Upstream
from bot.ports import DeploymentStatus
from bot.services import rollouts, things
from bot.things.rollout import decisions, words
from bot.things.rollout.model import Rollout

log = structlog.get_logger()
WORK = "following DEP-"


def interval(settings: Settings) -> timedelta:
    """Return how often to look."""
    return timedelta(seconds=settings.azure.poll_interval_s)


async def tick(app: App) -> None:
    """Look once at every rollout that waits for the cloud; one that cannot be followed holds up no other."""
    async with app.store.reading() as tx:
        waiting = await things.every(tx, Rollout, stages=rollouts.FOLLOWED_STAGES)
    health.ended_but(app, WORK, still={f"{WORK}{rollout.number}" for rollout in waiting})
    for rollout in waiting:
        try:
            await (_follow_creation if rollout.stage is Stage.CREATING else _follow_ramp)(app, rollout)
        except Refused as refusal:
            await rollouts.failed(app.record, rollout.number, cause=redacted_said(as_said(refusal.said)))
        except Misconfigured as error:
            await _not_followed(app, rollout, NeedsMending("azure", str(error)))
        except Upstream as error:
            await _not_followed(app, rollout, error)
        else:
            await health.answered(app, f"{WORK}{rollout.number}")


async def _not_followed(app: App, rollout: Rollout, error: Upstream) -> None:
    if not error.retryable and not isinstance(error, NeedsMending):
        log.warning("cloud refused a rollout", rollout=rollout.number, error=str(error))
        tail = await endpoints.log_of(app, rollout)
        await rollouts.failed(app.record, rollout.number, cause=rollouts.quoted(error.message), log_tail=tail)
        await health.answered(app, f"{WORK}{rollout.number}")
        return
    log.warning("cloud cannot be asked", rollout=rollout.number, error=str(error))
    await health.failed(app, error, work=f"{WORK}{rollout.number}")
    if not error.retryable:  # an outage is waited out
        since = await rollouts.stands_since(app.store, rollout)
        await _fail_if_late(app, rollout, rollouts.quoted(error.message), since=since)


async def _follow_creation(app: App, rollout: Rollout) -> None:
    deployment = await endpoints.converge(app, rollout)
    match deployment.status:
        case DeploymentStatus.READY:
            await decisions.created(app.record, rollout.number)
        case DeploymentStatus.FAILED:
            tail = await app.endpoints.logs(rollout.endpoint, rollout.deployment, lines=endpoints.LOG_LINES)
            await rollouts.failed(app.record, rollout.number, cause=rollouts.quoted(deployment.error), log_tail=tail)
        case DeploymentStatus.CREATING | DeploymentStatus.ABSENT:
            since = await rollouts.stands_since(app.store, rollout)
            await _fail_if_late(app, rollout, words.STILL_AT_IT(), since=since)


async def _fail_if_late(app: App, rollout: Rollout, why: Said, *, since: datetime) -> None:
    """End a rollout that waits for the cloud for longer than anyone does, so that others may be proposed."""
    azure = app.settings.azure
    late, limit_min = {
        Stage.CREATING: (words.NOT_READY, azure.creation_limit_min),
        Stage.RAMPING: (words.NOT_ALL_TRAFFIC, azure.traffic_limit_min),
    }[rollout.stage]
    if app.record.now() - since >= timedelta(minutes=limit_min):
        cause = late(minutes=limit_min, why=why)
        tail = await endpoints.log_of(app, rollout)
        await rollouts.failed(app.record, rollout.number, cause=cause, log_tail=tail)


async def _follow_ramp(app: App, rollout: Rollout) -> None:
    deployment = await endpoints.shift(app, rollout)
    if deployment.status is DeploymentStatus.READY:
        settings = app.settings
        await rollouts.went_live(app.record, rollout.number, monitoring=settings.monitoring, zone=settings.zone)
        return
    failure = rollouts.quoted(deployment.error) if deployment.error else None
    if deployment.status is DeploymentStatus.ABSENT:
        failure = words.NO_ENDPOINT(endpoint=rollout.endpoint)
    asked = await rollouts.traffic_asked(app.record, rollout, failure=failure)
    await _fail_if_late(app, rollout, asked.failure or words.STILL_AT_IT(), since=asked.since_at)
