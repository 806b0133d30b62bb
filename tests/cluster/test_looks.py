"""What the cluster tells without an order: forecasts, offers, what a run left, ends, nodes and use."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.errors import Refused
from bot.ports import JobStatus, Use
from bot.services.planning import must_end_in_time
from bot.things.recipe.recipe import Code
from tests.support.cluster import (
    ENDLESS,
    LONGEST_POLL_S,
    PROGRESS,
    WAIT,
    array,
    elsewhere,
    ended,
    on,
    order,
    seen,
    started,
)
from tests.support.waiting import eventually, eventually_awaited

site = on("real")


async def test_a_forecast_says_when(cluster):
    """SLURM's own estimate of the very script, in UTC; nothing is submitted."""
    forecast = await cluster.forecast(order(ENDLESS))

    assert abs(forecast.starts_at - datetime.now(UTC)) < timedelta(minutes=5)
    assert "--job-name=slipway-run" in forecast.script
    assert "UTC using 1 processors on nodes" in forecast.said


async def test_an_array_is_forecast_as_a_whole(cluster):
    """When its first would start, by the script of all; one with too many tasks is refused as in earnest."""
    forecast = await cluster.forecast(array([[]] * 12, at_once=3))

    assert abs(forecast.starts_at - datetime.now(UTC)) < timedelta(minutes=5)
    assert "--array=0-11%3" in forecast.script
    with pytest.raises(Refused, match="MaxArraySize"):
        await cluster.forecast(array([[]] * 1002))


async def test_an_impossible_forecast_is_refused(cluster):
    """As submitting would be."""
    with pytest.raises(Refused, match="SLURM refuses"):
        await cluster.forecast(order(ENDLESS, gpus=9))


async def test_more_time_than_the_partition_allows_shows_only_in_its_limit(cluster):
    """SLURM would take it, and let it wait for ever; what its nodes say is what a plan is refused by."""
    asked = order(ENDLESS, partition="short", time_limit_min=60)
    await cluster.forecast(asked)

    with pytest.raises(Refused, match="`short` lets a job run for 30 minutes"):
        must_end_in_time(asked.resources, await cluster.nodes())
    must_end_in_time(replace(asked.resources, time_limit_min=30), await cluster.nodes())


async def test_what_may_be_asked_for_by_name_is_listed(cluster):
    """Partitions and kinds of GPU as sinfo has them, accounts and QOS as accounting has them for the bot's user."""
    offers = await cluster.offers()

    assert "gpu" in offers.partitions
    assert ("mi100",) == offers.gpu_types
    assert offers.accounts
    assert "normal" in offers.qos


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"account": "nobodys"}, "refuses the account `nobodys`: the bot's user may charge "),
        ({"qos": "nromal"}, "refuses the QOS `nromal`: the bot's user may use `normal`"),
        ({"gpu_type": "mi200"}, "refuses the GPU type `mi200`: the cluster has `mi100`. Ask for `gpu_type:mi100`."),
    ],
)
async def test_a_name_that_may_not_be_asked_for_is_refused_with_the_nearest_that_may(cluster, asked, said):
    """By the plan as by the submission; the names are those that are offered while one types."""
    has = await cluster.offers()
    for ask in (cluster.forecast, cluster.submit):
        with pytest.raises(Refused) as refusal:
            await ask(order(ENDLESS, **asked))

        assert said in str(refusal.value)
        assert any(f":{name}`." in str(refusal.value) for name in (*has.accounts, *has.qos, *has.gpu_types))


async def test_a_qos_is_one_of_the_accounts(cluster):
    """Where the account is named, only its own are told."""
    has = await cluster.offers()
    account, names = min(has.qos_of.items(), key=lambda row: len(row[1]))
    with pytest.raises(Refused, match=f"may use `{names[0]}` with the account `{account}`"):
        await cluster.forecast(order(ENDLESS, account=account, qos="hgih"))


async def test_what_a_run_leaves_can_be_looked_at(cluster):
    """Its curve, its last words, its whole log, and where in the log a text stands."""
    lines = "".join(PROGRESS.replace('"epoch": 1', f'"epoch": {epoch}') for epoch in (1, 1, 2)).replace(
        "0.5", "0.25", 1
    )
    steps: list[list[Any]] = [["progress", lines], ["file", ["end.json", '{"said": "ดี"}']], ["say", "YSAqCmIKYSAqIGMK"]]
    job = await started(cluster, order(steps))
    await ended(cluster, job)

    assert [(1.0, 0.5, 0.75), (2.0, 0.5, 0.75)] == [tuple(row.values()) for row in await cluster.curve(job.key)]
    assert {"said": "ดี"} == await cluster.last_words(job.key)
    assert "1:a *\n3:a * c" == await cluster.log_search(job.key, "a *", lines=5)
    assert "3:a * c" == await cluster.log_search(job.key, "a", lines=1)
    assert (b"a *\nb\na * c\n", b" c\n") == (
        await cluster.log_file(job.key, limit_bytes=1000),
        await cluster.log_file(job.key, limit_bytes=3),
    )


async def test_what_is_not_there_is_empty(cluster):
    """Before the first epoch, and of a run that nobody knows."""
    key = "slipway-run-0-1"

    assert ((), {}, "", b"") == (
        await cluster.curve(key),
        await cluster.last_words(key),
        await cluster.log_search(key, "x", lines=1),
        await cluster.log_file(key, limit_bytes=9),
    )


async def test_ends_are_heard_of(site, cluster):
    """Each end is told at once, over a line that is opened again after a cut."""
    heard: list[str] = []

    async def listen() -> None:
        async for key in cluster.ended():
            heard.append(key)  # noqa: PERF401 - each is looked at as it comes

    listening = asyncio.create_task(listen())
    await eventually(lambda: site.is_asked("tail"))
    first = await started(cluster, order([["exit", 3]]))
    await eventually(lambda: first.key in heard)
    stopped = await started(cluster, order(ENDLESS))
    await eventually((site.run_folder(stopped.key) / "begun").exists)  # SLURM calls it running before its script runs
    await asyncio.to_thread(site.admin, "scancel", stopped.job_id)
    await eventually(lambda: stopped.key in heard)  # the script hears SLURM's signal before the job is killed
    await asyncio.to_thread(site.cut)
    await ended(cluster, first)

    async def second() -> bool:
        job = await started(cluster, order([]))
        await ended(cluster, job)
        return job.key in heard

    assert await eventually_awaited(second)
    await cluster.close()
    await asyncio.wait_for(listening, 10)


# ---------------------------------------------------------------- the cluster itself


async def test_the_cluster_can_be_looked_at(cluster):
    """Nodes with what is used of them, the queue of everybody, the shared folder."""
    job = await started(cluster, order(ENDLESS, gpus=3, cpus=3, memory_gib=2))
    where = (await seen(cluster, job, JobStatus.RUNNING)).node
    nodes = await cluster.nodes()
    queued = {one.job_id: one for one in await cluster.queue()}
    share = await cluster.share()
    await cluster.cancel(job)

    [node] = [node for node in nodes if node.name == where and node.partition == "gpu"]
    assert ("mixed", 4, 64, 250.0) == (node.state, node.gpus, node.cpus, node.memory_gib)
    assert node.gpus_used >= 3
    assert node.cpus_used >= 3
    assert {"gpu", "short"} <= {node.partition for node in nodes}
    assert node.time_limit_min != next(other.time_limit_min for other in nodes if other.partition == "short")
    assert (job.key, "RUNNING", 3) == (queued[job.job_id].name, queued[job.job_id].state, queued[job.job_id].gpus)
    assert abs(queued[job.job_id].starts_at - datetime.now(UTC)) < timedelta(minutes=1)
    assert share.complaint == ""
    assert 0 < share.used_gib < share.size_gib


async def test_a_shared_folder_that_is_not_there_is_said(site):
    """The login node answers, so it is no outage: it says that there is no such folder."""
    with elsewhere(site, directory=f"{site.settings.directory}/unmounted") as gone:
        share = await gone.share()
        await gone.close()

    assert "No such file or directory" in share.complaint
    assert 0 == share.size_gib


async def test_what_a_run_took_is_told(site, cluster):
    """GPU hours, and what it used of what it had asked for; only of what ended since."""
    began = datetime.now(UTC) - timedelta(seconds=2)
    job = await started(cluster, order([["tell", []], WAIT], gpus=2, cpus=2))
    await eventually((site.run_folder(job.key) / "told-0.json").exists)
    runs = datetime.now(UTC)
    await eventually(lambda: datetime.now(UTC) - runs > timedelta(seconds=2))  # accounting counts whole seconds
    (site.run_folder(job.key) / "go").touch()
    await ended(cluster, job)

    async def taken() -> Use | None:
        return next((use for use in await cluster.uses(since=began) if use.key == job.key), None)

    use = await eventually_awaited(taken, longest_poll_s=LONGEST_POLL_S)
    assert (job.job_id, use.elapsed_s * 2 / 3600) == (use.job_id, use.gpu_h)
    assert use.elapsed_s >= 1
    assert use.cpu_share is not None
    assert 0 <= use.cpu_share <= 1
    assert not await cluster.uses(since=datetime.now(UTC) + timedelta(hours=1))


HOSTILE = (
    "'; touch {}; '",
    '"; touch {}; "',
    "$(touch {})",
    "`touch {}`",
    "| touch {}",
    "&& touch {} #",
    "-f {}",
    "--include={}",
    "\\",
    "%s%n",
    "*",
    "[ก-ฮ]+",
    "a\u00a0b",
    "x" * 500,
)


async def test_no_text_of_peoples_is_read_as_shell(site, cluster):
    """What somebody searches for, or gives their own code, arrives to the letter and starts nothing."""
    marker = Path(site.settings.directory) / "started"
    texts = [text.replace("{}", str(marker)) for text in HOSTILE]
    wanted = replace(order([]), code=Code(("/usr/bin/printf", "%s\\n", *texts), folder="/tmp"))
    job = await started(cluster, wanted)
    await ended(cluster, job)
    log = (await cluster.log_file(job.key, limit_bytes=100_000)).decode()
    found = [await cluster.log_search(job.key, text, lines=len(texts)) for text in texts]

    assert texts == [line for line in log.split("\n") if line in texts]
    assert [text for text, lines in zip(texts, found, strict=True) if text not in lines] == []
    assert not marker.exists()
