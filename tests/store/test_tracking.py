"""The registry hears of each attempt as it stands, however late, and the card has its address; a real store."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.adapters.store_sql import SqlStore
from bot.app import App
from bot.domain.causes import Cause, Failure, Remedy
from bot.domain.model import Incident, Kind, Ref
from bot.effects.deliver import MAX_ATTEMPTS
from bot.errors import Upstream
from bot.ports import JobStatus, Outcome, TrackedRun
from bot.services import attempts, cards, things, training
from tests.support.databases import sqlite_database
from tests.support.ports import Clock, Farm, Town, always, app_on, deliver_due
from tests.support.road import ANAN, CLUSTER, RESULT, claimed, ordered, submitted

NO_MEMORY = Failure("The GPU ran out of memory.", "Ask for less.", Cause.OUT_OF_GPU_MEMORY)
ROWS = ({"epoch": 1.0, "loss": 0.5, "accuracy": 0.75},)


@dataclass
class Shelf:
    """A registry that remembers what it was told."""

    fails: Callable[[], None] = lambda: None
    told: list[TrackedRun] = field(default_factory=list)

    @property
    def ends(self) -> list[TrackedRun]:
        """What it was told of attempts that had ended; each is told of as it began first."""
        return [one for one in self.told if one.outcome is not None]

    async def track(self, run: TrackedRun) -> str:
        """Fill `bot.ports.Registry`."""
        self.fails()
        self.told.append(run)
        return f"https://mlflow.example/{run.key}"


@dataclass
class Field(Farm):
    """A cluster whose runs have come one epoch far."""

    asked: int = 0

    async def curve(self, key: str) -> Sequence[Mapping[str, float]]:  # noqa: ARG002  # the port's
        """Fill `bot.ports.Cluster`."""
        self.asked += 1
        return ROWS


@pytest.fixture
async def app(tmp_path: Path) -> AsyncIterator[App]:
    """Open an app on a fresh database, with a registry."""
    store = SqlStore.open(sqlite_database(tmp_path / "slipway.db").settings)
    yield replace(app_on(store, clock=Clock(), chat=Town(), cluster=Field()), registry=Shelf())
    await store.close()


async def _runs(app: App, number: int, *, node: str = "gpu1") -> None:
    await training.waits_or_runs(app.desk, number, JobStatus.RUNNING, reason="", node=node)


async def _footer(app: App, number: int) -> str:
    return (await cards.face_for(app.store, Ref(Kind.RUN, number))).card.footer


async def test_a_run_is_there_from_its_start_and_its_card_leads_to_it(app: App):
    """With its parameters while it trains, with curve, cause and status when it has failed; each attempt on its own."""
    run = await submitted(app.desk, (await claimed(app.desk)).number)
    footers = [await _footer(app, run.number)]
    for _ in range(2):
        app.desk.now.passes(minutes=1)
        await _runs(app, run.number)
        await deliver_due(app, "tracking")
        footers.append(await _footer(app, run.number))
        app.desk.now.passes(minutes=1)
        await training.failed(app.desk, run.number, NO_MEMORY)
        await deliver_due(app, "tracking")
        await attempts.again(app.desk, run.number, Remedy.RETRY, cluster=CLUSTER, by=ANAN)
        footers.append(await _footer(app, run.number))
        await training.submitted(app.desk, run.number, attempt=len(footers) // 2 + 1, job_id="77")
    began, (ended, ended_again) = app.registry.told[0], app.registry.ends

    assert ["MLflow" in footer for footer in footers] == [False, True, False, True, False]
    assert "[MLflow](https://mlflow.example/slipway-run-1-1)" in footers[1]
    assert (began.outcome, began.curve, began.parameters["seed"]) == (None, (), run.seed)
    assert (ended.key, ended_again.key) == ("slipway-run-1-1", "slipway-run-1-2")
    assert (ended.outcome, ended.curve, ended.metrics) == (Outcome.FAILED, [dict(ROWS[0])], {})
    assert ended.tags["slipway.cause"] == NO_MEMORY.cause
    assert ended.ended_at - ended.started_at == timedelta(minutes=1)


async def test_what_the_registry_could_not_hear_it_is_told_later_as_it_stands_then(app: App):
    """Nothing else waits for it: the run is retried and its audit opened meanwhile."""
    run = await submitted(app.desk, (await claimed(app.desk)).number)
    app.registry.fails = always(Upstream("mlflow", "down", retryable=True))
    await _runs(app, run.number)
    await deliver_due(app, "tracking")
    await training.failed(app.desk, run.number, NO_MEMORY)
    await attempts.again(app.desk, run.number, Remedy.RETRY, cluster=CLUSTER, by=ANAN)
    await training.submitted(app.desk, run.number, attempt=2, job_id="77")
    await _runs(app, run.number)
    audit = await training.succeeded(app.desk, run.number, RESULT)
    app.registry.fails = lambda: None
    for _ in range(5):
        app.desk.now.passes(minutes=11)
        await deliver_due(app, "tracking")

    assert audit is not None
    assert [(one.key, one.outcome) for one in app.registry.ends] == [
        ("slipway-run-1-1", Outcome.FAILED),
        ("slipway-run-1-1", Outcome.FAILED),
        ("slipway-run-1-2", Outcome.FINISHED),
        ("slipway-run-1-2", Outcome.FINISHED),
    ]
    assert app.registry.told[-1].metrics == RESULT.metrics
    assert "slipway.cause" not in app.registry.told[-1].tags
    assert "mlflow.example/slipway-run-1-2" in await _footer(app, run.number)


@pytest.mark.parametrize("was_there", [True, False])
async def test_a_run_that_the_cluster_never_had_is_not_told_of(app: App, was_there: bool):  # noqa: FBT001
    """One that was cancelled before it was sent has nothing to show; one that waited in the queue has."""
    requirement = (await claimed(app.desk)).number
    run = await (submitted if was_there else ordered)(app.desk, requirement)
    await training.cancel(app.desk, run.number, by=ANAN)
    await training.cancelled(app.desk, run.number, reason="by uid 1000")
    await deliver_due(app, "tracking")

    assert [Outcome.CANCELLED] * was_there == [one.outcome for one in app.registry.ends]
    assert was_there == bool(app.registry.told)


async def test_however_long_the_registry_is_away_it_is_told_and_nobody_else_is_troubled(app: App):
    """Its outage is one incident; a failed run keeps its presses; the cluster is not asked for a curve in vain."""
    run = await submitted(app.desk, (await claimed(app.desk)).number)
    app.registry.fails = always(Upstream("mlflow", "down", retryable=True))
    await _runs(app, run.number)
    await training.failed(app.desk, run.number, NO_MEMORY)
    for _ in range(MAX_ATTEMPTS + 1):
        app.desk.now.passes(minutes=11)
        await deliver_due(app, "tracking")
    told = [one.about for one in await things.newest(app.store, Incident)]
    presses = [one.id for one in (await cards.face_for(app.store, Ref(Kind.RUN, run.number))).card.buttons]
    asked_before = app.cluster.asked
    app.registry.fails = lambda: None
    app.desk.now.passes(minutes=11)
    await deliver_due(app, "tracking")
    await deliver_due(app, "tracking")

    assert sorted(told) == ["RUN-1", "mlflow"]
    assert "retry:RUN-1" in presses
    assert (asked_before, app.cluster.asked) == (0, 2)
    assert {one.outcome for one in app.registry.ends} == {Outcome.FAILED}
