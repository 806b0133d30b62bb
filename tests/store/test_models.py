"""What follows from a run's success: a model, its evaluation, an audit; and what a verdict means for the model."""

from dataclasses import replace

import pytest

from bot.adapters.sql.store import SqlStore
from bot.core.kind import Event
from bot.core.record import Record
from bot.core.values import SYSTEM, Kind, Ref, Stage
from bot.errors import NotPermitted
from bot.plugins import record_of
from bot.services import training
from bot.things.audit import decisions
from bot.things.audit.model import Audit
from bot.things.audit.rules import AuditEvent
from bot.things.evaluation.model import Evaluation
from bot.things.model.model import Model
from bot.things.run.model import Run
from tests.support.road import ANAN, KANYA, RESULT, claimed, submitted
from tests.support.store_fixtures import on

database = on("sqlite")
AUDITING_ANAN = replace(ANAN, duties=ANAN.duties | KANYA.duties)


async def succeeded(record: Record) -> Run:
    """Have a run trained."""
    run = await submitted(record, (await claimed(record)).number)
    await training.succeeded(record, run.number, RESULT)
    return run


async def test_a_run_that_succeeds_has_a_model_that_is_measured_and_audited(store: SqlStore):
    """In one transaction, each by the bot; the audit is of that model, by those figures."""
    record = record_of(store)
    run = await succeeded(record)
    async with store.reading() as tx:
        [model], [evaluation], [audit] = await tx.select(Model), await tx.select(Evaluation), await tx.select(Audit)
        facts = await tx.facts()
    following = [(fact.event, fact.by) for fact in facts][-5:]

    assert (run.number, RESULT.digest, Stage.EVALUATED) == (model.run, model.digest, model.stage)
    assert (1, dict(RESULT.metrics), RESULT.test_rows) == (evaluation.model, evaluation.figures, evaluation.test_rows)
    assert (1, 1, run.number) == (audit.model, audit.evaluation, audit.run)
    assert [
        ("run.succeeded", SYSTEM.id),
        ("model.made", SYSTEM.id),
        ("evaluation.measured", SYSTEM.id),
        ("model.evaluated", SYSTEM.id),
        ("audit.opened", SYSTEM.id),
    ] == following


@pytest.mark.parametrize(
    ("verdict", "stage"),
    [
        (AuditEvent.APPROVED, Stage.APPROVED),
        (AuditEvent.REJECTED, Stage.REJECTED),
        (AuditEvent.CHANGES_REQUESTED, Stage.EVALUATED),
    ],
)
async def test_a_verdict_is_the_models(store: SqlStore, verdict: Event, stage: Stage):
    """Where changes are requested it is another that will be made."""
    record = record_of(store)
    await succeeded(record)
    await decisions.decide(record, 1, verdict, reason="Because.", by=KANYA)
    async with store.reading() as tx:
        model = await tx.find(Model, 1)
        history = await tx.history(Ref(Kind.MODEL, 1))

    assert model is not None
    assert stage is model.stage
    assert {SYSTEM.id} == {fact.by for fact in history}


async def test_whoever_ordered_the_run_has_a_hand_in_its_model(store: SqlStore):
    """Four eyes go from the audit to the model, and from there to what made it."""
    record = record_of(store)
    await succeeded(record)
    with pytest.raises(NotPermitted, match=r"you ordered its training \(RUN-1\)"):
        await decisions.decide(record, 1, AuditEvent.APPROVED, reason="Mine.", by=AUDITING_ANAN)
    async with store.reading() as tx:
        audit = await tx.find(Audit, 1)

    assert audit is not None
    assert Stage.IN_REVIEW is audit.stage
