"""Training's decisions on real stores: budgets, ranks, use, attempts by press and by policy."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from bot.adapters.sql.store import SqlStore
from bot.core.record import Record
from bot.core.values import Stage
from bot.core.words import as_said
from bot.errors import NotPermitted, Refused, WrongStage
from bot.plugins import record_of
from bot.ports import JobStatus, Use
from bot.services import attempts, capacity, planning, sweeps, things, training
from bot.things.incident.model import Incident
from bot.things.incident.subjects import of_failure
from bot.things.recipe.recipe import Parameter, Recipe, RetryPolicy
from bot.things.requirement.budget import Budget
from bot.things.requirement.model import Requirement
from bot.things.run.causes import Cause, Failure, Remedy
from bot.things.run.model import Resources, Run
from bot.things.sweep.model import Sweep
from tests.support import road
from tests.support.fakes import FakeChat, FakeCluster
from tests.support.ports import Clock, app_on, deliver_due, failing
from tests.support.road import ANAN, MALEE, claimed, swept
from tests.support.store_fixtures import on

database = on("sqlite")

MINUTE = timedelta(minutes=1)
CLUSTER = road.CLUSTER.model_copy(update={"max_memory_gib_per_node": 12, "max_nodes": 2})
RECIPE = Recipe(
    name="classifier",
    title="",
    datasets=("digits",),
    parameters={"epochs": Parameter("int", 12, 1, 1000, "")},
    retry=RetryPolicy(causes=(Cause.NODE_LOST.value,), limit=1, wait_min=0.0),
)
RECIPES = {RECIPE.name: RECIPE}
NODE_LOST = Failure(as_said("The node was lost."), as_said("Look at it."), Cause.NODE_LOST)
NOT_SUBMITTED = Failure(as_said("It could not be submitted."), as_said("Launch it again."), Cause.NOT_SUBMITTED)
NO_MEMORY = Failure(as_said("It ran out of memory."), as_said("Ask for more."), Cause.OUT_OF_MEMORY)


async def _claimed(record: Record, *, budget_gpu_h: float | None = None) -> Requirement:
    wanted = await claimed(record)
    async with record.store.writing() as tx:
        await tx.save(replace(wanted, budget_gpu_h=budget_gpu_h))
    return wanted


async def _ordered(record: Record, requirement: Requirement, **wish) -> Run:
    wanted = planning.Wish(recipe="classifier", **wish)
    planned = await planning.plan(record, requirement.number, wanted, recipes=RECIPES, cluster=CLUSTER, by=ANAN)
    return await planning.order(record, planned.number, by=ANAN)


async def _failed(record: Record, run: Run, failure: Failure, *, node: str = "gpu1") -> Run:
    await training.submitted(record, run.number, attempt=run.attempt, job_id="7")
    await training.failed(record, run.number, failure, node=node, recipes=RECIPES)
    return await _seen(record, run.number)


async def _budget(record: Record, requirement: Requirement) -> Budget:
    async with record.store.reading() as tx:
        return await planning.budget_of(tx, requirement)


async def _seen(record: Record, number: int) -> Run:
    return await things.get(record.store, Run, number)


async def test_a_budget_of_gpu_hours_is_kept(store: SqlStore):
    """What is used and what is promised to open runs both count; the refusal says the numbers."""
    record = record_of(store)
    requirement = await _claimed(record, budget_gpu_h=3.0)
    await _ordered(record, requirement, gpus=1, time_limit_min=120)

    with pytest.raises(Refused, match=r"budget of 3 GPU hours: 0\.0 are used and 2\.0 promised"):
        await _ordered(record, requirement, gpus=1, time_limit_min=90)


async def test_a_recipe_for_one_gpu_is_not_given_two(store: SqlStore):
    """Copies of code that knows no ranks would write the same files."""
    with pytest.raises(Refused, match="trains on one GPU"):
        await _ordered(record_of(store), await _claimed(record_of(store)), gpus=2)


async def test_a_policy_tries_again_once_and_then_tells_ops(store: SqlStore):
    """A lost node is retried from the checkpoint without an incident; the second time Ops hear of it."""
    record = record_of(store)
    run = await _ordered(record, await _claimed(record))
    again = await _failed(record, run, NODE_LOST)
    over = await _failed(record, again, NODE_LOST)
    told = await things.newest(store, Incident)

    assert (again.stage, again.attempt, again.resume_from) == (Stage.ORDERED, 2, run.key)
    assert (over.stage, over.attempt) == (Stage.FAILED, 2)
    assert [one.about for one in told] == [of_failure(run.ref)]


async def test_a_policy_does_not_try_again_beyond_the_budget(store: SqlStore):
    """Ops hear of the failure instead, and the press says why it was not tried again."""
    record = record_of(store)
    requirement = await _claimed(record)
    run = await _ordered(record, requirement, time_limit_min=120)
    async with store.writing() as tx:
        await tx.save(replace(requirement, budget_gpu_h=1.5))
    failed = await _failed(record, run, NODE_LOST)
    async with store.reading() as tx:
        [incident] = await tx.select(Incident)

    assert (failed.stage, failed.attempt, incident.about) == (Stage.FAILED, 1, of_failure(run.ref))
    with pytest.raises(Refused, match=r"budget of 1\.5 GPU hours"):
        await attempts.again(record, run.number, Remedy.RESUME, cluster=CLUSTER, by=ANAN)


async def test_an_attempt_counts_before_accounting_tells_what_it_took(store: SqlStore):
    """Accounting lags by a minute, and a policy decides at once; what it tells then takes the place of our clock's."""
    clock = Clock()
    record = record_of(store, now=clock)
    requirement = await _claimed(record)
    run = await _ordered(record, requirement, time_limit_min=60)
    async with store.writing() as tx:
        await tx.save(replace(requirement, budget_gpu_h=1.5))
    await training.submitted(record, run.number, attempt=1, job_id="7")
    await training.waits_or_runs(record, run.number, JobStatus.RUNNING, reason="", node="gpu1")
    clock.passes(minutes=48)
    failed = await _failed(record, run, NODE_LOST)
    before = await _budget(record, requirement)
    uses = [Use(run.key, "7", "bot", gpu_h=0.4, elapsed_s=1440, cpu_share=None, memory_share=None)]
    await capacity.account(record, uses)

    assert (Stage.FAILED, 1) == (failed.stage, failed.attempt)
    assert (0.8, 0.4) == (before.used_gpu_h, (await _budget(record, requirement)).used_gpu_h)


async def test_what_accounting_told_first_counts_once(store: SqlStore):
    """It may know of an end before the bot has seen it."""
    clock = Clock()
    record = record_of(store, now=clock)
    requirement = await _claimed(record)
    run = await _ordered(record, requirement)
    await training.submitted(record, run.number, attempt=1, job_id="7")
    clock.passes(minutes=30)
    await capacity.account(record, [Use(run.key, "7", "bot", 0.4, 1440, None, None)])
    await _failed(record, run, NO_MEMORY)

    assert 0.4 == (await _budget(record, requirement)).used_gpu_h


async def test_a_press_retries_with_more_memory_and_resolves_the_incident(store: SqlStore):
    """Memory doubles up to what a node has; beyond that the press is refused with the limit."""
    record = record_of(store)
    run = await _ordered(record, await _claimed(record), memory_gib=8)
    failed = await _failed(record, run, NO_MEMORY)
    again = await attempts.again(record, run.number, Remedy.MORE_MEMORY, cluster=CLUSTER, by=ANAN)
    async with store.reading() as tx:
        [incident] = await tx.select(Incident)
    await _failed(record, again, NO_MEMORY)

    assert attempts.remedies_of(failed)[0] is Remedy.MORE_MEMORY
    assert again.resources.memory_gib == 12
    assert incident.stage is Stage.RESOLVED
    with pytest.raises(Refused, match="already asks for 12 GiB"):
        await attempts.again(record, run.number, Remedy.MORE_MEMORY, cluster=CLUSTER, by=ANAN)


async def test_a_retry_leaves_out_the_node_and_only_a_failed_run_is_retried(store: SqlStore):
    """The node of the last attempt is excluded; a second press finds the run at work again."""
    record = record_of(store)
    run = await _ordered(record, await _claimed(record))
    await _failed(record, run, NO_MEMORY, node="gpu3")
    with pytest.raises(NotPermitted):
        await attempts.again(record, run.number, Remedy.EXCLUDE_NODE, cluster=CLUSTER, by=MALEE)
    again = await attempts.again(record, run.number, Remedy.EXCLUDE_NODE, cluster=CLUSTER, by=ANAN)

    assert again.resources.exclude == ("gpu3",)
    with pytest.raises(WrongStage, match="already \\*ordered\\*"):
        await attempts.again(record, run.number, Remedy.EXCLUDE_NODE, cluster=CLUSTER, by=ANAN)


@pytest.mark.parametrize(
    ("node", "is_offered"), [("gpu1", True), ("gpu[1-2]", False), ("gpu1,gpu7", False), ("", False)]
)
def test_of_several_nodes_none_is_left_out(node: str, is_offered: bool):  # noqa: FBT001
    """Nobody knows which of them it was, and without all of them it might never start."""
    lost = Run(
        requirement=1,
        ordered_by=ANAN.id,
        recipe="classifier",
        dataset="digits",
        parameters={},
        seed=0,
        hypothesis="",
        resources=Resources("gpu", 1, 1, 1, 1, 60),
        stage=Stage.FAILED,
        failure=Cause.NODE_LOST.value,
        node=node,
    )

    assert is_offered == (Remedy.EXCLUDE_NODE in attempts.remedies_of(lost))


async def test_an_attempt_that_the_cluster_never_had_loses_no_checkpoint(store: SqlStore):
    """Cancelled before it was sent, or given up: the next one goes on from the attempt before, by whatever press."""
    record = record_of(store)
    run = await _ordered(record, await _claimed(record))
    await training.submitted(record, run.number, attempt=1, job_id="7")
    await training.failed(record, run.number, NODE_LOST)
    resumed = [await attempts.again(record, run.number, Remedy.RESUME, cluster=CLUSTER, by=ANAN)]
    await training.cancel(record, run.number, by=ANAN)
    resumed.append(await attempts.again(record, run.number, Remedy.RESUME, cluster=CLUSTER, by=ANAN))
    await training.failed(record, run.number, NOT_SUBMITTED)
    resumed.append(await attempts.again(record, run.number, Remedy.RETRY, cluster=CLUSTER, by=ANAN))
    await training.submitted(record, run.number, attempt=4, job_id="8")
    await training.failed(record, run.number, NODE_LOST)
    anew = await attempts.again(record, run.number, Remedy.RETRY, cluster=CLUSTER, by=ANAN)

    assert [run.key] * 3 == [one.resume_from for one in resumed]
    assert (5, None) == (anew.attempt, anew.resume_from)


async def test_going_on_on_another_node_keeps_to_the_budget(store: SqlStore):
    """It is refused at the press, while the run still runs."""
    record = record_of(store)
    run = await _ordered(record, await _claimed(record, budget_gpu_h=1.5))
    await training.submitted(record, run.number, attempt=1, job_id="7")
    await training.waits_or_runs(record, run.number, JobStatus.RUNNING, reason="", node="gpu1")
    await capacity.account(record, [Use(run.key, "6", "slipway", 1.0, 60, None, None)])

    with pytest.raises(Refused, match=r"budget of 1\.5 GPU hours"):
        await training.elsewhere(record, run.number, cluster=CLUSTER, by=ANAN)
    assert Stage.RUNNING is (await _seen(record, run.number)).stage


async def test_the_log_is_that_of_an_attempt_that_was_on_the_cluster(store: SqlStore):
    """Of a run that is tried again and waits, the one before; an earlier one where it is named; never a later one."""
    record = record_of(store)
    run = await _ordered(record, await _claimed(record))
    with pytest.raises(WrongStage, match="never on the cluster"):
        attempts.on_cluster(run, None)
    await _failed(record, run, NO_MEMORY, node="gpu3")
    again = await attempts.again(record, run.number, Remedy.RETRY, cluster=CLUSTER, by=ANAN)
    submitted = await training.submitted(record, run.number, attempt=2, job_id="8")

    assert run.key == attempts.on_cluster(again, None).key
    assert [again.key, run.key] == [attempts.on_cluster(submitted, attempt).key for attempt in (None, 1)]
    with pytest.raises(Refused, match="has had 2 attempts on the cluster; there is no attempt 3"):
        attempts.on_cluster(submitted, 3)


async def test_what_a_run_took_is_added_once(store: SqlStore):
    """Accounting is asked again and again; each attempt counts once, and others' jobs not at all."""
    record = record_of(store)
    run = await _ordered(record, await _claimed(record))
    uses = [
        Use(run.key, "7", "slipway", gpu_h=1.5, elapsed_s=60, cpu_share=0.1, memory_share=0.9, cpus=2, memory_gib=4),
        Use("someone-elses", "8", "root", gpu_h=9, elapsed_s=60, cpu_share=None, memory_share=None),
    ]

    assert await capacity.account(record, uses) == 1
    assert await capacity.account(record, uses) == 0
    assert (await _seen(record, run.number)).gpu_h == 1.5
    groups, [ended] = await capacity.usage(store, uses)
    assert groups == {"REQ-1": {"<@2>": 1.5}, "others": {"root": 9}}
    assert [(2, 0.1), (4, 0.9)] == [(one.amount, one.share) for one in ended.shares]
    assert [2] == [one.amount for one in ended.waste]


async def test_where_accounting_counts_no_gpus_the_request_tells_them(store: SqlStore):
    """Ten hours on one fill a budget; a run that asked for no GPU takes none."""
    record = record_of(store)
    requirement = await _claimed(record)
    runs = [await _ordered(record, requirement, gpus=gpus) for gpus in (1, 0)]
    uses = [Use(run.key, str(run.number), "bot", 0.0, 36_000.0, None, None, cpus=4) for run in runs]
    await capacity.account(record, uses)
    groups, _ = await capacity.usage(store, uses)

    assert [10.0, 0.0] == [(await _seen(record, run.number)).gpu_h for run in runs]
    assert {"REQ-1": {"<@2>": 10.0}} == groups


async def test_what_somebody_wished_to_cancel_is_not_tried_again(store: SqlStore):
    """A run that fails as it is told to stop is no failure for the policy; Ops hear of it."""
    record = record_of(store)
    run = await _ordered(record, await _claimed(record))
    await training.submitted(record, run.number, attempt=1, job_id="7")
    await training.cancel(record, run.number, by=ANAN)
    await training.failed(record, run.number, NODE_LOST, recipes=RECIPES)

    assert Stage.FAILED is (await _seen(record, run.number)).stage


async def _taken(store: SqlStore, at: datetime) -> int:
    """Have what is due then done, and return how much it was."""
    claimed_rows = await store.claim_effects(now=at, lease=60 * MINUTE, limit=9, lanes=("cluster",))
    for due in claimed_rows:
        await store.effect_done(due, now=at)
    return len(claimed_rows)


async def test_the_wait_before_a_retry_doubles(store: SqlStore):
    """One minute before the first, two before the second, four before the third."""
    clock = Clock()
    record = record_of(store, now=clock)
    patient = {RECIPE.name: replace(RECIPE, retry=RetryPolicy((Cause.NODE_LOST.value,), limit=3, wait_min=1.0))}
    run = await _ordered(record, await _claimed(record))
    due: list[list[int]] = []
    for attempt in (1, 2, 3):
        await training.submitted(record, run.number, attempt=attempt, job_id="7")
        await training.failed(record, run.number, NODE_LOST, recipes=patient)
        while await _taken(store, clock()):
            pass  # the plan's forecast, and the order
        due.append([await _taken(store, clock() + minutes * MINUTE) for minutes in (0.9, 1, 1.9, 2, 3.9, 4)])

    assert [[0, 1, 0, 0, 0, 0], [0, 0, 0, 1, 0, 0], [0, 0, 0, 0, 0, 1]] == due


async def test_a_sweeps_run_is_tried_again_by_policy_and_ends_with_its_sweep(store: SqlStore):
    """It goes on as a job of its own; its sweep waits for it, and cancelling the sweep ends it too."""
    record = record_of(store)
    sweep = await swept(record, (await _claimed(record)).number, space="epochs=1|2|3")
    runs = await sweeps.prepare(record, sweep.number)
    await sweeps.submitted(record, sweep.number, job_id="7")
    for run in runs:
        await training.failed(record, run.number, NODE_LOST, recipes=RECIPES)
    await training.submitted(record, runs[0].number, attempt=2, job_id="8")
    await training.submitted(record, runs[1].number, attempt=2, job_id="9")
    await training.failed(record, runs[1].number, NODE_LOST, recipes=RECIPES)
    await sweeps.settle(record)
    again = await sweeps.runs_of(record, sweep.number)
    of_tasks = [Use(sweep.key, f"7_{task}", "slipway", 0.25, 60, None, None) for task in range(3)]
    await capacity.account(record, of_tasks)
    await sweeps.cancel(record, sweep.number, by=ANAN)
    async with store.reading() as tx:
        asked = [fact.event for fact in await tx.history(runs[0].ref)]
    after = await sweeps.runs_of(record, sweep.number)
    await training.failed(record, runs[0].number, NODE_LOST, recipes=RECIPES)
    await sweeps.settle(record)
    async with store.reading() as tx:
        [ended] = await tx.select(Sweep)
        [incident] = await tx.select(Incident)

    assert [(Stage.SUBMITTED, 2), (Stage.FAILED, 2), (Stage.ORDERED, 2)] == [(run.stage, run.attempt) for run in again]
    assert [0.25] * 3 == [run.gpu_h for run in after]
    assert "run.cancel_requested" == asked[-1]
    assert [Stage.SUBMITTED, Stage.FAILED, Stage.CANCELLED] == [run.stage for run in after]
    assert Stage.CANCELLED is ended.stage
    assert f"2 of 3 runs of SWP-{sweep.number} failed" == str(incident.title)


async def test_what_others_cancel_of_a_sweep_is_told_with_its_end(store: SqlStore):
    """One incident for all; each run says who ended it."""
    record = record_of(store)
    sweep = await swept(record, (await _claimed(record)).number, space="epochs=1|2")
    runs = await sweeps.prepare(record, sweep.number)
    await sweeps.submitted(record, sweep.number, job_id="7")
    for run in runs:
        await training.cancelled(record, run.number, reason="by uid 0")
    await sweeps.settle(record)
    async with store.reading() as tx:
        [incident] = await tx.select(Incident)

    assert "not through Slipway, by uid 0" in str(incident.cause)
    assert [Stage.CANCELLED] * 2 == [run.stage for run in await sweeps.runs_of(record, sweep.number)]


async def test_what_could_not_be_submitted_is_tried_again_where_the_policy_says_so(store: SqlStore):
    """Giving up is a failure like any other."""
    policy = RetryPolicy((Cause.NOT_SUBMITTED.value,), limit=1, wait_min=5.0)
    recipes = {RECIPE.name: replace(RECIPE, retry=policy)}
    clock, cluster = Clock(), FakeCluster()
    app = replace(app_on(store, clock=clock, chat=FakeChat(), cluster=cluster), recipes=recipes)
    run = await _ordered(app.record, await _claimed(app.record))
    cluster.fails = failing(Refused("The cluster takes no jobs."))
    at_once = [await deliver_due(app, "cluster") for _ in ("the forecast", "the refusal", "nothing")]
    clock.passes(minutes=5)
    later = await deliver_due(app, "cluster")
    after = await _seen(app.record, run.number)
    async with store.reading() as tx:
        incidents = await tx.select(Incident)

    assert ([f"RUN-{run.number} cluster.submit 1"], []) == (at_once[1], at_once[2])
    assert [f"RUN-{run.number} cluster.submit 1"] == later
    assert (Stage.SUBMITTED, 2) == (after.stage, after.attempt)
    assert () == incidents


async def test_a_secret_in_a_cause_is_neither_shown_nor_kept(store: SqlStore):
    record = record_of(store)
    told = Failure(as_said("Git said: https://bot:s3cret@example.org/x is away."), as_said("Again."), Cause.CODE)
    run = await _failed(record, await _ordered(record, await _claimed(record)), told)
    [incident] = await things.newest(store, Incident)

    assert ["Git said: https://bot:***@example.org/x is away."] * 2 == [str(run.cause), str(incident.cause)]
    assert "s3cret" not in str(await things.history(store, Run.kind, run.number))
