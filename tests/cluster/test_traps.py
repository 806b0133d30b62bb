"""What a real SLURM and a real sshd do that nobody would guess; each was met, and none of it misleads the adapter."""

import asyncio
import os
import time

import pytest

from bot.adapters.slurm import connection as _cluster_connection
from bot.errors import NotItsTurn, Upstream
from bot.ports import Job, JobStatus
from bot.things.run.waiting import wait_of
from tests.support.cluster import (
    ENDLESS,
    LONGEST_POLL_S,
    REAL,
    SITES,
    array,
    elsewhere,
    ended,
    jobs_of,
    on,
    order,
    seen,
    started,
)
from tests.support.waiting import eventually, eventually_awaited

site = on("real")
STRANGER = Job("slipway-run-0-1", "4000000")


# ---------------------------------------------------------------- sshd


@pytest.mark.parametrize("site", ["real", SITES["sandbox"]], indirect=True)  # it is about sshd
async def test_a_frozen_login_node_is_noticed_long_before_a_commands_limit(site, monkeypatch):
    """It says nothing, and does not hang up either: only the questions whether it lives tell."""
    monkeypatch.setattr(_cluster_connection, "KEEPALIVE_S", 0.3)
    monkeypatch.setattr(_cluster_connection, "CONNECT_TIMEOUT_S", 2.0)  # it is tried anew once
    with elsewhere(site, command_timeout_s=60) as cluster:
        await cluster.check()
        with site.login_frozen():
            began = time.monotonic()
            with pytest.raises(Upstream) as caught:
                await cluster.observe([STRANGER])
            took_s = time.monotonic() - began
        after = await cluster.check()
        await cluster.close()

    assert caught.value.retryable
    assert took_s < 30
    assert "partitions" in after


async def test_a_command_that_takes_too_long_is_ended_there_too(site):
    """Otherwise they would gather on the login node while the controller does not answer."""
    with elsewhere(site, command_timeout_s=1.5) as cluster:
        await cluster.check()
        with site.frozen():
            asking = asyncio.create_task(cluster.observe([STRANGER]))
            await eventually(lambda: site.is_asked("squeue"))
            with pytest.raises(Upstream, match="did not end within") as caught:
                await asking
            await eventually(lambda: not site.is_asked("squeue"))
        await cluster.close()

    assert caught.value.retryable


async def test_everything_at_once_fits_into_ten_sessions(site, cluster):
    """Commands, file transfer and the line that hears of ends share one connection, whose sessions sshd counts."""
    job = await started(cluster, order([["say", "aGk="]]))
    await ended(cluster, job)
    listening = asyncio.create_task(anext(aiter(cluster.ended())))
    await eventually(lambda: site.is_asked("tail"))
    work = [
        call
        for _ in range(8)
        for call in (cluster.check(), cluster.log_tail(job.key, lines=1), cluster.submit(order([])))
    ]
    done = await asyncio.gather(*work, return_exceptions=True)
    heard = await asyncio.wait_for(listening, 30)

    assert [] == [one for one in done if not isinstance(one, str)]
    assert heard.startswith("slipway-run-")


# ---------------------------------------------------------------- SLURM


async def test_an_exit_code_of_a_signals_size_is_no_signal(site, cluster):
    """Accounting writes 143 as 15:0; squeue has it right, and neither is taken for an end of ours."""
    job = await started(cluster, order([["exit", 143]]))
    observation = await ended(cluster, job)

    assert (JobStatus.FAILED, True) == (
        observation.status,
        "143:0" in observation.reason or "15:0" in observation.reason,
    )
    assert "143" in (site.run_folder(job.key) / "exit_code").read_text()


async def test_the_warning_before_the_time_limit_lets_a_run_save(site, cluster):
    """SLURM sends it up to a minute early, to the script alone; the run saves, and its end is the time limit."""
    job = await started(cluster, order([["tell", []], *ENDLESS], time_limit_min=20))
    await eventually((site.run_folder(job.key) / "told-0.json").exists)
    await asyncio.to_thread(site.admin, "scontrol", "update", f"jobid={job.job_id}", "endtime=now+85seconds")
    observation = await ended(cluster, job, within_s=100)

    assert (JobStatus.TIMEOUT, True) == (observation.status, observation.reason.startswith("saved and stopped"))
    assert "stopped by SIGUSR1" in await cluster.log_tail(job.key, lines=5)


async def test_strangers_names_spoil_no_listing(site, cluster):
    """Whatever stands between fields, or ends a line, may stand in a job's name."""
    names = ["a|b", "x\x1fy", "two\nlines", "6 FAILED BadConstraints", "ดี `@everyone`"]
    job = await started(cluster, order(ENDLESS))
    strange = [await asyncio.to_thread(site.submit_named, name) for name in names]
    queued = {one.job_id: one for one in await cluster.queue()}
    observation = await seen(cluster, job, JobStatus.RUNNING)
    await asyncio.to_thread(site.admin, "scancel", *strange)
    await cluster.cancel(job)

    assert job.key == queued[job.job_id].name
    assert ("a|b", "ดี `@everyone`") == (queued[strange[0]].name, queued[strange[4]].name)
    assert observation.node


@pytest.mark.parametrize("site", ["real"], indirect=True)
async def test_a_node_whose_daemon_was_killed_is_lost(site, cluster):
    """SLURM waits for it a while; then the run has ended, and is not started again behind our backs."""
    job = await started(cluster, order(ENDLESS))
    node = (await seen(cluster, job, JobStatus.RUNNING)).node
    await asyncio.to_thread(site.kill_node, node)
    try:
        observation = await ended(cluster, job, within_s=120)
    finally:
        await asyncio.to_thread(site.restart_node, node)

    assert (JobStatus.NODE_FAIL, node) == (observation.status, observation.node)


@REAL
async def test_a_suspended_run_runs_and_says_so(site, cluster):
    """It keeps what it has; let go, it goes on."""
    job = await started(cluster, order(ENDLESS))
    await seen(cluster, job, JobStatus.RUNNING)

    async def is_suspended() -> tuple[JobStatus, bool]:
        observation = (await cluster.observe([job]))[job.key]
        return observation.status, observation.is_suspended

    for command, expected in (("suspend", True), ("resume", False)):
        await asyncio.to_thread(site.admin, "scontrol", command, job.job_id)

        assert (JobStatus.RUNNING, expected) == await is_suspended()
    await cluster.cancel(job)


@REAL
@pytest.mark.parametrize("options", [(), ("state=SpecialExit",)])
async def test_a_run_that_was_requeued_and_is_held_says_so(site, cluster, options):
    """It waits until somebody lets it go, which people hear as what it is."""
    job = await started(cluster, order(ENDLESS))
    await seen(cluster, job, JobStatus.RUNNING)
    await asyncio.to_thread(site.admin, "scontrol", "update", f"jobid={job.job_id}", "requeue=1")
    await asyncio.to_thread(lambda: site.admin("scontrol", "requeuehold", *options, job.job_id))

    async def is_hopeless() -> bool:
        observation = (await cluster.observe([job]))[job.key]
        assert not observation.status.is_final, observation
        wait = wait_of(observation.reason) if observation.status is JobStatus.PENDING else None
        return wait is not None and wait.is_hopeless and "hold" in str(wait.said()).replace("held", "hold")

    assert await eventually_awaited(is_hopeless)
    await cluster.cancel(job)


@REAL
@pytest.mark.parametrize("is_array", [False, True])
async def test_a_run_that_its_node_could_not_start_is_no_cancellation(site, cluster, is_array):
    """After a Prolog that failed SLURM drains the node and cancels the job as root, for it may not be requeued."""
    wanted = array([[["exit", 0]]]) if is_array else order([["exit", 0]])
    with site.failing_prolog():
        job_id = await cluster.submit(wanted)
        job = jobs_of(wanted, job_id)[0] if is_array else Job(wanted.key, job_id)
        observation = await _told_end(cluster, job)
    drained = {one.name: one.reason for one in await cluster.nodes() if one.reason}
    for name in drained:
        await asyncio.to_thread(site.mend_node, name)

    assert JobStatus.LAUNCH_FAILED is observation.status
    assert "Prolog error" in drained[observation.node]


@REAL
async def test_a_run_that_root_cancels_has_begun(site, cluster):
    """It is a cancellation, as is one of a run that waits."""
    runs, waits = [await started(cluster, order(ENDLESS, gpus=4, nodes=2)) for _ in range(2)]
    await seen(cluster, runs, JobStatus.RUNNING)
    await eventually((site.run_folder(runs.key) / "begun").exists)
    await asyncio.to_thread(site.admin, "scancel", waits.job_id, runs.job_id)
    ends = [await _told_end(cluster, job) for job in (runs, waits)]

    assert [(JobStatus.CANCELLED, "by uid 0")] * 2 == [(one.status, one.reason) for one in ends]


async def _told_end(cluster, job):
    """Return the job's end; who cancelled it accounting hears a few seconds later."""

    async def ask():
        observation = (await cluster.observe([job]))[job.key]
        is_told = observation.reason or observation.status is not JobStatus.CANCELLED
        return observation if observation.status.is_final and is_told else None

    return await eventually_awaited(ask, longest_poll_s=LONGEST_POLL_S)


@REAL
async def test_a_run_that_cannot_be_done_by_its_deadline_says_so(site, cluster):
    """SLURM takes it out of the queue; that is no time limit that it has reached."""
    full = [await started(cluster, order(ENDLESS, gpus=4)) for _ in range(2)]
    job = await started(cluster, order(ENDLESS, gpus=4, time_limit_min=1))
    await asyncio.to_thread(site.admin, "scontrol", "update", f"jobid={job.job_id}", "deadline=now+63seconds")
    observation = await ended(cluster, job, within_s=60)
    await asyncio.gather(*(cluster.cancel(one) for one in full))

    assert JobStatus.DEADLINE is observation.status


@REAL
async def test_a_job_that_the_controller_has_forgotten_is_known_all_the_same(site, cluster):
    """After MinJobAge by accounting; without that by its script's own word. Its submission is not done again."""
    with site.forgetting():
        wanted = order([["exit", 7]])
        job = await started(cluster, wanted)
        await eventually((site.run_folder(job.key) / "exit_code").exists)
        await eventually(lambda: [] == site.jobs_named(job.key), within_s=90)
        by_accounting = (await cluster.observe([job]))[job.key]
        again = await cluster.submit(wanted)
        os.utime(site.run_folder(job.key) / "exit_code", (time.time() - 120,) * 2)
        with site.keeping_no_accounts():
            by_itself = (await cluster.observe([job]))[job.key]

    assert (JobStatus.FAILED, "exit code 7:0") == (by_accounting.status, by_accounting.reason)
    assert (JobStatus.FAILED, by_accounting.node) == (by_itself.status, by_itself.node)
    assert "by its script's own word" in by_itself.reason
    assert job.job_id == again


@REAL
async def test_a_queue_that_is_full_for_the_bots_account_is_no_refusal(site, cluster):
    """There is room again when one has ended; until then a plan is told no time."""
    await ended(cluster, await started(cluster, order([])))
    with site.taking_at_most(1):
        first = await started(cluster, order(ENDLESS))
        waits = order([])
        with pytest.raises(NotItsTurn, match="no more jobs in the queue"):
            await cluster.submit(waits)
        forecast = await cluster.forecast(waits)
        await cluster.cancel(first)
        await ended(cluster, first)
        job = await eventually_awaited(lambda: _taken(cluster, waits))
        observation = await ended(cluster, job)

    assert forecast.starts_at is None or "to start at" in forecast.said
    assert JobStatus.COMPLETED is observation.status


async def _taken(cluster, wanted):
    try:
        return await started(cluster, wanted)
    except NotItsTurn:
        return None
