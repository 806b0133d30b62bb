"""What an order can ask beyond one plain run: to be kept, resumed, repeated as an array, spread over GPUs, own code."""

import asyncio
import json
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.adapters.slurm.cluster import SlurmCluster
from bot.errors import Refused
from bot.ports import Job, JobStatus
from bot.things.recipe.recipe import Code, Environment
from tests.support.cluster import (
    ENDLESS,
    PAYLOAD,
    PROGRESS,
    WAIT,
    array,
    elsewhere,
    ended,
    jobs_of,
    on,
    order,
    seen,
    started,
)
from tests.support.slurm import PYTHON, Site
from tests.support.waiting import eventually, eventually_awaited

site = on("real")

MAIN = """\
import json, os, pathlib, sys
spec = json.load(open(sys.argv[1]))
told = {"cwd": os.getcwd(), "prefix": sys.prefix, "words": sys.argv[2:]}
pathlib.Path(spec["directory"], "told.json").write_text(json.dumps(told))
"""


APPTAINER = """\
#!/bin/bash
for ((at = 1; at <= $#; at++)); do [[ ${!at} != *.sif ]] || break; done
printf '%s\\n' "${@:1:at}" >arguments
exec "${@:at+1}"
"""
"""A stand-in: Debian has no Apptainer. It notes what it is asked for, and starts the command without a container."""


# ---------------------------------------------------------------- keeping and resuming


async def test_a_run_that_is_told_to_stop_saves_and_is_cancelled(site, cluster):
    """Keeping sends the recipe the signal that comes before a time limit; its end is a cancellation."""
    job = await started(cluster, order([["progress", PROGRESS], *ENDLESS]))
    await eventually((site.run_folder(job.key) / "progress.jsonl").exists)

    await cluster.cancel(job, keep=True)
    observation = await ended(cluster, job)
    await cluster.cancel(job, keep=True)

    assert (JobStatus.CANCELLED, "saved and stopped when asked") == (observation.status, observation.reason)
    assert "stopped by SIGUSR1" in await cluster.log_tail(job.key, lines=5)


async def test_a_waiting_run_that_is_told_to_stop_is_cancelled(cluster):
    """It has nothing to save."""
    full = [await started(cluster, order(ENDLESS, gpus=4, nodes=2)) for _ in range(2)]
    await cluster.cancel(full[1], keep=True)
    observation = await ended(cluster, full[1])
    await cluster.cancel(full[0])

    assert JobStatus.CANCELLED is observation.status


async def test_a_run_goes_on_from_anothers_checkpoint(site, cluster):
    """The checkpoint is there before the start; of one that left none the log says so."""
    first = order([["file", ["checkpoint.old.pt", "epoch 2"]], ["file", ["checkpoint.pt", "epoch 3"]]])
    await ended(cluster, await started(cluster, first))
    second = replace(order([]), resume_from=first.key)
    third = replace(order([]), resume_from="slipway-run-0-1")
    for wanted in (second, third):
        assert JobStatus.COMPLETED is (await ended(cluster, await started(cluster, wanted))).status

    folder = site.run_folder(second.key)
    kept = [
        (folder / name).read_text() for name in ("checkpoint.pt", "checkpoint.old.pt")
    ]  # should the newer be damaged
    assert ["epoch 3", "epoch 2"] == kept
    assert f"going on from the checkpoint of {first.key}" == await cluster.log_tail(second.key, lines=9)
    assert "left no checkpoint; starting from the beginning" in await cluster.log_tail(third.key, lines=9)


async def test_a_repeated_run_is_started_with_the_code_of_the_first(site, cluster, tmp_path):
    """The bot's own training code has changed since; what the first one ran is there, and what never was is not."""
    first = order([])
    await ended(cluster, await started(cluster, first))
    command = next(
        line for line in (site.run_folder(first.key) / "job.sh").read_text().splitlines() if "puppet" in line
    )
    digest = command.partition("payload/")[2][:16] + "0" * 48
    newer = tmp_path / "payload"
    shutil.copytree(PAYLOAD, newer)
    (newer / "news.py").touch()
    changed = SlurmCluster(site.settings, newer)
    orders = [order([]), replace(order([]), payload=digest), replace(order([]), payload="f" * 64)]
    for wanted in orders:
        assert JobStatus.COMPLETED is (await ended(changed, await started(changed, wanted))).status
    await changed.close()

    assert [False, True, False] == [command in (site.run_folder(one.key) / "job.sh").read_text() for one in orders]


async def test_a_newer_checkpoint_is_never_overwritten(site, cluster):
    """What the attempt itself has saved since counts."""
    first = order([["file", ["checkpoint.pt", "old"]]])
    await ended(cluster, await started(cluster, first))
    second = replace(order([]), resume_from=first.key)
    await cluster.submit(second)
    newer = site.run_folder(second.key) / "checkpoint.pt"
    newer.write_text("new")
    (site.run_folder(second.key) / "job_id").unlink()
    await cluster.submit(second)

    assert "new" == newer.read_text()


# ---------------------------------------------------------------- arrays


async def test_an_array_is_one_job_of_many_tasks(site, cluster):
    """Each task has its folder, log, progress and end; submitting again, or by another bot, gives the same array."""
    steps: Sequence[Sequence[Sequence[Any]]] = [[["say", "aGk="], ["exit", code]] for code in (0, 7, 0)]
    wanted = array([*steps, [["progress", PROGRESS], WAIT]], at_once=2)
    ids = set(await asyncio.gather(*(cluster.submit(wanted) for _ in range(3))))
    (site.run_folder(wanted.key) / "job_id").unlink()
    with elsewhere(site) as restarted:
        ids.add(await restarted.submit(wanted))
        await restarted.close()
    [job_id] = ids
    jobs = jobs_of(wanted, job_id)

    async def progress() -> object:
        return (await cluster.observe(jobs))[jobs[3].key].progress

    assert await eventually_awaited(progress)
    (site.run_folder(jobs[3].key) / "go").touch()
    statuses = [(await ended(cluster, job)).status for job in jobs]

    assert [JobStatus.COMPLETED, JobStatus.FAILED, JobStatus.COMPLETED, JobStatus.COMPLETED] == statuses
    assert "hi" == await cluster.log_tail(jobs[1].key, lines=3)


async def test_no_more_tasks_run_than_may(cluster):
    """The others wait for the array's limit, with that as the reason."""
    wanted = array([ENDLESS] * 5, at_once=2)
    jobs = jobs_of(wanted, await cluster.submit(wanted))

    async def running() -> list[str] | None:
        told = await cluster.observe(jobs)
        up = [told[job.key].status for job in jobs].count(JobStatus.RUNNING)
        assert up <= 2
        return [told[job.key].reason for job in jobs[2:]] if up == 2 else None

    reasons = await eventually_awaited(running)
    await cluster.cancel(Job(wanted.key, jobs[0].job_id.partition("_")[0]))
    statuses = {(await ended(cluster, job)).status for job in jobs}

    assert {"JobArrayTaskLimit"} >= set(filter(None, reasons))
    assert {JobStatus.CANCELLED} == statuses


async def test_an_array_that_is_told_to_stop_saves_what_runs(site, cluster):
    """The signal reaches each task that runs; those that wait have nothing to save."""
    wanted = array([[["progress", PROGRESS], *ENDLESS]] * 3, at_once=2)
    jobs = jobs_of(wanted, await cluster.submit(wanted))
    for job in jobs[:2]:
        await eventually((site.run_folder(job.key) / "progress.jsonl").exists)
    await cluster.cancel(Job(wanted.key, jobs[0].job_id.partition("_")[0]), keep=True)
    told = [await ended(cluster, job) for job in jobs]

    assert {JobStatus.CANCELLED} == {one.status for one in told}
    assert ["saved and stopped when asked"] * 2 == [one.reason for one in told[:2]]
    assert not (site.run_folder(jobs[2].key) / "progress.jsonl").exists()


async def test_one_task_is_cancelled_alone(cluster):
    """A task has an id of its own; with the array's name beside it nobody else's is hit."""
    wanted = array([ENDLESS] * 3)
    jobs = jobs_of(wanted, await cluster.submit(wanted))
    for job in jobs:
        await seen(cluster, job, JobStatus.RUNNING)
    await cluster.cancel(jobs[1])
    await cluster.cancel(jobs[2], keep=True)
    told = [(await ended(cluster, job)).reason for job in jobs[1:]]
    left = (await cluster.observe(jobs))[jobs[0].key].status
    await cluster.cancel(Job(wanted.key, jobs[0].job_id.partition("_")[0]))

    assert JobStatus.RUNNING is left
    assert told[0].startswith("by uid ") or not told[0]  # while accounting lags behind
    assert told[1].startswith(("saved and stopped", "stopped when asked"))


async def test_a_task_that_is_cancelled_before_it_begins_is_told(cluster):
    """SLURM drops it without a trace, so what we asked for counts; the rest of the array goes on."""
    wanted = array([ENDLESS] * 3, at_once=1)
    jobs = jobs_of(wanted, await cluster.submit(wanted))
    await seen(cluster, jobs[0], JobStatus.RUNNING)
    await cluster.cancel(jobs[2])
    observation = await ended(cluster, jobs[2])
    others = [(await cluster.observe(jobs))[job.key].status for job in jobs[:2]]
    await cluster.cancel(Job(wanted.key, jobs[0].job_id.partition("_")[0]))

    assert JobStatus.CANCELLED is observation.status
    assert [JobStatus.RUNNING, JobStatus.PENDING] == others
    assert {JobStatus.CANCELLED} == {(await ended(cluster, job)).status for job in jobs}


async def test_an_array_that_is_too_large_is_refused(cluster):
    """More tasks than the cluster takes are refused with the setting's name."""
    with pytest.raises(Refused, match="MaxArraySize"):
        await cluster.submit(array([[]] * 1002))


# ---------------------------------------------------------------- several GPUs


async def test_every_gpu_gets_a_rank(site, cluster):
    """Two nodes of two GPUs have four ranks, which find in their environment what torchrun would tell them."""
    where = ["RANK", "LOCAL_RANK", "GROUP_RANK"]
    shared = ["WORLD_SIZE", "LOCAL_WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT"]
    job = await started(cluster, order([["tell", where + shared]], nodes=2, gpus=2, cpus=2))
    assert JobStatus.COMPLETED is (await ended(cluster, job)).status
    told = [json.loads((site.run_folder(job.key) / f"told-{rank}.json").read_text()) for rank in range(4)]

    assert [["0", "0", "0"], ["1", "1", "0"], ["2", "0", "1"], ["3", "1", "1"]] == [
        [one[name] for name in where] for one in told
    ]
    assert {("4", "2", told[0]["MASTER_ADDR"], told[0]["MASTER_PORT"])} == {
        tuple(one[name] for name in shared) for one in told
    }
    assert told[0]["MASTER_ADDR"]


@pytest.mark.parametrize("site", ["sandbox"], indirect=True)  # the real one's nodes have names that nobody here knows
async def test_ranks_meet_where_the_script_says(site, cluster):
    """At MASTER_ADDR and MASTER_PORT, from both nodes."""
    job = await started(cluster, order([["meet", []]], nodes=2, gpus=1, cpus=1))
    assert JobStatus.COMPLETED is (await ended(cluster, job)).status

    assert ["0", "1"] == json.loads((site.run_folder(job.key) / "met-0.json").read_text())


async def test_all_ranks_are_told_to_save(site, cluster):
    """The signal goes through srun to each of them, and their code comes back."""
    job = await started(cluster, order([["tell", []], *ENDLESS], gpus=2, cpus=2))
    for rank in range(2):
        await eventually((site.run_folder(job.key) / f"told-{rank}.json").exists)
    await cluster.cancel(job, keep=True)
    observation = await ended(cluster, job)

    assert "saved and stopped when asked" == observation.reason
    assert 2 == (await cluster.log_tail(job.key, lines=9)).count("stopped by SIGUSR1")


# ---------------------------------------------------------------- own code


async def test_code_in_a_folder_runs_there(site, cluster):
    """Its command gets the path of spec.json; nothing of the payload is needed."""
    folder = _folder(site, "own code")
    (folder / "main.py").write_text(MAIN)
    code = Code((PYTHON, "main.py", "{spec}", "--path={spec}", "a b", "$HOME"), folder=str(folder))
    told = await _told(site, cluster, code)

    assert str(folder) == told["cwd"]
    assert ["a b", "$HOME"] == told["words"][1:]
    assert told["words"][0].endswith("/spec.json")


async def test_code_of_a_commit_is_checked_out_once(site, cluster):
    """The commit is run and not the branch's newest; two runs share one checkout."""
    repository, commit = _repository(site)
    code = Code((PYTHON, "main.py", "{spec}"), repository=f"file://{repository}", commit=commit)
    told = [await _told(site, cluster, code) for _ in range(2)]

    assert 1 == len({one["cwd"] for one in told})
    assert told[0]["cwd"].startswith(f"{site.settings.directory}/code/")


async def test_a_commit_or_repository_that_is_not_there_is_refused(site, cluster):
    """Trying again does not mend it, and the sentence says what would."""
    repository, _ = _repository(site)
    for code in (
        Code(("true",), repository=f"file://{repository}", commit="0" * 40),
        Code(("true",), repository="file:///nonexistent/x.git", commit="0" * 40),
    ):
        with pytest.raises(Refused, match=r"no commit|cannot read the repository"):
            await cluster.submit(replace(order([]), code=code))


async def test_code_runs_in_its_venv(site, cluster):
    """The environment's python is the one that the command finds."""
    venv = Path(site.settings.directory) / "venv"
    argv = [PYTHON, "-m", "venv", "--without-pip", "--clear", str(venv)]
    await asyncio.to_thread(lambda: subprocess.run(argv, check=True))
    folder = _folder(site, "with-venv")
    (folder / "main.py").write_text(MAIN)
    code = Code(("python", "main.py", "{spec}"), folder=str(folder), environment=Environment(venv=str(venv)))

    assert str(venv) == (await _told(site, cluster, code))["prefix"]


async def test_code_in_an_image_is_started_by_apptainer(site, cluster):
    """With the run's folder, the code's and spec.json; here by a command of that name that a venv brings."""
    venv, folder = _folder(site, "with-apptainer"), _folder(site, "in-an-image")
    (venv / "bin").mkdir(exist_ok=True)
    (venv / "bin" / "activate").write_text(f"PATH={venv}/bin:$PATH\n")
    (venv / "bin" / "apptainer").write_text(APPTAINER)
    (venv / "bin" / "apptainer").chmod(0o755)
    (folder / "main.py").write_text(MAIN)
    where = Environment(venv=str(venv), image="/images/torch 2.sif")
    told = await _told(site, cluster, Code((PYTHON, "main.py", "{spec}", "a b"), folder=str(folder), environment=where))
    binds = [f"--bind={site.settings.directory}", f"--bind={folder}"]

    assert (str(folder), ["a b"]) == (told["cwd"], told["words"])
    assert ["exec", *binds, "/images/torch 2.sif"] == (folder / "arguments").read_text().splitlines()


async def test_an_environment_that_is_not_there_is_told(cluster):
    """The run ends as one whose command could not be executed, and the log says why."""
    for where in (Environment(venv="/nonexistent"), Environment(modules=("rocm/9",)), Environment(conda="none")):
        wanted = replace(order([]), code=Code(("true",), environment=where))
        observation = await ended(cluster, await started(cluster, wanted))

        assert (JobStatus.FAILED, True) == (observation.status, "126:0" in observation.reason)
        assert "cannot be had" in await cluster.log_tail(wanted.key, lines=5)


async def _told(site: Site, cluster, code: Code) -> dict:
    wanted = replace(order([]), recipe="ours", code=code)
    observation = await ended(cluster, await started(cluster, wanted))
    assert JobStatus.COMPLETED is observation.status, await cluster.log_tail(wanted.key, lines=20)
    return json.loads((site.run_folder(wanted.key) / "told.json").read_text())


def _folder(site: Site, name: str) -> Path:
    folder = Path(site.settings.directory) / name
    folder.mkdir(exist_ok=True)
    folder.chmod(0o777)
    return folder


def _repository(site: Site) -> tuple[Path, str]:
    """Return a repository with three commits, and the hash of the second."""
    folder = _folder(site, "their-repository")
    shutil.rmtree(folder)
    folder.mkdir()
    git = ["git", "-C", str(folder), "-c", "user.name=Ada", "-c", "user.email=ada@example.org"]
    subprocess.run([*git, "init", "-q"], check=True)
    for text in ("raise SystemExit(1)", MAIN, "raise SystemExit(3)"):
        (folder / "main.py").write_text(text)
        subprocess.run([*git, "add", "main.py"], check=True)
        subprocess.run([*git, "commit", "-q", "-m", "change"], check=True)
    site.give_away(folder, *folder.rglob("*"))
    hashes = subprocess.run(
        [*git, "-c", f"safe.directory={folder}", "rev-parse", "HEAD~1"], check=True, capture_output=True, text=True
    )
    return folder, hashes.stdout.strip()
