"""The cluster port's contract, held by the adapter on a real SLURM with sshd and on the sandbox's."""

import asyncio
import base64
import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from bot.adapters.slurm.payload import payload_files, payload_name
from bot.errors import BadResult, Refused, Upstream
from bot.ports import Job, JobStatus, Order
from bot.things.model.servable import NOT_THERE
from bot.things.run.readings import Progress
from bot.things.run.waiting import wait_of
from tests.support.cluster import (
    ENDLESS,
    MODEL,
    ONCE,
    PAYLOAD,
    PROGRESS,
    RESULT,
    WAIT,
    elsewhere,
    ended,
    on,
    order,
    seen,
    started,
)
from tests.support.need import lacking
from tests.support.slurm import Site
from tests.support.waiting import eventually, eventually_awaited

site = on("sandbox", "real", "newer")

# ---------------------------------------------------------------- the usual road


async def test_check_says_which_cluster_was_reached(site, cluster):
    """`check` answers with version, partitions and folder."""
    sentence = await cluster.check()

    assert site.admin("sinfo", "--version").split()[-1] in sentence
    assert "partitions gpu, short" in sentence
    assert site.settings.directory in sentence
    assert "AccountingStorageTRES" not in sentence  # it counts GPUs


async def test_a_run_is_followed_to_its_model(site, cluster, tmp_path):
    """Submitted, seen running with its progress, completed; then result, log and model come back."""
    torn: list[list[Any]] = [["progress", PROGRESS], ["progress", '{"epoch": 2, "ep']]
    steps = [*torn, WAIT, *MODEL, ["result", RESULT]]
    job = await started(cluster, order(steps))

    async def progress() -> Progress | None:
        return (await cluster.observe([job]))[job.key].progress

    assert Progress(1, 4, 0.5, "accuracy", 0.75, 2.0, 6.0) == await eventually_awaited(progress)
    (site.run_folder(job.key) / "go").touch()
    assert JobStatus.COMPLETED is (await ended(cluster, job)).status
    result = await cluster.result(job.key)
    assert {"accuracy": 0.9} == result.metrics
    assert (7, 3) == (result.parameter_count, result.test_rows)
    into = await cluster.fetch_model(job.key, tmp_path / "model", digest=result.digest)
    assert "ดี" == (into / "data" / "weights").read_text(encoding="utf-8")
    assert into == await cluster.fetch_model(job.key, into, digest=result.digest)


async def test_a_job_gets_what_it_asked_for(site, cluster):
    """Partition, CPUs, memory, GPUs and time limit reach SLURM; the payload is shipped once for its content."""
    wanted = order(ENDLESS, partition="short", gpus=2, cpus=4, memory_gib=2, time_limit_min=25)
    job = await started(cluster, wanted)

    row = site.admin("squeue", "-h", "-t", "all", f"--name={job.key}", "-o", "%P %D %C %m %b %l %j").split()
    row[4] = row[4].replace("gres/", "gres:")  # as 24.11 writes it
    await cluster.cancel(job)

    assert ["short", "1", "4", "2G", "gres:gpu:mi100:2", "25:00", job.key] == row
    kept = shipped(site)
    again = await started(cluster, order(ENDLESS))
    await cluster.cancel(again)

    assert payload_name(payload_files(PAYLOAD)) in kept
    assert kept == shipped(site)


def shipped(site: Site) -> set[str]:
    """Return the names of the payloads that were shipped whole; other tests ship other ones."""
    return {folder.name for folder in Path(site.settings.directory, "payload").glob("[!.]*")}


# ---------------------------------------------------------------- once


async def test_submitting_twice_gives_one_job(site, cluster):
    """Together, one after the other, and after a restart of the bot: the same id, one job."""
    wanted = order([["exit", 0]])
    ids = set(await asyncio.gather(*(cluster.submit(wanted) for _ in range(4))))
    ids.add(await cluster.submit(wanted))
    with elsewhere(site) as restarted:
        ids.add(await restarted.submit(wanted))
        await restarted.close()

    assert [*ids] == site.jobs_named(wanted.key)


async def test_a_cut_while_submitting_leaves_one_job(site, cluster):
    """Whatever the moment of the cut, submitting again finds the job or makes it."""
    counts = []
    for moment in ("job.sh", "submit.lock", "submitting", "job_id"):
        wanted = order([["exit", 0]])
        first = asyncio.create_task(cluster.submit(wanted))
        await eventually((site.run_folder(wanted.key) / moment).exists)
        await asyncio.to_thread(site.cut)
        outcome = (await asyncio.gather(first, return_exceptions=True))[0]
        assert isinstance(outcome, str) or (isinstance(outcome, Upstream) and outcome.retryable), outcome
        await cluster.submit(wanted)
        counts.append(len(site.jobs_named(wanted.key)))

    assert [1] * 4 == counts


async def test_a_job_whose_id_was_never_written_down_is_found_by_name(site, cluster):
    """The bot's machine lost between sbatch and the note of its id."""
    wanted = order(ENDLESS)
    job = await started(cluster, wanted)
    (site.run_folder(wanted.key) / "job_id").unlink()

    again = await cluster.submit(wanted)
    await cluster.cancel(job)

    assert job.job_id == again
    assert [job.job_id] == site.jobs_named(wanted.key)


async def test_a_restarted_bot_finds_its_job(site, cluster):
    """Another process with the same settings observes the job."""
    job = await started(cluster, order(ENDLESS))
    await cluster.close()
    with elsewhere(site) as restarted:
        observation = await seen(restarted, job, JobStatus.RUNNING)
        await restarted.cancel(job)
        await restarted.close()

    assert observation.node


# ---------------------------------------------------------------- ends


@pytest.mark.parametrize(
    ("code", "status"),
    [
        (7, JobStatus.FAILED),
        (85, JobStatus.TIMEOUT),
        pytest.param(86, JobStatus.FAILED, marks=pytest.mark.repetition),
    ],
)
async def test_a_recipes_exit_code_is_told(cluster, code, status):
    """A code is kept as evidence; 85 means saved and stopped, which SLURM asks for before the time limit."""
    observation = await ended(cluster, await started(cluster, order([["exit", code]])))

    assert status is observation.status
    assert f"exit code {code}:0" in observation.reason
    assert observation.node


async def test_too_much_memory_is_told(site, cluster):
    """A run that uses more than it asked for is ended as out of memory."""
    if not site.has_memory_limits:
        lacking("cgroup version 1, for SLURM to limit memory")
    observation = await ended(cluster, await started(cluster, order([["eat_mib", 1300]])))

    assert JobStatus.OUT_OF_MEMORY is observation.status
    assert "0:125" in observation.reason


async def test_the_time_limit_is_told(site, cluster):
    """At its limit the recipe gets SIGTERM, so that it can save."""
    job = await started(cluster, order([["say", base64.b64encode("เริ่ม\n".encode()).decode()], *ENDLESS]))
    await seen(cluster, job, JobStatus.RUNNING)
    await eventually((site.run_folder(job.key) / "log.txt").exists)
    await asyncio.to_thread(site.let_time_pass, job.job_id)

    observation = await ended(cluster, job, within_s=60)
    log = await cluster.log_tail(job.key, lines=20)

    assert JobStatus.TIMEOUT is observation.status
    assert "stopped by SIG" in log


async def test_cancelling_lets_the_recipe_save(site, cluster):
    """A running job is cancelled with SIGTERM to the recipe; again, or when it has ended, nothing happens."""
    job = await started(cluster, order([["progress", PROGRESS], *ENDLESS]))
    await eventually((site.run_folder(job.key) / "progress.jsonl").exists)

    await cluster.cancel(job)
    observation = await ended(cluster, job)
    await cluster.cancel(job)
    await cluster.cancel(Job("slipway-run-0-1", "4294967"))

    assert JobStatus.CANCELLED is observation.status
    assert "stopped by SIGTERM" in await cluster.log_tail(job.key, lines=20)


async def test_cancelling_needs_id_and_name(cluster):
    """An id that SLURM gave to somebody else's job is left alone."""
    job = await started(cluster, order(ENDLESS))
    await cluster.cancel(Job("slipway-run-0-1", job.job_id))

    observation = await seen(cluster, job, JobStatus.RUNNING)
    await cluster.cancel(job)

    assert JobStatus.RUNNING is observation.status


async def test_a_lost_node_is_told(site, cluster):
    """A run whose node is lost has ended; it is not started again behind our backs."""
    job = await started(cluster, order(ENDLESS))
    node = (await seen(cluster, job, JobStatus.RUNNING)).node
    await asyncio.to_thread(site.lose_node, node)
    try:
        observation = await ended(cluster, job)
    finally:
        await asyncio.to_thread(site.mend_node, node)

    assert (JobStatus.NODE_FAIL, node) == (observation.status, observation.node)


# ---------------------------------------------------------------- waiting and refusals


async def test_a_waiting_job_says_what_it_waits_for(cluster):
    """SLURM's reasons come through: a full cluster, and a limit that no waiting mends."""
    full = [await started(cluster, order(ENDLESS, gpus=4)) for _ in range(2)]
    one_more = await started(cluster, order(ENDLESS, gpus=4))
    too_long = await started(cluster, order(ENDLESS, partition="short", time_limit_min=60))
    jobs = [*full, one_more, too_long]

    async def reasons() -> tuple[str, str] | None:
        seen_now = await cluster.observe(jobs)
        told = (seen_now[one_more.key].reason, seen_now[too_long.key].reason)
        return told if all(told) and "Priority" not in told else None

    told = await eventually_awaited(reasons)
    await asyncio.gather(*(cluster.cancel(job) for job in jobs))

    assert "Resources" == told[0]
    assert told[1] in ("PartitionTimeLimit", "PartitionConfig")  # 22.05 says either; both are hopeless
    wait = wait_of(told[1])
    assert wait is not None
    assert wait.is_hopeless


@pytest.mark.parametrize("asked", [{"gpus": 9}, {"partition": "nope"}, {"cpus": 65}, {"memory_gib": 999}])
async def test_an_impossible_request_is_refused_every_time(cluster, asked):
    """What no node could serve is refused with a sentence, and the record SLURM keeps of it is not taken for a job."""
    wanted = order(ENDLESS, **asked)
    for _ in range(2):
        with pytest.raises(Refused, match=r"SLURM refuses the (request|partition)"):
            await cluster.submit(wanted)


async def test_an_unknown_recipe_is_refused(cluster):
    """A recipe is a file of the payload, never a path."""
    for name in ("nothing_like_it", "../puppet", "puppet.py", ""):
        wanted = order(ENDLESS)
        with pytest.raises(Refused, match="no recipe"):
            await cluster.submit(Order(wanted.key, name, wanted.spec, wanted.resources))


async def test_a_job_nobody_knows_is_unknown(cluster):
    """Absence is never an end, for one job or for many."""
    jobs = [Job(f"slipway-run-0-{number}", str(4_000_000 + number)) for number in range(3)]

    assert {JobStatus.UNKNOWN} == {told.status for told in (await cluster.observe(jobs)).values()}
    assert {} == await cluster.observe([])


# ---------------------------------------------------------------- what a run leaves


@ONCE
@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (None, "no result.json"),
        ('{"format": 1, "metr', "torn or not JSON"),
        ('{"format": 2}', "format 2"),
        ('{"format": 1, "digest": "x"}', "SHA-256"),
        ('{"format": 1, "metrics": {"loss": NaN}}', "NaN is not JSON"),
    ],
)
async def test_a_bad_result_is_told(cluster, text, complaint):
    """A result that is missing, torn or of another form is said for what it is."""
    job = await started(cluster, order([] if text is None else [["file", ["result.json", text]]]))
    assert JobStatus.COMPLETED is (await ended(cluster, job)).status

    with pytest.raises(BadResult, match=complaint):
        await cluster.result(job.key)


@ONCE
async def test_a_log_is_shown_as_plain_text(cluster):
    """Thai survives; bytes that are no UTF-8, colours and redrawn lines do no harm."""
    raw = "เริ่มฝึก\n".encode() + b"\x1b[31mred\x1b[0m \xff\x00\n 10%\r 50%\r100%\nlast\n"
    job = await started(cluster, order([["say", base64.b64encode(raw).decode()]]))
    await ended(cluster, job)

    assert "เริ่มฝึก\nred \ufffd\n100%\nlast" == await cluster.log_tail(job.key, lines=10)
    assert "last" == await cluster.log_tail(job.key, lines=1)


async def test_a_log_that_is_not_there_is_empty(cluster):
    """A job that never started has no log."""
    assert "" == await cluster.log_tail("slipway-run-0-1", lines=10)


@ONCE
async def test_what_cannot_be_read_is_the_runs_fault(site, cluster):
    """Folders in the place of files: neither is the cluster out of order, nor may it keep others waiting."""
    job = await started(cluster, order([["file", ["result.json/x", ""]], ["file", ["end.json/x", ""]]]))
    await ended(cluster, job)
    (site.run_folder(job.key) / "log.txt").unlink()
    (site.run_folder(job.key) / "log.txt").mkdir()

    for read in (cluster.result(job.key), cluster.last_words(job.key), cluster.log_tail(job.key, lines=1)):
        with pytest.raises(BadResult, match="cannot be read"):
            await read


@ONCE
async def test_a_model_that_was_changed_is_not_taken(site, cluster, tmp_path):
    """A model directory with another digest is refused, and nothing of it stays."""
    job = await started(cluster, order([*MODEL, ["result", RESULT]]))
    await ended(cluster, job)
    result = await cluster.result(job.key)
    (site.run_folder(job.key) / "model" / "MLmodel").write_text("flavors: {evil: {}}\n", encoding="utf-8")

    with pytest.raises(BadResult, match="digest differs"):
        await cluster.fetch_model(job.key, tmp_path / "model", digest=result.digest)
    assert [] == list(tmp_path.iterdir())


@ONCE
async def test_what_a_model_says_of_itself_comes_with_the_result(site, cluster):
    """Of regular files only: a link or a pipe in the place of MLmodel, or no folder at all, is no model."""
    job = await started(cluster, order([*MODEL, ["result", RESULT]]))
    await ended(cluster, job)
    there = (await cluster.result(job.key)).model
    folder = site.run_folder(job.key) / "model"
    (folder / "MLmodel").rename(folder / "elsewhere")
    heard = []
    for make in (lambda path: path.symlink_to(folder / "elsewhere"), os.mkfifo):
        make(folder / "MLmodel")
        heard.append((await cluster.result(job.key)).model)
        (folder / "MLmodel").unlink()
    shutil.rmtree(folder)
    heard.append((await cluster.result(job.key)).model)

    assert there is not None
    assert (True, frozenset(), "there is no `conda.yaml`") == (
        there.is_there,
        there.flavors,
        str(there.environment_complaint),
    )
    assert [NOT_THERE] * 3 == heard


async def test_a_model_that_is_not_there_is_told(cluster, tmp_path):
    """A run without a model says so."""
    with pytest.raises(BadResult, match="left no model"):
        await cluster.fetch_model("slipway-run-0-1", tmp_path / "model", digest="0" * 64)
