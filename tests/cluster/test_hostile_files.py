"""Files of a run that are not what they should be are that run's failure: the others are followed as if nothing was."""

import asyncio
import json
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from bot.adapters.slurm import reading as _cluster_reading
from bot.adapters.slurm.cluster import SlurmCluster
from bot.errors import BadResult
from bot.ports import Job, JobStatus
from tests.support.cluster import MODEL, ONCE, PROGRESS, RESULT, WAIT, ended, order, seen, started
from tests.support.waiting import eventually, eventually_awaited

AGAIN = pytest.mark.repetition
pytestmark = ONCE
MIB = 2**20
AT_ONCE_S = 5.0
"""A command that hangs takes 25 s, and has the whole cluster taken for silent."""


def pipe(path: Path) -> None:
    """Put a pipe there that nobody writes to."""
    os.mkfifo(path)
    path.chmod(0o666)


def endless(path: Path) -> None:
    """Put a link to a device there that never ends."""
    path.symlink_to("/dev/zero")


def away(path: Path) -> None:
    """Put a link there to a file of somebody else's."""
    path.symlink_to("/etc/passwd")


def folder(path: Path) -> None:
    """Put a folder there."""
    path.mkdir()


def one_line(path: Path) -> None:
    """Put 64 MiB without the end of a line there."""
    with path.open("wb") as file:
        file.write(b"x" * (64 * MIB))


def huge(path: Path) -> None:
    """Put a file there that says to be as large as a disk."""
    with path.open("wb") as file:
        file.truncate(2**40)


def many_measures(path: Path) -> None:
    """Put a result with half a million measures there."""
    measures = {f"m{number}": 0.5 for number in range(500_000)}
    path.write_text(json.dumps({**RESULT, "format": 1, "digest": "0" * 64, "metrics": measures}))


def deep(path: Path) -> None:
    """Put JSON there that is nested deeper than it can be read."""
    path.write_text("[" * 200_000)


def own(path: Path) -> None:
    """Put a link there to a file of the run's own, as some libraries keep their weights."""
    path.symlink_to("weights")


def each(*puts: Callable[[Path], None]) -> pytest.MarkDecorator:
    """Try each, all but the first two for repetition."""
    values = [pytest.param(put, id=put.__name__, marks=AGAIN if at > 1 else ()) for at, put in enumerate(puts)]
    return pytest.mark.parametrize("put", values)


async def over(cluster: SlurmCluster, site, *steps: Sequence[Any]) -> tuple[Job, Path]:
    """Return a run that is over, with its folder."""
    job = await started(cluster, order(list(steps)))
    await ended(cluster, job)
    return job, site.run_folder(job.key)


async def longest_stall_s(work: asyncio.Future) -> float:
    """Return how long the event loop stood at most while the work was done."""
    loop, longest = asyncio.get_running_loop(), 0.0
    while not work.done():
        before = loop.time()
        await asyncio.sleep(0)
        longest = max(longest, loop.time() - before)
        await asyncio.sleep(0.001)
    return longest


@each(pipe, one_line, endless, away, folder, huge, many_measures, deep)
async def test_a_progress_that_is_none_keeps_no_other_run_from_being_followed(site, cluster, put):
    """One round asks for all runs: each tells what it can, in the time that it always takes."""
    jobs = [await started(cluster, order([["progress", PROGRESS], WAIT])) for _ in range(2)]
    bad, good = (site.run_folder(job.key) for job in jobs)
    for job in jobs:
        await seen(cluster, job, JobStatus.RUNNING)
        await eventually((site.run_folder(job.key) / "progress.jsonl").exists)
    (bad / "progress.jsonl").unlink()
    put(bad / "progress.jsonl")
    async with asyncio.timeout(AT_ONCE_S):
        observed = await cluster.observe(jobs)
    for run in (bad, good):
        (run / "go").touch()
    for job in jobs:
        await ended(cluster, job)

    assert [(JobStatus.RUNNING, False), (JobStatus.RUNNING, True)] == [
        (observed[job.key].status, observed[job.key].progress is not None) for job in jobs
    ]


@each(pipe, many_measures, endless, away, folder, one_line, huge, deep)
async def test_a_result_that_is_none_is_told_at_once(site, cluster, put):
    """It is the run's failure, and neither an outage nor a wait; the event loop has other things to do meanwhile."""
    job, run = await over(cluster, site)
    put(run / "result.json")
    reading = asyncio.ensure_future(cluster.result(job.key))
    async with asyncio.timeout(AT_ONCE_S):
        stall_s = await longest_stall_s(reading)
    with pytest.raises(BadResult, match=r"result\.json"):
        await reading

    assert stall_s < 0.5


@each(pipe, away, endless, folder, one_line)
async def test_logs_curves_and_last_words_that_are_none_are_told_at_once(site, cluster, put):
    """Whatever can be read of them is little; what cannot be is nothing, or the run's fault."""
    job, run = await over(cluster, site)
    for name in ("progress.jsonl", "end.json", "log.txt"):
        (run / name).unlink(missing_ok=True)
        put(run / name)
    readings = (
        cluster.curve(job.key),
        cluster.last_words(job.key),
        cluster.log_tail(job.key, lines=3),
        cluster.log_file(job.key, limit_bytes=1000),
        cluster.log_search(job.key, "root", lines=3),
    )
    async with asyncio.timeout(4 * AT_ONCE_S):
        read = await asyncio.gather(*readings, return_exceptions=True)

    assert [] == [one for one in read if isinstance(one, BaseException) and not isinstance(one, BadResult)]
    assert all(len(one) <= 3 * 2000 for one in read if not isinstance(one, BaseException))
    assert "root:" not in str(read)


@each(pipe, endless, away, folder)
async def test_a_scripts_own_word_that_is_none_holds_nobody_up(site, cluster, put):
    """What is asked of runs that SLURM has forgotten is one command for all of them."""
    job, run = await over(cluster, site)
    (run / "exit_code").unlink()
    put(run / "exit_code")
    os.utime(run / "exit_code", (0, 0), follow_symlinks=False)
    async with asyncio.timeout(AT_ONCE_S):
        observed = await cluster.observe([Job(job.key, "4000000")])

    assert JobStatus.UNKNOWN is observed[job.key].status


@each(own, pipe, endless, away)
async def test_a_model_with_more_than_plain_files_is_refused_before_it_is_copied(site, cluster, tmp_path, put):
    """A link may lead to what is nobody's business, a pipe nowhere; here a link would point at the bot's own files."""
    job, run = await over(cluster, site, *MODEL, ["result", RESULT])
    result = await cluster.result(job.key)
    put(run / "model" / "data" / "more")
    async with asyncio.timeout(AT_ONCE_S):
        with pytest.raises(BadResult, match="data/more"):
            await cluster.fetch_model(job.key, tmp_path / "model", digest=result.digest)

    assert [] == list(tmp_path.iterdir())


async def test_a_model_that_is_a_link_is_refused(site, cluster, tmp_path):
    """The whole folder may be one."""
    job, run = await over(cluster, site)
    (run / "model").symlink_to("/etc")
    with pytest.raises(BadResult, match="is a link"):
        await cluster.fetch_model(job.key, tmp_path / "model", digest="0" * 64)


async def test_a_model_beyond_all_bounds_is_refused_before_it_is_copied(site, cluster, tmp_path):
    """It is listed first, and what is listed is bounded as well."""
    told: list[str] = []
    for make in (
        lambda model: huge(model / "weights"),
        lambda model: (model / "/".join("d" * 20)).mkdir(parents=True),
        lambda model: [(model / f"f{number}").touch() for number in range(_cluster_reading.MOST_FILES)],
    ):
        job, run = await over(cluster, site, *MODEL)
        make(run / "model")
        async with asyncio.timeout(AT_ONCE_S):
            with pytest.raises(BadResult) as refused:
                await cluster.fetch_model(job.key, tmp_path / "model", digest="0" * 64)
        told.append(refused.value.message)

    assert [True] * 3 == [words in said for words, said in zip(("1024.0 GiB", "deep", "files"), told, strict=True)]


async def test_ends_are_heard_of_beside_a_line_that_does_not_end(site, cluster):
    """All runs write to one file when they end; whatever one writes there is no more than kept for a while."""
    first = await started(cluster, order([]))
    heard: set[str] = set()

    async def listen() -> None:
        async for key in cluster.ended():
            heard.add(key)

    listening = asyncio.create_task(listen())
    await eventually(lambda: site.is_asked("tail"))
    await ended(cluster, first)
    log = Path(site.settings.directory) / "ended.log"
    with log.open("ab") as file:
        file.write(b"x" * (8 * MIB) + b"\n")
    second = await started(cluster, order([]))

    async def is_heard() -> bool:
        return second.key in heard

    await eventually_awaited(is_heard)
    listening.cancel()
