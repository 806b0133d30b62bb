"""What is done at the endpoints: rollouts are begun, verified, ramped, removed. How far the cloud is, a job follows."""

from pathlib import Path

from bot.app import App
from bot.core.said import Said
from bot.core.secrets import redacted_said
from bot.core.values import Stage
from bot.effects.handler import Handler, Handlers
from bot.effects.registry import must_be_servable
from bot.errors import Refused, SlipwayError, Unfinished
from bot.ports import Deployment, DeploymentStatus, Due, EndpointPlan
from bot.services import rollouts, things
from bot.things.incident import words as of_incident
from bot.things.rollout import decisions, words
from bot.things.rollout.model import Rollout
from bot.things.rollout.rules import RolloutEffect

LOG_LINES = 30


async def begin(app: App, due: Due) -> None:
    """Take the first step in the cloud; from then on the rollout is followed."""
    rollout = await things.get(app.store, Rollout, due.about.number)
    if rollout.stage is Stage.APPROVED:
        await must_be_servable(await model_directory(app, rollout))  # it may be older than what is asked of models now
        await converge(app, rollout)
        await decisions.begun(app.record, rollout.number)


async def converge(app: App, rollout: Rollout) -> Deployment:
    """Take the next step that is missing towards the rollout's deployment."""
    directory = await model_directory(app, rollout)
    await rollouts.must_go_on(app.store, rollout.number)  # much may have happened while the model was fetched
    return await app.endpoints.converge(
        EndpointPlan(
            endpoint=rollout.endpoint,
            deployment=rollout.deployment,
            model_name=rollout.model_name,
            model_version=rollout.model_version,
            model_digest=rollout.model_digest,
            directory=directory,
            tags={"slipway.rollout": f"DEP-{rollout.number}", "slipway.run": f"RUN-{rollout.run}"},
        )
    )


async def model_directory(app: App, rollout: Rollout) -> Path:
    """Return the model's local directory with the files that were audited, fetched from the registry if need be."""
    models = app.settings.data_directory / "models"
    return await app.registry.download(rollout.model_name, rollout.model_version, models, digest=rollout.model_digest)


async def verify(app: App, due: Due) -> None:
    """Send a smoke request to the new deployment, past the traffic split."""
    rollout = await things.get(app.store, Rollout, due.about.number)
    if rollout.stage is not Stage.VERIFYING:
        return
    probe = await app.endpoints.probe(rollout.endpoint, rollout.deployment, await model_directory(app, rollout))
    if probe.answered_by != rollout.deployment:
        raise Refused(words.ANOTHER_ANSWERED(deployment=rollout.deployment, answered_by=probe.answered_by))
    await decisions.verified(app.record, rollout.number, latency_ms=probe.latency_ms)


async def ramp(app: App, due: Due) -> None:
    """Ask for full traffic to the new deployment; that it holds is seen by following it."""
    rollout = await things.get(app.store, Rollout, due.about.number)
    if rollout.stage is Stage.RAMPING:
        await shift(app, rollout)


async def shift(app: App, rollout: Rollout) -> Deployment:
    """Ask for full traffic unless it holds already; READY when it does."""
    await rollouts.must_go_on(app.store, rollout.number)
    return await app.endpoints.shift_traffic(rollout.endpoint, {rollout.deployment: rollouts.FULL_TRAFFIC_PCT})


async def remove(app: App, due: Due) -> None:
    """Take back what an aborted rollout began in the cloud; users go to what is live.

    Raises:
        Unfinished: the cloud is at it.
    """
    rollout = await things.get(app.store, Rollout, due.about.number)
    if rollout.was_approved:
        weights = await rollouts.weights_of_live(app.store, rollout)
        left = await app.endpoints.remove(rollout.endpoint, rollout.deployment, weights=weights)
        if left.status is not DeploymentStatus.ABSENT:
            raise Unfinished(f"deployment `{rollout.deployment}` of `{rollout.endpoint}` is still being removed")
    await decisions.cleared(app.record, rollout.number)


async def log_of(app: App, rollout: Rollout) -> str:
    """Return the end of the deployment's log, or nothing where there is none to be had."""
    try:
        return await app.endpoints.logs(rollout.endpoint, rollout.deployment, lines=LOG_LINES)
    except SlipwayError:
        return ""


async def _failed(app: App, due: Due, why: Said) -> None:
    rollout = await things.get(app.store, Rollout, due.about.number)
    tail = await log_of(app, rollout)
    await rollouts.failed(app.record, rollout.number, cause=redacted_said(why), log_tail=tail)


HANDLERS: Handlers = {
    RolloutEffect.BEGIN: Handler(act=begin, end=_failed),
    RolloutEffect.VERIFY: Handler(act=verify, end=_failed),
    RolloutEffect.RAMP: Handler(act=ramp, end=_failed),
    RolloutEffect.REMOVE: Handler(act=remove, cannot=of_incident.CANNOT_REMOVE),
}
