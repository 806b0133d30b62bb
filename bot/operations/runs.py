"""Runs on the cluster: one round of asking for all that are open, then each is told what was seen of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import structlog

from bot.app import App
from bot.core.said import Said
from bot.core.values import Json, Ref
from bot.effects.cluster import job_of
from bot.errors import BadResult, NoResult, SlipwayError, Upstream
from bot.ports import JobStatus, Observation
from bot.services import following, incidents, sweeps, things, training
from bot.services.causes import failure_of
from bot.services.following import Followed, Trouble
from bot.things.incident import subjects, words
from bot.things.incident.subjects import Matter
from bot.things.model import servable
from bot.things.model.words import WRITE_WHAT_IS_MISSING
from bot.things.run import causes_words
from bot.things.run.causes import Cause, Failure
from bot.things.run.model import Run
from bot.things.run.readings import Progress

log = structlog.get_logger()
LOG_LINES = 200
BY_SOMEBODY = Observation(JobStatus.UNKNOWN, "it was cancelled on the cluster, by whom is not known yet")
AWAITED = Observation(JobStatus.UNKNOWN, "it has ended well, but its result cannot be seen yet")


@dataclass(frozen=True, slots=True)
class Seen:
    """What the cluster says of a run, and how it was known before."""

    now: Observation
    before: Followed

    @property
    def progress(self) -> Progress | None:
        """Its newest line, where it has written one since and goes on."""
        newest = self.now.progress
        return None if self.now.status.is_final or newest == self.before.seen.progress else newest


@dataclass(frozen=True, slots=True)
class Runs:
    """Fills `bot.operations.engine.Operation`. What it remembers a restart recalls from the record."""

    app: App
    work: str = "following runs"
    system: str = "cluster"
    followed: dict[str, Followed] = field(default_factory=dict)
    """Open runs as they were last seen, by the key of their attempt."""

    async def under_way(self) -> Mapping[str, Run]:
        """Return all that the cluster has; sweeps of which it has none any more are ended before."""
        await sweeps.settle(self.app.record)
        async with self.app.store.reading() as tx:
            runs = await things.every(tx, Run, stages=training.OPEN_STAGES)
        under_way = {run.key: run for run in runs if job_of(run) is not None}
        for key in self.followed.keys() - under_way.keys():
            del self.followed[key]
        return under_way

    async def observe(self, things: Mapping[str, Run]) -> Mapping[str, Seen]:
        """Ask once for all."""
        seen = await self.app.cluster.observe([job for run in things.values() if (job := job_of(run)) is not None])
        before = {key: self.followed[key] for key in seen.keys() & self.followed.keys()}
        unknown = [(things[key], one) for key, one in seen.items() if key not in before]
        before |= await following.recalled(self.app.store, unknown, at=self.app.record.now())
        return {key: Seen(one, before[key]) for key, one in seen.items()}

    async def progressed(self, things: Mapping[str, Run], seen: Mapping[str, Seen]) -> None:
        """Keep the newest line of each that has written one since."""
        news = [
            (things[key], one.now.progress)
            for key, one in seen.items()
            if one.now.progress is not None
            and not one.now.status.is_final
            and one.now.progress != one.before.seen.progress
        ]
        await training.progressed(self.app.record, news)

    def asks_more(self, seen: Seen) -> bool:
        """Tell so of what has ended: its result, or its log."""
        return seen.now.status.is_final

    async def follow(self, thing: Run, seen: Seen, *, may_ask: bool) -> None:
        """Tell what is new of a run, and whether it gets on as it should."""
        run, now, one, before, followed = thing, self.app.record.now(), seen.now, seen.before, seen.before
        if run.key not in self.followed or before.seen != one:
            waited = now - before.progressed_at if before.seen in (AWAITED, BY_SOMEBODY) else None
            one = await self._tell(run, one, before.seen, waited=waited)
            followed = self.followed[run.key] = following.after(before, one, at=now)
        is_over = one.status.is_final
        patience = following.patience_of(self.app.settings.cluster)
        trouble = following.trouble_of(run, followed, now=now, patience=patience)
        if (
            trouble is not None and one.status is JobStatus.UNKNOWN and not one.strange_word
        ):  # what SLURM shows is there
            is_over = await training.cancelled_if_asked(self.app.record, run.number, reason=one.reason)
            trouble = None if is_over else trouble
        kind, failure = trouble.kind if trouble else None, None
        if trouble is None and not is_over and following.stands(followed.told, before, followed):
            kind = followed.told
        if kind is not followed.told or is_over:
            about, resolution = Ref(Run.kind, run.number), words.RUN_ENDED() if is_over else words.GETS_ON()
            still = (subjects.of_trouble(about, kind),) if kind else ()
            besides = (Matter.TROUBLE, Matter.GIVEN_UP)
            await incidents.resolve_gone(self.app.record, *besides, of=about, still=still, resolution=resolution)
        if trouble is not None and kind is not followed.told:
            failure = await self._tell_of(run, trouble, with_log=may_ask and one.status is JobStatus.RUNNING)
        followed.told = kind
        if failure is not None:
            raise failure

    async def failed(self, thing: Run, cause: Said, error: SlipwayError) -> bool:  # noqa: ARG002  # see the engine
        """Leave it to the next round: how a run ends only the cluster says."""
        return False

    async def since(self, thing: Run) -> datetime:  # noqa: ARG002  # see the engine
        """Return now: SLURM ends what takes too long."""
        return self.app.record.now()

    def deadline(self, thing: Run) -> None:  # see the engine
        """Have none: SLURM ends what takes too long."""

    async def _tell_of(self, run: Run, trouble: Trouble, *, with_log: bool) -> Upstream | None:
        """Tell Ops, with the log's end where it can be had; return why not, for others to be told."""
        tail, failure = "", None
        try:
            tail = await self._log_tail(run) if with_log else ""
        except Upstream as error:
            failure = error
        said = {"title": trouble.title, "cause": trouble.cause, "next_step": trouble.next_step}
        about = subjects.of_trouble(Ref(Run.kind, run.number), trouble.kind)
        await incidents.open_once(self.app.record, about, **said, log_tail=tail)
        return failure

    async def _tell(self, run: Run, seen: Observation, before: Observation, *, waited: timedelta | None) -> Observation:
        """Tell what a run was seen as, and return what it is to be remembered as."""
        record = self.app.record
        match seen.status:
            case JobStatus.UNKNOWN:
                await training.unclear(record, run.number, seen.reason)
            case JobStatus.PENDING | JobStatus.RUNNING:
                if replace(before, progress=None) != replace(seen, progress=None):
                    said = {"reason": seen.reason, "node": seen.node}
                    await training.waits_or_runs(record, run.number, seen.status, **said, restarts=seen.restarts)
            case JobStatus.COMPLETED:
                return await self._completed(run, seen, waited=waited)
            case JobStatus.CANCELLED:
                may_wait = (waited or timedelta()) < self._patience
                if not await training.cancelled(record, run.number, reason=seen.reason, may_wait=may_wait):
                    return BY_SOMEBODY
            case _:
                tail = await self._log_tail(run)
                ended = replace(seen, is_diverged=before.is_diverged)
                failure = failure_of(ended, log_tail=tail, last_words=await self._last_words(run))
                await self._has_failed(run, failure, log_tail=tail, node=seen.node)
        return seen

    async def _completed(self, run: Run, seen: Observation, *, waited: timedelta | None) -> Observation:
        """Take the run's result; one that is not there yet is awaited for a while."""
        try:
            result = await self.app.cluster.result(run.key)
        except BadResult as error:
            is_late = isinstance(error, NoResult) and (waited or timedelta()) < self._patience
            if is_late and waited is None:
                await training.unclear(self.app.record, run.number, AWAITED.reason)
            if is_late:
                return AWAITED
            cause = causes_words.BAD_RESULT(why=error.message)
            failure = Failure(cause, causes_words.LOOK_AT_RESULT(), Cause.BAD_RESULT)
            await self._has_failed(run, failure, log_tail=await self._log_tail(run))
            return seen
        if lacking := servable.findings(result.model) if result.model is not None else ():
            failure = Failure(servable.sentence(lacking), WRITE_WHAT_IS_MISSING(), Cause.NOT_SERVABLE)
            await self._has_failed(run, failure, log_tail=await self._log_tail(run))
            return seen
        await training.succeeded(self.app.record, run.number, result)
        return seen

    async def _has_failed(self, run: Run, failure: Failure, *, log_tail: str, node: str = "") -> None:
        recipes = self.app.recipes
        await training.failed(self.app.record, run.number, failure, log_tail=log_tail, node=node, recipes=recipes)

    async def _log_tail(self, run: Run) -> str:
        """Return the log's end; one that cannot be read must not keep its run from ending."""
        try:
            return await self.app.cluster.log_tail(run.key, lines=LOG_LINES)
        except BadResult as error:
            log.warning("log cannot be read", run=run.number, error=error.message)
            return ""

    async def _last_words(self, run: Run) -> Mapping[str, Json]:
        try:
            return await self.app.cluster.last_words(run.key)
        except BadResult:
            return {}

    @property
    def _patience(self) -> timedelta:
        return timedelta(seconds=self.app.settings.cluster.late_result_s)
