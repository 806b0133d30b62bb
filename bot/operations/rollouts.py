"""Rollouts, each at the next step that the cloud lacks: its deployment is made, then all traffic goes to it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.app import App
from bot.core.said import Said
from bot.core.values import Stage
from bot.effects import endpoints
from bot.errors import Refused, SlipwayError
from bot.operations.engine import Deadline, Waits
from bot.ports import DeploymentStatus
from bot.services import rollouts, things
from bot.things.rollout import decisions, words
from bot.things.rollout.model import Rollout


@dataclass(frozen=True, slots=True)
class Rollouts:
    """Fills `bot.operations.engine.Operation`. The cloud is asked about each alone, by asking for what it lacks."""

    app: App
    work: str = "following rollouts"
    system: str = "azure"

    async def under_way(self) -> Mapping[str, Rollout]:
        """Return all that wait for the cloud."""
        async with self.app.store.reading() as tx:
            waiting = await things.every(tx, Rollout, stages=rollouts.FOLLOWED_STAGES)
        return {str(rollout.ref): rollout for rollout in waiting}

    async def observe(self, things: Mapping[str, Rollout]) -> Mapping[str, Stage]:
        """Return at what each is."""
        return {key: rollout.stage for key, rollout in things.items()}

    def asks_more(self, seen: Stage) -> bool:  # noqa: ARG002  # as the engine asks for it
        """Tell so of all."""
        return True

    async def follow(self, thing: Rollout, seen: Stage, *, may_ask: bool) -> Waits | None:  # noqa: ARG002  # see above
        """Ask for what it lacks, and tell when it has it."""
        return await (self._made if seen is Stage.CREATING else self._ramped)(thing)

    async def _made(self, rollout: Rollout) -> Waits | None:
        deployment = await endpoints.converge(self.app, rollout)
        match deployment.status:
            case DeploymentStatus.READY:
                await decisions.created(self.app.record, rollout.number)
            case DeploymentStatus.FAILED:
                tail = await self.app.endpoints.logs(rollout.endpoint, rollout.deployment, lines=endpoints.LOG_LINES)
                cause = rollouts.quoted(deployment.error)
                await rollouts.failed(self.app.record, rollout.number, cause=cause, log_tail=tail)
            case DeploymentStatus.CREATING | DeploymentStatus.ABSENT:
                return Waits(words.STILL_AT_IT(), await self.since(rollout))
        return None

    async def _ramped(self, rollout: Rollout) -> Waits | None:
        deployment = await endpoints.shift(self.app, rollout)
        if deployment.status is DeploymentStatus.READY:
            settings = self.app.settings
            await rollouts.went_live(
                self.app.record, rollout.number, monitoring=settings.monitoring, zone=settings.zone
            )
            return None
        failure = rollouts.quoted(deployment.error) if deployment.error else None
        if deployment.status is DeploymentStatus.ABSENT:
            failure = words.NO_ENDPOINT(endpoint=rollout.endpoint)
        asked = await rollouts.traffic_asked(self.app.record, rollout, failure=failure)
        return Waits(asked.failure or words.STILL_AT_IT(), asked.since_at)

    async def progressed(self, things: Mapping[str, Rollout], seen: Mapping[str, Stage]) -> None:
        """Keep nothing: how far the cloud is, it does not say."""

    async def failed(self, thing: Rollout, cause: Said, error: SlipwayError) -> bool:
        """End it, with the end of its deployment's log where the cloud may have one."""
        tail = "" if isinstance(error, Refused) else await endpoints.log_of(self.app, thing)
        await rollouts.failed(self.app.record, thing.number, cause=cause, log_tail=tail)
        return True

    async def since(self, thing: Rollout) -> datetime:
        """Return since when it stands at its stage."""
        return await rollouts.stands_since(self.app.store, thing)

    def deadline(self, thing: Rollout) -> Deadline:
        """Return what the config says, so that others may be proposed."""
        azure = self.app.settings.azure
        late, limit_min = {
            Stage.CREATING: (words.NOT_READY, azure.creation_limit_min),
            Stage.RAMPING: (words.NOT_ALL_TRAFFIC, azure.traffic_limit_min),
        }[thing.stage]

        def cause(why: Said) -> Said:
            return late(minutes=limit_min, why=why)

        return Deadline(timedelta(minutes=limit_min), cause)
