"""The registry hears of each attempt as it stands, however late, and the card has its address; a real store."""

from datetime import timedelta

import pytest

from bot.app import App
from bot.core.values import Kind, Ref
from bot.core.words import as_said
from bot.effects.deliver import MAX_ATTEMPTS
from bot.errors import Upstream
from bot.ports import JobStatus, Outcome
from bot.services import attempts, cards, things, training
from bot.things.incident.model import Incident
from bot.things.incident.subjects import of_failure, of_outage
from bot.things.run.causes import Cause, Failure, Remedy
from tests.support.ports import Place, always, deliver_due
from tests.support.road import ANAN, CLUSTER, RESULT, claimed, ordered, submitted

NO_MEMORY = Failure(as_said("The GPU ran out of memory."), as_said("Ask for less."), Cause.OUT_OF_GPU_MEMORY)
ROWS = ({"epoch": 1.0, "loss": 0.5, "accuracy": 0.75},)


@pytest.fixture
def place(place: Place) -> Place:
    """Have the cluster's runs come one epoch far."""
    place.cluster.rows = ROWS
    return place


async def _runs(app: App, number: int, *, node: str = "gpu1") -> None:
    await training.waits_or_runs(app.record, number, JobStatus.RUNNING, reason="", node=node)


async def _footer(app: App, number: int) -> str:
    return (await cards.face_for(app.store, Ref(Kind.RUN, number))).card.footer


async def test_a_run_is_there_from_its_start_and_its_card_leads_to_it(place: Place):
    """With its parameters while it trains, with curve, cause and status when it has failed; each attempt on its own."""
    run = await submitted(place.app.record, (await claimed(place.app.record)).number)
    footers = [await _footer(place.app, run.number)]
    for _ in range(2):
        place.clock.passes(minutes=1)
        await _runs(place.app, run.number)
        await deliver_due(place.app, "tracking")
        footers.append(await _footer(place.app, run.number))
        place.clock.passes(minutes=1)
        await training.failed(place.app.record, run.number, NO_MEMORY)
        await deliver_due(place.app, "tracking")
        await attempts.again(place.app.record, run.number, Remedy.RETRY, cluster=CLUSTER, by=ANAN)
        footers.append(await _footer(place.app, run.number))
        await training.submitted(place.app.record, run.number, attempt=len(footers) // 2 + 1, job_id="77")
    began, (ended, ended_again) = place.registry.told[0], place.registry.ends

    assert ["MLflow" in footer for footer in footers] == [False, True, False, True, False]
    assert "[MLflow](https://mlflow.example/slipway-run-1-1)" in footers[1]
    assert (began.outcome, began.curve, began.parameters["seed"]) == (None, (), run.seed)
    assert (ended.key, ended_again.key) == ("slipway-run-1-1", "slipway-run-1-2")
    assert (ended.outcome, ended.curve, ended.metrics) == (Outcome.FAILED, (dict(ROWS[0]),), {})
    assert ended.tags["slipway.cause"] == str(NO_MEMORY.cause)
    assert ended.ended_at is not None
    assert ended.ended_at - ended.started_at == timedelta(minutes=1)


async def test_what_the_registry_could_not_hear_it_is_told_later_as_it_stands_then(place: Place):
    """Nothing else waits for it: the run is retried and its audit opened meanwhile."""
    run = await submitted(place.app.record, (await claimed(place.app.record)).number)
    place.registry.fails = always(Upstream("mlflow", "down", retryable=True))
    await _runs(place.app, run.number)
    await deliver_due(place.app, "tracking")
    await training.failed(place.app.record, run.number, NO_MEMORY)
    await attempts.again(place.app.record, run.number, Remedy.RETRY, cluster=CLUSTER, by=ANAN)
    await training.submitted(place.app.record, run.number, attempt=2, job_id="77")
    await _runs(place.app, run.number)
    audit = await training.succeeded(place.app.record, run.number, RESULT)
    place.registry.fails = lambda: None
    for _ in range(5):
        place.clock.passes(minutes=11)
        await deliver_due(place.app, "tracking")

    assert audit is not None
    assert [(one.key, one.outcome) for one in place.registry.ends] == [
        ("slipway-run-1-1", Outcome.FAILED),
        ("slipway-run-1-1", Outcome.FAILED),
        ("slipway-run-1-2", Outcome.FINISHED),
        ("slipway-run-1-2", Outcome.FINISHED),
    ]
    assert place.registry.told[-1].metrics == RESULT.metrics
    assert "slipway.cause" not in place.registry.told[-1].tags
    assert "mlflow.example/slipway-run-1-2" in await _footer(place.app, run.number)


@pytest.mark.parametrize("was_there", [True, False])
async def test_a_run_that_the_cluster_never_had_is_not_told_of(place: Place, was_there: bool):  # noqa: FBT001
    """One that was cancelled before it was sent has nothing to show; one that waited in the queue has."""
    requirement = (await claimed(place.app.record)).number
    run = await (submitted if was_there else ordered)(place.app.record, requirement)
    await training.cancel(place.app.record, run.number, by=ANAN)
    await training.cancelled(place.app.record, run.number, reason="by uid 1000")
    await deliver_due(place.app, "tracking")

    assert [Outcome.CANCELLED] * was_there == [one.outcome for one in place.registry.ends]
    assert was_there == bool(place.registry.told)


async def test_however_long_the_registry_is_away_it_is_told_and_nobody_else_is_troubled(place: Place):
    """Its outage is one incident; a failed run keeps its presses; the cluster is not asked for a curve in vain."""
    run = await submitted(place.app.record, (await claimed(place.app.record)).number)
    place.registry.fails = always(Upstream("mlflow", "down", retryable=True))
    await _runs(place.app, run.number)
    await training.failed(place.app.record, run.number, NO_MEMORY)
    for _ in range(MAX_ATTEMPTS + 1):
        place.clock.passes(minutes=11)
        await deliver_due(place.app, "tracking")
    told = [one.about for one in await things.newest(place.app.store, Incident)]
    presses = [one.id for one in (await cards.face_for(place.app.store, Ref(Kind.RUN, run.number))).card.buttons]
    asked_before = list(place.cluster.done)
    place.registry.fails = lambda: None
    place.clock.passes(minutes=11)
    await deliver_due(place.app, "tracking")
    await deliver_due(place.app, "tracking")

    assert set(told) == {of_failure(Ref(Kind.RUN, 1)), of_outage("mlflow")}
    assert 2 == len(told)
    assert "retry:RUN-1" in presses
    assert (asked_before, place.cluster.done) == ([], ["curve slipway-run-1-1"] * 2)
    assert {one.outcome for one in place.registry.ends} == {Outcome.FAILED}
