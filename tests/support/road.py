"""The road of a model by the services alone: filed, claimed, ordered, trained, audited, proposed."""

from pathlib import Path
from typing import Any

from bot.config import ClusterSettings, MonitoringSettings
from bot.domain.lifecycle import Event
from bot.domain.model import Actor, Audit, Duty, PersonId, Requirement, Rollout, Run, Sweep
from bot.domain.recipes import Parameter, Recipe
from bot.ports import Comparison, Drift, Result
from bot.services import audits, planning, requirements, rollouts, sweeps, training
from bot.services.desk import Desk

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


async def filed(desk: Desk) -> Requirement:
    """Have a requirement filed."""
    return await requirements.file(
        desk,
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


async def claimed(desk: Desk) -> Requirement:
    """Have a requirement filed and claimed."""
    return await requirements.claim(desk, (await filed(desk)).number, by=ANAN)


async def ordered(desk: Desk, requirement: int, *, by: Actor = ANAN) -> Run:
    """Have a run ordered."""
    wish = planning.Wish(recipe=RECIPE.name)
    run = await planning.plan(desk, requirement, wish, recipes=RECIPES, cluster=CLUSTER, by=by)
    return await planning.order(desk, run.number, by=by)


async def submitted(desk: Desk, requirement: int, *, by: Actor = ANAN) -> Run:
    """Have a run ordered and submitted."""
    run = await ordered(desk, requirement, by=by)
    return await training.submitted(desk, run.number, attempt=1, job_id=str(run.number))


async def swept(
    desk: Desk, requirement: int, *, space: str, metric: str = "accuracy", launched_by: Actor = ANAN, **wish: Any
) -> Sweep:
    """Have a grid of runs ordered, two at once."""
    sweep = await sweeps.plan(
        desk,
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
    return await sweeps.order(desk, sweep.number, by=launched_by)


async def in_review(desk: Desk, requirement: int, *, by: Actor = ANAN) -> Audit:
    """Have a run trained and recorded, and return its audit."""
    run = await submitted(desk, requirement, by=by)
    audit = await training.succeeded(desk, run.number, RESULT)
    await training.recorded(desk, run.number, version=str(run.number), url="")
    assert audit is not None
    return audit


async def proposed(desk: Desk, requirement: int) -> Rollout:
    """Have a model trained, approved and proposed."""
    audit = await in_review(desk, requirement)
    await audits.decide(desk, audit.number, Event.AUDIT_APPROVED, reason="It is good.", by=KANYA)
    return await rollouts.propose(desk, audit.run, reason="It is wanted.", endpoint_prefix="slipway", by=BOON)


async def ramping(desk: Desk, requirement: int) -> Rollout:
    """Have a model on its way to its endpoint, ready for full traffic."""
    rollout = await proposed(desk, requirement)
    await rollouts.approve(desk, rollout.number, reason="Go.", by=SOMCHAI)
    await rollouts.begun(desk, rollout.number)
    await rollouts.created(desk, rollout.number)
    await rollouts.verified(desk, rollout.number, latency_ms=7.0)
    return rollout


async def live(desk: Desk, requirement: int) -> Rollout:
    """Have a model live."""
    rollout = await ramping(desk, requirement)
    await rollouts.went_live(desk, rollout.number, monitoring=MONITORING, zone="Asia/Bangkok")
    return rollout
