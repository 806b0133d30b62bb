"""What the cluster port does when the line, the login node or its disk fails."""

import asyncio
import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import asyncssh
import pytest

from bot.errors import Misconfigured, Upstream
from bot.ports import Job, JobStatus
from tests.support.cluster import ENDLESS, SITES, elsewhere, ended, on, order, seen, started
from tests.support.need import lacking
from tests.support.slurm import SandboxSite, Site, free_port, running_sandbox_slurm
from tests.support.waiting import eventually

site = on("real")
# ---------------------------------------------------------------- connection


async def test_a_cut_while_observing_is_no_end(site, cluster):
    """The round fails as retryable, and the next one works over a new connection."""
    job = await started(cluster, order(ENDLESS))
    await seen(cluster, job, JobStatus.RUNNING)
    with site.frozen():
        asking = asyncio.create_task(cluster.observe([job]))
        await eventually(lambda: site.is_asked("squeue"))
        await asyncio.to_thread(site.cut)
        with pytest.raises(Upstream) as caught:
            await asking

    observation = await seen(cluster, job, JobStatus.RUNNING)
    await cluster.cancel(job)

    assert caught.value.retryable
    assert JobStatus.RUNNING is observation.status


async def test_the_connection_is_opened_again_after_a_cut(site, cluster):
    """A connection that died between two commands costs nothing."""
    await cluster.check()
    await asyncio.to_thread(site.cut)

    assert "partitions" in await cluster.check()


async def test_many_rounds_at_once_share_the_connection(cluster):
    """More commands at once than a connection has channels wait for their turn."""
    sentences = await asyncio.gather(*(cluster.check() for _ in range(24)))

    assert 24 == len(sentences)


async def test_an_unreachable_cluster_may_come_back(site):
    """A refused connection is retryable."""
    with elsewhere(site, port=free_port()) as nowhere, pytest.raises(Upstream, match="cannot be reached") as caught:
        await nowhere.observe([Job("slipway-run-0-1", "1")])

    assert caught.value.retryable


async def test_a_changed_host_key_stops_everything(site, tmp_path):
    """Nothing is sent to a host with another key, and the mend is said."""
    other = asyncssh.generate_private_key("ssh-ed25519").convert_to_public().export_public_key().decode()
    known_hosts = tmp_path / "known_hosts"
    known_hosts.write_text(f"[127.0.0.1]:{site.settings.port} {other}", encoding="utf-8")
    with elsewhere(site, known_hosts=known_hosts) as cluster, pytest.raises(Upstream, match="host key") as caught:
        await cluster.check()

    assert not caught.value.retryable
    assert str(known_hosts) in caught.value.message


async def test_a_wrong_key_is_told_with_the_mend(site, tmp_path):
    """A refused login is not retried."""
    key_file = tmp_path / "key"
    asyncssh.generate_private_key("ssh-ed25519").write_private_key(key_file)
    with elsewhere(site, key_file=key_file) as cluster, pytest.raises(Upstream, match="authorized_keys") as caught:
        await cluster.check()

    assert not caught.value.retryable


@pytest.mark.parametrize("which", ["key_file", "known_hosts"])
async def test_a_missing_file_of_ours_is_named(site, tmp_path, which):
    """A key or known_hosts file that is not there is said by name, and not retried."""
    with elsewhere(site, **{which: tmp_path / "absent"}) as cluster, pytest.raises(Upstream, match="absent") as caught:
        await cluster.check()

    assert not caught.value.retryable


@pytest.mark.parametrize(
    "content", [b"login", b"@revoked", b"\xff\xfe\x00 ssh-ed25519"], ids=["one word", "a mark alone", "not UTF-8"]
)
async def test_a_known_hosts_that_cannot_be_read_is_named(site, tmp_path, content):
    """A torn file is said by name with its mend, by a command and by the watch, and not retried."""
    torn = tmp_path / "torn_hosts"
    torn.write_bytes(content + b"\n")
    with elsewhere(site, known_hosts=torn) as cluster:
        with pytest.raises(Upstream, match="torn_hosts") as caught:
            await cluster.check()
        watching = asyncio.ensure_future(anext(aiter(cluster.ended())))
        with pytest.raises(Upstream, match="torn_hosts"):
            await cluster.check()
        is_over = watching.done()
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)

    assert "its admin" in caught.value.message
    assert (False, False) == (caught.value.retryable, is_over)


async def test_a_folder_that_is_not_mounted_is_told(site):
    """Without the shared folder nothing is submitted, and the folder is not made in its place."""
    with elsewhere(site, directory="/nonexistent/slipway") as cluster:
        with pytest.raises(Upstream, match="mount the shared folder"):
            await cluster.submit(order(ENDLESS))
        with pytest.raises(Misconfigured, match="mount the shared folder"):
            await cluster.check()
        await cluster.close()


@pytest.mark.parametrize("site", ["real", SITES["sandbox"]], indirect=True)  # a mount is not seen in another Debian
async def test_a_full_disk_is_told(site):
    """When the shared folder is full, that is what is said."""
    with _small_disk(site) as folder, elsewhere(site, directory=str(folder)) as cluster:
        (folder / "filler").write_bytes(bytes(48 * 1024))
        with pytest.raises(Upstream, match="shared folder is full"):
            await cluster.submit(order([["say", "x" * 20_000]]))
        (folder / "filler").unlink()
        await cluster.close()


@contextmanager
def _small_disk(site: Site) -> Iterator[Path]:
    folder = Path(site.settings.directory).parent / "small"
    folder.mkdir(exist_ok=True)
    command: list[str | Path] = ["mount", "-t", "tmpfs", "-o", "size=64k,mode=777", "tmpfs", folder]
    if os.geteuid() != 0 or subprocess.run(command, check=False, capture_output=True).returncode:
        lacking("the right to mount a small tmpfs")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", folder], check=True)


# ---------------------------------------------------------------- what only the sandbox can be made to do in a second


@pytest.fixture(scope="module")
def short_memory(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxSite]:
    """Return a sandbox whose squeue forgets at once what has ended."""
    with running_sandbox_slurm(tmp_path_factory.mktemp("slurm"), "--min-job-age-s", "0") as sandbox:
        yield sandbox


async def test_what_squeue_has_forgotten_is_asked_of_accounting(short_memory):
    """Ends are still told when only sacct knows them; while it is down only what scripts said a while ago counts."""
    with elsewhere(short_memory) as cluster:
        jobs = [await started(cluster, order([["exit", code]])) for code in (0, 7)]
        statuses = [(await ended(cluster, job)).status for job in jobs]
        short_memory.order(kind="accounting", down=True)
        unknown = {(told.status, told.reason) for told in (await cluster.observe(jobs)).values()}
        for job in jobs:
            os.utime(short_memory.run_folder(job.key) / "exit_code", (time.time() - 120,) * 2)
        told = await cluster.observe(jobs)
        short_memory.order(kind="accounting", down=False)
        await cluster.close()

    assert [JobStatus.COMPLETED, JobStatus.FAILED] == statuses
    assert {(JobStatus.UNKNOWN, "squeue does not show it, and accounting does not answer")} == unknown
    assert statuses == [told[job.key].status for job in jobs]


async def test_a_controller_that_is_down_may_come_back(short_memory):
    """Commands that cannot reach the controller fail as retryable."""
    short_memory.order(kind="controller", down=True, block_s=0.1)
    with elsewhere(short_memory) as cluster:
        with pytest.raises(Upstream, match="Unable to contact") as caught:
            await cluster.observe([Job("slipway-run-0-1", "1")])
        short_memory.order(kind="controller", down=False)
        seen_now = await cluster.observe([Job("slipway-run-0-1", "1")])
        await cluster.close()

    assert caught.value.retryable
    assert JobStatus.UNKNOWN is seen_now["slipway-run-0-1"].status
