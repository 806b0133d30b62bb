"""What goes wrong in a cluster, made to go wrong: no job is lost, none runs twice, and nothing but an end is an end."""

import asyncio
import os
import pwd
import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.errors import Upstream
from bot.ports import Job, JobStatus, Observation
from bot.things.recipe.recipe import Code
from tests.support.cluster import (
    ENDLESS,
    LONGEST_POLL_S,
    REAL,
    array,
    elsewhere,
    ended,
    jobs_of,
    on,
    order,
    seen,
    started,
)
from tests.support.slurm import Site
from tests.support.waiting import eventually_awaited

site = on("real")
LARGE = 1000
LONGEST_MOMENT_S = 0.25
"""Submitting takes less than this, so a cut within it may come at any of its steps."""


@pytest.mark.parametrize("cuts", [30, pytest.param(100, marks=pytest.mark.repetition)])
async def test_cuts_while_submitting_lose_and_double_nothing(site, cluster, cuts):
    """Whatever the moment of each cut, one job of that name exists in the end, and it is the one that was answered."""
    chance = random.Random(1)
    wanted = [order([["exit", 0]], gpus=0) for _ in range(cuts // 5)]
    arrays = [array([[["exit", 0]]] * 3, gpus=0) for _ in range(3)]
    broken = 0
    for one in [*wanted * 5, *arrays]:
        first = asyncio.create_task(cluster.submit(one))
        await asyncio.wait([first], timeout=chance.uniform(0, LONGEST_MOMENT_S))
        await asyncio.to_thread(site.cut)
        outcome = (await asyncio.gather(first, return_exceptions=True))[0]
        assert isinstance(outcome, str) or (isinstance(outcome, Upstream) and outcome.retryable), outcome
        broken += not isinstance(outcome, str)
    ids = {one.key: await cluster.submit(one) for one in [*wanted, *arrays]}

    assert broken
    for one in wanted:
        assert [ids[one.key]] == site.jobs_named(one.key)
    for one in arrays:
        rows = site.admin("squeue", "-h", "-r", "-t", "all", f"--name={one.key}", "-o", "%F").split()
        assert [ids[one.key]] * 3 == rows


@pytest.mark.parametrize("steps", [[ENDLESS], [ENDLESS, ENDLESS]], ids=["run", "array"])
async def test_a_controller_that_is_slow_to_submit_makes_one_job(site, steps):
    """The client gives up before the controller has taken the job; however often it asks again, there is one."""
    wanted = array(steps, gpus=0) if len(steps) > 1 else order(steps[0], gpus=0)
    lost = 0
    with elsewhere(site, command_timeout_s=2.5) as hasty:
        await hasty.check()

        async def submitted() -> str | None:
            nonlocal lost
            try:
                return await hasty.submit(wanted)
            except Upstream:
                lost += 1
                return None

        with site.slow_to_submit(4.0):
            job_id = await eventually_awaited(submitted, within_s=40)
        again = await hasty.submit(wanted)
        jobs = site.admin("squeue", "-h", "-r", "-t", "all", f"--name={wanted.key}", "-o", "%F").split()
        await hasty.withdraw(wanted.key, wanted.made_for)
        await hasty.close()

    assert lost
    assert job_id == again
    assert [job_id] * len(steps) == jobs


async def test_a_copy_of_a_job_ends_as_it_begins(site, cluster):
    """Whatever made SLURM take a submission twice, the run is one job, and the other does nothing to it."""
    job = await started(cluster, order(ENDLESS))
    await seen(cluster, job, JobStatus.RUNNING)
    copy = Job(job.key, await asyncio.to_thread(site.submit_by_hand, job.key))
    ends = (await ended(cluster, copy)).reason
    still = (await cluster.observe([job]))[job.key].status
    await cluster.cancel(job)

    assert "exit code 93:0" in ends
    assert JobStatus.RUNNING is still


async def test_what_was_withdrawn_never_runs(site, cluster):
    """Neither what SLURM has under that name, nor what it takes later; what was never submitted is no error."""
    wanted, swept = order(ENDLESS), array([ENDLESS] * 2)
    job = await started(cluster, wanted)
    tasks = jobs_of(swept, await cluster.submit(swept))
    for key in (wanted.key, swept.key, order(ENDLESS).key):
        await cluster.withdraw(key, wanted.made_for)
    ends = {(await ended(cluster, one)).status for one in (job, *tasks)}
    for key in (wanted.key, swept.key):
        (site.run_folder(key) / "job_id").unlink(missing_ok=True)
    late = Job(wanted.key, await asyncio.to_thread(site.submit_by_hand, wanted.key))
    swept_late = jobs_of(swept, await asyncio.to_thread(site.submit_by_hand, swept.key))
    late_ends = {(await ended(cluster, one)).reason for one in (late, *swept_late)}

    assert {JobStatus.CANCELLED} == ends
    assert {"stopped when asked; nothing was saved"} == late_ends


# ---------------------------------------------------------------- daemons


async def test_a_controller_that_is_gone_ends_nothing(site, cluster):
    """Killed and started again: meanwhile asking fails as retryable, afterwards the job is there and goes on."""
    job = await started(cluster, order(ENDLESS))
    await seen(cluster, job, JobStatus.RUNNING)

    def watch() -> None:
        with site.stopped():
            with site.asked_impatiently(), pytest.raises(Upstream) as caught:
                asyncio.run_coroutine_threadsafe(cluster.observe([job]), loop).result()
            assert caught.value.retryable

    loop = asyncio.get_running_loop()
    await asyncio.to_thread(watch)

    async def back() -> JobStatus | None:
        try:
            status = (await cluster.observe([job]))[job.key].status
        except Upstream:
            return None
        assert not status.is_final
        return status if status is JobStatus.RUNNING else None

    assert await eventually_awaited(back, within_s=40)
    await cluster.cancel(job)
    assert JobStatus.CANCELLED is (await ended(cluster, job)).status


async def test_without_accounting_the_queue_is_enough(site, cluster):
    """Jobs are submitted, followed and ended without sacct; what only it could tell is unknown."""
    with contextmanager_in_thread(site.without_accounting) as down:
        await down.enter()
        job = await started(cluster, order([["exit", 7]]))
        observation = await ended(cluster, job)
        stranger = Job("slipway-run-0-1", "4000000")
        unknown = (await cluster.observe([stranger]))[stranger.key]
        await down.leave()

    assert (JobStatus.FAILED, "NonZeroExitCode, exit code 7:0") == (observation.status, observation.reason)
    assert JobStatus.UNKNOWN is unknown.status


async def test_a_cluster_that_keeps_no_accounts_is_followed_all_the_same(site, cluster):
    """Submitting, following and looking work; what nobody can tell is told as such, and use is empty."""
    with site.keeping_no_accounts():
        job = await started(cluster, order([["exit", 7]]))
        observation = await ended(cluster, job)
        stranger = Job("slipway-run-0-1", "4000000")
        unknown = (await cluster.observe([stranger]))[stranger.key]
        used = await cluster.uses(since=datetime.now(UTC) - timedelta(minutes=5))
        offers = await cluster.offers()

    assert (JobStatus.FAILED, "NonZeroExitCode, exit code 7:0") == (observation.status, observation.reason)
    assert (JobStatus.UNKNOWN, "squeue does not show it, and the cluster keeps no accounting") == (
        unknown.status,
        unknown.reason,
    )
    assert not used
    assert {"gpu", "short"} <= set(offers.partitions)


async def test_a_scripts_own_word_counts_where_slurm_has_forgotten_it(site, cluster):
    """It has left its exit code, and SLURM knows nothing of the job: after a while that is its end."""
    job = await started(cluster, order([["exit", 7]]))
    node = (await ended(cluster, job)).node
    stranger = Job(job.key, "4000000")  # an id that SLURM does not know
    at_once = (await cluster.observe([stranger]))[job.key].status
    os.utime(site.run_folder(job.key) / "exit_code", (time.time() - 120,) * 2)
    told = (await cluster.observe([stranger]))[job.key]

    assert JobStatus.UNKNOWN is at_once
    assert (JobStatus.FAILED, node) == (told.status, told.node)
    assert told.reason.startswith("exit code 7:0, by its script's own word")


@contextmanager
def contextmanager_in_thread(make):
    """Lend a blocking context manager as two calls that do not block the loop; left in any case."""
    held = make()

    class Held:
        is_in = False

        async def enter(self) -> None:
            self.is_in = True
            await asyncio.to_thread(held.__enter__)

        async def leave(self) -> None:
            self.is_in = False
            await asyncio.to_thread(held.__exit__, None, None, None)

    one = Held()
    try:
        yield one
    finally:
        if one.is_in:
            held.__exit__(None, None, None)


# ---------------------------------------------------------------- what SLURM does to a job


async def test_a_preempted_run_has_ended(site, cluster):
    """It is not started again behind our backs, and people hear why."""
    job = await started(cluster, order(ENDLESS, gpus=4))
    await seen(cluster, job, JobStatus.RUNNING)
    await asyncio.to_thread(site.preempt, job.job_id)

    assert JobStatus.PREEMPTED is (await ended(cluster, job)).status


async def test_a_requeued_run_waits_again(site, cluster):
    """An admin may requeue it all the same: that is no end, and how often it happened is told."""
    job = await started(cluster, order(ENDLESS))
    await seen(cluster, job, JobStatus.RUNNING)
    await asyncio.to_thread(site.requeue, job.job_id)

    async def requeued() -> Observation | None:
        observation = (await cluster.observe([job]))[job.key]
        assert not observation.status.is_final, observation
        return observation if observation.restarts else None

    observation = await eventually_awaited(requeued)

    async def waits() -> bool:
        return (await cluster.observe([job]))[job.key].reason == "BeginTime"

    assert await eventually_awaited(waits)
    await cluster.cancel(job)
    assert 1 == observation.restarts


async def test_who_cancelled_is_told(site, cluster):
    """An admin's cancellation has the admin's uid, once accounting knows it."""
    job = await started(cluster, order(ENDLESS))
    await seen(cluster, job, JobStatus.RUNNING)
    await asyncio.to_thread(site.admin, "scancel", job.job_id)
    await ended(cluster, job)

    async def by() -> str:
        return (await cluster.observe([job]))[job.key].reason

    assert f"by uid {os.getuid()}" == await eventually_awaited(by, longest_poll_s=LONGEST_POLL_S)


async def test_a_log_that_cannot_be_written_is_told(site, cluster):
    """SLURM then runs nothing and gives a code of its own."""
    wanted = order([])
    (site.run_folder(wanted.key) / "log.txt").mkdir(parents=True)
    (site.run_folder(wanted.key) / "made_for").write_text(f"{wanted.made_for}\n")
    site.give_away(site.run_folder(wanted.key), site.run_folder(wanted.key).parent)
    observation = await ended(cluster, await started(cluster, wanted))

    assert (JobStatus.FAILED, True) == (observation.status, "0:53" in observation.reason)


async def test_a_folder_that_went_away_is_told(site, cluster):
    """SLURM would run in /tmp with a warning; the script ends with its own code instead."""
    blocked = await started(cluster, order(ENDLESS, gpus=4, nodes=2))
    wanted = order([], gpus=4, nodes=2)
    job = await started(cluster, wanted)
    folder = site.run_folder(wanted.key)
    folder.rename(folder.with_name("elsewhere"))
    folder.mkdir()
    (folder / "log.txt").touch()
    (folder / "log.txt").chmod(0o666)
    folder.chmod(0o000)
    await cluster.cancel(blocked)
    try:
        observation = await ended(cluster, job)
    finally:
        folder.chmod(0o755)

    # Root may enter any folder; it then misses spec.json instead.
    assert JobStatus.FAILED is observation.status


@REAL
async def test_a_dependency_that_never_comes_is_a_reason(site, cluster):
    """What waits for ever is pending, with SLURM's reason for people to act on."""
    failed = await started(cluster, order([["exit", 1]]))
    await ended(cluster, failed)
    job = await started(cluster, order([], time_limit_min=60, partition="short"))
    await asyncio.to_thread(
        site.admin, "scontrol", "update", f"jobid={job.job_id}", f"dependency=afterok:{failed.job_id}", "partition=gpu"
    )

    async def reason() -> bool:
        return (await cluster.observe([job]))[job.key].reason == "DependencyNeverSatisfied"

    assert await eventually_awaited(reason)
    await cluster.cancel(job)


@contextmanager
def talkative(site: Site) -> Iterator[None]:
    """Let the account's shell greet whoever logs in."""
    file = Path(pwd.getpwnam(site.settings.user).pw_dir, ".bashrc")
    before = file.read_bytes() if file.exists() else b""
    file.write_bytes(b"echo 'Welcome! 4711'; echo 'to the cluster' >&2\n" + before)
    try:
        yield
    finally:
        file.write_bytes(before)


@pytest.mark.parametrize("site", ["real"], indirect=True)
async def test_what_a_login_script_prints_is_no_answer(site, cluster):
    """A talkative .bashrc comes before every command's output, and before the job id."""
    with talkative(site):
        job = await started(cluster, order([["exit", 7]]))
        observation = await ended(cluster, job)
        nodes = await cluster.nodes()

    assert [job.job_id] == site.jobs_named(job.key)
    assert JobStatus.FAILED is observation.status
    assert 6 == len(nodes)


# ---------------------------------------------------------------- many


@pytest.mark.parametrize(
    ("site", "count"),
    [
        ("real", LARGE // 10),
        pytest.param("sandbox", LARGE // 5, marks=pytest.mark.repetition),
        pytest.param("real", LARGE, marks=pytest.mark.repetition),
        pytest.param("newer", LARGE // 5, marks=pytest.mark.repetition),
    ],
    indirect=["site"],
)
async def test_a_thousand_tasks_are_followed_to_their_ends(cluster, count):
    """One submission, rounds of one question for all of them, and every end is told."""
    plain = array([[]] * count, gpus=0, at_once=count // 2)
    wanted = replace(plain, code=Code(("true",)))  # so that this is about SLURM and the adapter
    jobs = jobs_of(wanted, await cluster.submit(wanted))

    async def all_ended() -> dict[str, Observation] | None:
        seen_now = await cluster.observe(jobs)
        return seen_now if all(one.status.is_final for one in seen_now.values()) else None

    seen_now = await eventually_awaited(all_ended, within_s=150)

    assert count == len(seen_now)
    assert {JobStatus.COMPLETED} == {one.status for one in seen_now.values()}


async def test_a_thousand_tasks_are_cancelled_at_once(cluster):
    """Most of them have not begun; each is told as cancelled, or as what it came to before."""
    wanted = replace(array([[]] * LARGE, gpus=0, at_once=10), code=Code(("true",)))
    jobs = jobs_of(wanted, await cluster.submit(wanted))
    await cluster.cancel(Job(wanted.key, jobs[0].job_id.partition("_")[0]))

    async def all_ended() -> set[JobStatus] | None:
        statuses = {one.status for one in (await cluster.observe(jobs)).values()}
        return statuses if all(status.is_final for status in statuses) else None

    assert JobStatus.CANCELLED in await eventually_awaited(all_ended, within_s=60)
