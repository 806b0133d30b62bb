"""One run on a cluster that says what a test tells it to, followed by the bot; a real store under it."""

from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from bot.adapters.sql.store import SqlStore
from bot.app import App
from bot.core.values import Ref, Stage
from bot.effects import draw
from bot.errors import NoResult, Upstream
from bot.operations.engine import Watch
from bot.operations.runs import Runs, Seen
from bot.ports import Job, JobStatus, Observation, Result
from bot.services import cards
from bot.things.incident.model import Incident
from bot.things.run.model import Run
from bot.things.run.readings import Progress
from tests.support.databases import sqlite_database
from tests.support.fakes import FakeChat, FakeCluster, had
from tests.support.ports import Clock, app_on
from tests.support.road import claimed, submitted

PROGRESS = Progress(1, 9, 0.5, "accuracy", 0.7, 1.0, 8.0)


def running(epoch: int) -> Observation:
    """Return a run that runs and has come so far."""
    return Observation(JobStatus.RUNNING, node="gpu1", progress=replace(PROGRESS, epoch=epoch))


@dataclass
class FakeClusterOfRuns(FakeCluster):
    """A cluster that says of each job what the test told it to."""

    says: dict[str, Observation] = field(default_factory=dict)
    results: dict[str, Result | Upstream] = field(default_factory=dict)
    logs: dict[str, str | Upstream] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    """Whose logs were asked for."""

    async def observe(self, jobs: Collection[Job]) -> Mapping[str, Observation]:
        return {job.key: self.says[job.key] for job in jobs}

    async def result(self, key: str) -> Result:
        return had(self.results.get(key, NoResult("the run left no result.json")))

    async def log_tail(self, key: str, *, lines: int) -> str:
        self.asked.append(key)
        return had(self.logs.get(key, ""))


@dataclass(frozen=True)
class Place:
    """An app with one run on the cluster."""

    app: App
    clock: Clock
    cluster: FakeClusterOfRuns
    run: Run
    watch: Watch[Run, Seen]

    async def looks(self) -> None:
        """Look once at all runs that are open."""
        await self.watch.tick()

    def restarts(self) -> None:
        """Forget what only memory has."""
        self.watch.operation = Runs(self.app)

    async def sees(self, seen: Observation, *, after_s: float = 3.0) -> None:
        """Let time go by and look once."""
        self.clock.passes(seconds=after_s)
        self.cluster.says[self.run.key] = seen
        await self.looks()

    async def now(self) -> Run:
        """Return the run as it stands."""
        async with self.app.store.reading() as tx:
            run = await tx.find(Run, self.run.number)
        assert run is not None
        return run

    async def incidents(self) -> list[tuple[str, Stage]]:
        """Return what Ops were told, with where it stands."""
        async with self.app.store.reading() as tx:
            return [(str(one.title), one.stage) for one in await tx.select(Incident)]

    async def told(self) -> list[tuple[str, str]]:
        """Return the labels and ids of the presses for the run that Ops are offered, on all cards."""
        async with self.app.store.reading() as tx:
            numbers = [one.number for one in await tx.select(Incident)]
        faces = [await cards.face_for(self.app.store, Ref(Incident.kind, number)) for number in numbers]
        buttons = [button for face in faces for button in face.card.buttons]
        return [(one.label, one.id) for one in buttons if one.id.endswith(f":RUN-{self.run.number}")]

    async def card(self) -> str:
        """Return the text of the run's card."""
        face = await cards.face_for(self.app.store, Ref(Run.kind, self.run.number))
        return "\n".join(face.card.paragraphs)

    async def presses(self) -> list[tuple[str, str]]:
        """Return the labels and ids of the presses on the run's own card."""
        face = await cards.face_for(self.app.store, Ref(Run.kind, self.run.number))
        return [(one.label, one.id) for one in face.card.buttons]

    async def drawn(self) -> set[Ref]:
        """Have all cards that are due drawn, and return whose they were."""
        self.clock.passes(seconds=60)
        rows = await self.app.store.claim_cards(now=self.clock(), lease=draw.LEASE, limit=99)
        for row in rows:
            await draw.draw(self.app, row)
        return {row.about for row in rows}


@asynccontextmanager
async def place_in(directory: Path) -> AsyncIterator[Place]:
    """Open an app with a run that was submitted."""
    store = SqlStore.open(sqlite_database(directory / "slipway.db").settings)
    clock, cluster = Clock(), FakeClusterOfRuns()
    app = app_on(store, clock=clock, chat=FakeChat(), cluster=cluster)
    run = await submitted(app.record, (await claimed(app.record)).number)
    yield Place(app, clock, cluster, run, Watch(app, Runs(app)))
    await store.close()
