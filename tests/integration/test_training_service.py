"""Training's decisions on real stores: budgets, ranks, use, attempts by press and by policy."""

from dataclasses import replace

import pytest

from bot.adapters.store_sql import SqlStore
from bot.config import ClusterSettings
from bot.domain.causes import Cause, Failure, Remedy
from bot.domain.model import Incident, Requirement, Run, Stage
from bot.domain.recipes import Parameter, Recipe, RetryPolicy
from bot.errors import NotPermitted, Refused, WrongStage
from bot.ports import Use
from bot.services import attempts, capacity, planning, training
from bot.services.desk import Desk
from tests.support.road import ANAN, MALEE, claimed

CLUSTER = ClusterSettings(
    host="h", user="u", key_file="/k", known_hosts="/h", directory="/d", max_memory_gib_per_node=12, max_nodes=2
)
RECIPE = Recipe(
    name="classifier",
    title="",
    datasets=("digits",),
    parameters={"epochs": Parameter("int", 12, 1, 1000, "")},
    retry=RetryPolicy(causes=(Cause.NODE_LOST.value,), limit=1, wait_min=0.0),
)
RECIPES = {RECIPE.name: RECIPE}
NODE_LOST = Failure("The node was lost.", "Look at it.", Cause.NODE_LOST)
NO_MEMORY = Failure("It ran out of memory.", "Ask for more.", Cause.OUT_OF_MEMORY)


async def _claimed(desk: Desk, *, budget_gpu_h: float | None = None) -> Requirement:
    wanted = await claimed(desk)
    async with desk.store.writing() as tx:
        await tx.save(replace(wanted, budget_gpu_h=budget_gpu_h))
    return wanted


async def _ordered(desk: Desk, requirement: Requirement, **wish: int) -> Run:
    asked = planning.Wish(recipe="classifier", **wish)
    planned = await planning.plan(desk, requirement.number, asked, recipes=RECIPES, cluster=CLUSTER, by=ANAN)
    return await planning.order(desk, planned.number, by=ANAN)


async def _failed(desk: Desk, run: Run, failure: Failure, *, node: str = "gpu1") -> Run:
    await training.submitted(desk, run.number, attempt=run.attempt, job_id="7")
    await training.failed(desk, run.number, failure, node=node, recipes=RECIPES)
    return await _seen(desk, run.number)


async def _seen(desk: Desk, number: int) -> Run:
    async with desk.store.reading() as tx:
        run = await tx.find(Run, number)
    assert run is not None
    return run


async def test_a_budget_of_gpu_hours_is_kept(store: SqlStore):
    """What is used and what is promised to open runs both count; the refusal says the numbers."""
    desk = Desk(store)
    requirement = await _claimed(desk, budget_gpu_h=3.0)
    await _ordered(desk, requirement, gpus=1, time_limit_min=120)

    with pytest.raises(Refused, match=r"budget of 3 GPU hours: 0\.0 are used and 2\.0 promised"):
        await _ordered(desk, requirement, gpus=1, time_limit_min=90)


async def test_a_recipe_for_one_gpu_is_not_given_two(store: SqlStore):
    """Copies of code that knows no ranks would write the same files."""
    desk = Desk(store)
    requirement = await _claimed(desk)

    with pytest.raises(Refused, match="trains on one GPU"):
        await _ordered(desk, requirement, gpus=2)


async def test_a_policy_tries_again_once_and_then_tells_ops(store: SqlStore):
    """A lost node is retried from the checkpoint without an incident; the second time Ops hear of it."""
    desk = Desk(store)
    run = await _ordered(desk, await _claimed(desk))
    again = await _failed(desk, run, NODE_LOST)
    over = await _failed(desk, again, NODE_LOST)
    async with store.reading() as tx:
        incidents = await tx.select(Incident)

    assert (again.stage, again.attempt, again.resume_from) == (Stage.ORDERED, 2, run.key)
    assert (over.stage, over.attempt) == (Stage.FAILED, 2)
    assert [incident.about for incident in incidents] == [f"RUN-{run.number}"]


async def test_a_policy_does_not_try_again_beyond_the_budget(store: SqlStore):
    """Ops hear of the failure instead, and the press says why it was not tried again."""
    desk = Desk(store)
    requirement = await _claimed(desk)
    run = await _ordered(desk, requirement, time_limit_min=120)
    async with store.writing() as tx:
        await tx.save(replace(requirement, budget_gpu_h=1.5))
    failed = await _failed(desk, run, NODE_LOST)
    async with store.reading() as tx:
        [incident] = await tx.select(Incident)

    assert (failed.stage, failed.attempt, incident.about) == (Stage.FAILED, 1, f"RUN-{run.number}")
    with pytest.raises(Refused, match=r"budget of 1\.5 GPU hours"):
        await attempts.again(desk, run.number, Remedy.RESUME, cluster=CLUSTER, by=ANAN)


async def test_a_press_retries_with_more_memory_and_resolves_the_incident(store: SqlStore):
    """Memory doubles up to what a node has; beyond that the press is refused with the limit."""
    desk = Desk(store)
    run = await _ordered(desk, await _claimed(desk), memory_gib=8)
    failed = await _failed(desk, run, NO_MEMORY)
    again = await attempts.again(desk, run.number, Remedy.MORE_MEMORY, cluster=CLUSTER, by=ANAN)
    async with store.reading() as tx:
        [incident] = await tx.select(Incident)
    await _failed(desk, again, NO_MEMORY)

    assert attempts.remedies_of(failed)[0] is Remedy.MORE_MEMORY
    assert again.resources.memory_gib == 12
    assert incident.stage is Stage.RESOLVED
    with pytest.raises(Refused, match="already asks for 12 GiB"):
        await attempts.again(desk, run.number, Remedy.MORE_MEMORY, cluster=CLUSTER, by=ANAN)


async def test_a_retry_leaves_out_the_node_and_only_a_failed_run_is_retried(store: SqlStore):
    """The node of the last attempt is excluded; a second press finds the run at work again."""
    desk = Desk(store)
    run = await _ordered(desk, await _claimed(desk))
    await _failed(desk, run, NO_MEMORY, node="gpu3")
    with pytest.raises(NotPermitted):
        await attempts.again(desk, run.number, Remedy.EXCLUDE_NODE, cluster=CLUSTER, by=MALEE)
    again = await attempts.again(desk, run.number, Remedy.EXCLUDE_NODE, cluster=CLUSTER, by=ANAN)

    assert again.resources.exclude == ("gpu3",)
    with pytest.raises(WrongStage, match="already \\*ordered\\*"):
        await attempts.again(desk, run.number, Remedy.EXCLUDE_NODE, cluster=CLUSTER, by=ANAN)


async def test_what_a_run_took_is_added_once(store: SqlStore):
    """Accounting is asked again and again; each attempt counts once, and others' jobs not at all."""
    desk = Desk(store)
    run = await _ordered(desk, await _claimed(desk))
    uses = [
        Use(run.key, "7", "slipway", gpu_h=1.5, elapsed_s=60, cpu_share=0.1, memory_share=0.9),
        Use("someone-elses", "8", "root", gpu_h=9, elapsed_s=60, cpu_share=None, memory_share=None),
    ]

    assert await capacity.account(desk, uses) == 1
    assert await capacity.account(desk, uses) == 0
    assert (await _seen(desk, run.number)).gpu_h == 1.5
    groups, card = await capacity.usage(store, uses)
    assert groups == {"REQ-1": {"<@2>": 1.5}, "others": {"root": 9}}
    assert "used 10% of 4 CPUs" in "\n".join(card.paragraphs)
