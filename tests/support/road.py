"""The road of a model by the services alone: filed, claimed, ordered, trained, audited, proposed."""

from pathlib import Path
from typing import Any

from bot.config import ClusterSettings, MonitoringSettings
from bot.core.record import Record
from bot.core.values import Actor, Duty, PersonId
from bot.ports import Comparison, Drift, Result
from bot.services import planning, rollouts, sweeps, training
from bot.things.audit import decisions as audits
from bot.things.audit.model import Audit
from bot.things.audit.rules import AuditEvent
from bot.things.recipe.recipe import Parameter, Recipe
from bot.things.requirement import decisions as requirements
from bot.things.requirement.model import Requirement
from bot.things.rollout import decisions
from bot.things.rollout.model import Rollout
from bot.things.run.model import Run
from bot.things.sweep.model import Sweep

MALEE = Actor(PersonId(1), frozenset({Duty.ANALYST}))
ANAN = Actor(PersonId(2), frozenset({Duty.CREATOR}))
BOON = Actor(PersonId(3), frozenset({Duty.CREATOR}))
KANYA = Actor(PersonId(4), frozenset({Duty.AUDITOR}))
PREECHA = Actor(PersonId(5), frozenset({Duty.AUDITOR}))
SOMCHAI = Actor(PersonId(6), frozenset({Duty.OPERATOR}))
NOK = Actor(PersonId(7), frozenset({Duty.OPERATOR}))
CLUSTER = ClusterSettings(host="h", user="u", key_file=Path("/k"), known_hosts=Path("/h"), directory="/d")
MONITORING = MonitoringSettings()
RECIPE = Recipe(
    name="classifier", title="", datasets=("digits",), parameters={"epochs": Parameter("int", 12, 1, 1000, "")}
)
RECIPES = {RECIPE.name: RECIPE}
DRIFT = Drift("brightness", "PSI", 0.9, 0.2, is_drifted=True, reference_mean=0.1, current_mean=0.5)
DRIFTED = Comparison((DRIFT,), reference_rows=10, current_rows=10, chart_png=b"")
RESULT = Result({"accuracy": 0.93}, parameter_count=1, digest="d" * 64, test_rows=400, curve=())


async def filed(record: Record) -> Requirement:
    """Have a requirement filed."""
    return await requirements.file(
        record,
        title="Digits",
        problem="p",
        value="v",
        targets="accuracy >= 0.9",
        constraints="",
        deployment_kind="new",
        dataset="digits",
        known_datasets=RECIPE.datasets,
        by=MALEE,
    )


async def claimed(record: Record) -> Requirement:
    """Have a requirement filed and claimed."""
    return await requirements.claim(record, (await filed(record)).number, by=ANAN)


async def ordered(record: Record, requirement: int, *, by: Actor = ANAN) -> Run:
    """Have a run ordered."""
    wish = planning.Wish(recipe=RECIPE.name)
    run = await planning.plan(record, requirement, wish, recipes=RECIPES, cluster=CLUSTER, by=by)
    return await planning.order(record, run.number, by=by)


async def submitted(record: Record, requirement: int, *, by: Actor = ANAN) -> Run:
    """Have a run ordered and submitted."""
    run = await ordered(record, requirement, by=by)
    return await training.submitted(record, run.number, attempt=1, job_id=str(run.number))


async def swept(
    record: Record, requirement: int, *, space: str, metric: str = "accuracy", launched_by: Actor = ANAN, **wish: Any
) -> Sweep:
    """Have a grid of runs ordered, two at once."""
    sweep = await sweeps.plan(
        record,
        requirement,
        planning.Wish(RECIPE.name, **wish),
        method="grid",
        space=space,
        count=1,
        at_once=2,
        metric=metric,
        recipes=RECIPES,
        cluster=CLUSTER,
        by=ANAN,
    )
    return await sweeps.order(record, sweep.number, by=launched_by)


async def in_review(record: Record, requirement: int, *, by: Actor = ANAN) -> Audit:
    """Have a run trained and recorded, and return its audit."""
    run = await submitted(record, requirement, by=by)
    audit = await training.succeeded(record, run.number, RESULT)
    await training.recorded(record, run.number, version=str(run.number), url="")
    assert audit is not None
    return audit


async def proposed(record: Record, requirement: int) -> Rollout:
    """Have a model trained, approved and proposed."""
    audit = await in_review(record, requirement)
    await audits.decide(record, audit.number, AuditEvent.APPROVED, reason="It is good.", by=KANYA)
    return await rollouts.propose(record, audit.run, reason="It is wanted.", endpoint_prefix="slipway", by=BOON)


async def ramping(record: Record, requirement: int) -> Rollout:
    """Have a model on its way to its endpoint, ready for full traffic."""
    rollout = await proposed(record, requirement)
    await rollouts.approve(record, rollout.number, reason="Go.", by=SOMCHAI)
    await decisions.begun(record, rollout.number)
    await decisions.created(record, rollout.number)
    await decisions.verified(record, rollout.number, latency_ms=7.0)
    return rollout


async def live(record: Record, requirement: int) -> Rollout:
    """Have a model live."""
    rollout = await ramping(record, requirement)
    await rollouts.went_live(record, rollout.number, monitoring=MONITORING, zone="Asia/Bangkok")
    return rollout
