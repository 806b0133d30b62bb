"""What the sandbox's SLURM does beyond the cluster port: its memory, its faults, its commands at a shell."""

import asyncio
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import asyncssh
import pytest

from tests.support.slurm import SandboxSite, running_sandbox_slurm
from tests.support.waiting import eventually


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxSite]:
    """Return one sandbox for all; each test has names of its own, and lifts what it has ordered."""
    with running_sandbox_slurm(tmp_path_factory.mktemp("slurm"), "--kill-wait-s", "0.3") as site:
        yield site


def state(site: SandboxSite, name: str) -> str:
    """Return a job's state, and how it ended, as accounting has them."""
    return site.admin("sacct", "-X", "-n", "-P", f"--name={name}", "-o", "State,ExitCode").strip()


def submit(site: SandboxSite, name: str, command: str, *options: str) -> None:
    """Submit a command."""
    folder = site.settings.directory
    site.admin("sbatch", f"--job-name={name}", f"--chdir={folder}", "--output=%x.log", *options, f"--wrap={command}")


def log(site: SandboxSite, name: str) -> Path:
    """Return where a job's output goes."""
    return Path(site.settings.directory) / f"{name}.log"


async def test_the_warning_comes_before_the_limit(sandbox):
    """--signal=B:USR1@60 with a minute's limit reaches the script at once; TERM and KILL come at the limit."""
    command = "trap 'echo warned' USR1; trap 'echo asked' TERM; echo up; while :; do sleep 0.05; done"
    submit(sandbox, "warned", command, "--time=1", "--signal=B:USR1@60")
    await eventually(
        lambda: "warned" in log(sandbox, "warned").read_text() if log(sandbox, "warned").exists() else None
    )
    sandbox.order(kind="job", job="warned", how="time out")
    await eventually(lambda: state(sandbox, "warned").startswith("TIMEOUT"))

    assert "asked" in log(sandbox, "warned").read_text()


@pytest.mark.parametrize(
    ("how", "expected"), [("kill", "FAILED|0:9"), ("out of memory", "OUT_OF_MEMORY|0:125"), ("time out", "TIMEOUT|0:0")]
)
async def test_a_job_can_be_made_to_end(sandbox, how, expected):
    """Each way to end comes to the state that the real one gives."""
    name = f"to-{how.replace(' ', '-')}"
    submit(sandbox, name, "exec sleep 60")
    await eventually(lambda: state(sandbox, name).startswith("RUNNING"))
    sandbox.order(kind="job", job=name, how=how)
    await eventually(lambda: not state(sandbox, name).startswith("RUNNING"))

    assert expected == state(sandbox, name)


async def test_what_runs_beside_the_jobs_is_not_their_memory(sandbox):
    """In a container many processes have no session; a job that only starts, and has none yet, does not own them."""
    submit(sandbox, "small", "true", "--mem=8M", "--array=0-199")
    await eventually(lambda: 200 == len(ends := state(sandbox, "small").split()) and not "".join(ends).count("ING"))

    assert {"COMPLETED|0:0"} == set(state(sandbox, "small").split())


async def test_a_job_that_may_be_requeued_comes_back(sandbox):
    """After its node is lost it waits for its begin time, as in the real one."""
    submit(sandbox, "again", "exec sleep 60")
    node = sandbox.admin("squeue", "-h", "--name=again", "-o", "%N").strip()
    sandbox.lose_node(node)
    row = await eventually(
        lambda: "PENDING" in (told := sandbox.admin("squeue", "-h", "--name=again", "-o", "%T %r")) and told
    )
    sandbox.admin("scancel", "--name=again")
    sandbox.mend_node(node)

    assert "PENDING BeginTime" == row.strip()


async def test_accounting_outlives_the_sandbox(tmp_path):
    """Numbers go on, ends are kept, and what ran when it ended is lost with its node, processes and all."""
    with running_sandbox_slurm(tmp_path / "slurm") as first:
        submit(first, "done", "true")
        submit(first, "running", f"echo $$ > {tmp_path}/pid; exec sleep 60")
        await eventually(lambda: state(first, "done").startswith("COMPLETED"))
        await eventually(lambda: (tmp_path / "pid").exists() and (tmp_path / "pid").read_text().strip())
        os.kill(first.facts["pid"], 9)
        (tmp_path / "slurm" / "slurm.json").unlink()
    with running_sandbox_slurm(tmp_path / "slurm") as second:
        submit(second, "next", "true")
        states = {name: state(second, name).split("|")[0] for name in ("done", "running")}
        numbers = second.admin("sacct", "-X", "-n", "-P", "-o", "JobID").split()
        await eventually(lambda: not _lives(int((tmp_path / "pid").read_text())))

    assert {"done": "COMPLETED", "running": "NODE_FAIL"} == states
    assert ["1", "2", "3"] == numbers


def _lives(process: int) -> bool:
    try:
        return b"sleep" in Path(f"/proc/{process}/cmdline").read_bytes()
    except OSError:
        return False


async def test_logins_can_be_refused(sandbox):
    """With the fault on nobody gets in; with it off everybody with the key does."""
    sandbox.order(kind="logins", refused=True)
    with pytest.raises(asyncssh.PermissionDenied):
        await _connect(sandbox)
    sandbox.order(kind="logins", refused=False)
    (await _connect(sandbox)).abort()


async def test_a_command_outlives_its_line(sandbox, tmp_path):
    """A cut connection does not end what runs on the login node."""
    connection = await _connect(sandbox)
    text = f"touch {tmp_path}/begun; while [ ! -e {tmp_path}/go ]; do sleep 0.05; done; touch {tmp_path}/done"
    running = asyncio.create_task(connection.run(text))
    await eventually((tmp_path / "begun").exists)
    await asyncio.to_thread(sandbox.cut)
    await asyncio.gather(running, return_exceptions=True)
    (tmp_path / "go").touch()

    assert await eventually((tmp_path / "done").exists)


async def test_a_slow_answer_of_sbatch_leaves_the_job(sandbox):
    """The job is there before the answer is."""
    sandbox.order(kind="slow sbatch", seconds=30)
    sbatch = await asyncio.create_subprocess_exec(
        f"{sandbox.facts['bin']}/sbatch", "--job-name=slow", "--wrap=true", cwd=sandbox.settings.directory
    )
    await eventually(lambda: state(sandbox, "slow").startswith("COMPLETED"))
    still_asking = sbatch.returncode is None
    sbatch.kill()
    await sbatch.wait()
    sandbox.order(kind="slow sbatch", seconds=0)

    assert still_asking


def test_an_unknown_option_is_an_error(sandbox):
    """What the sandbox does not know it refuses, so that no test passes by chance."""
    for name in ("sbatch", "squeue", "sacct", "scancel", "sinfo"):
        done = subprocess.run(
            [f"{sandbox.facts['bin']}/{name}", "--quantum"], capture_output=True, text=True, check=False
        )
        assert (1, True) == (done.returncode, "quantum" in done.stderr)


async def _connect(site: SandboxSite) -> asyncssh.SSHClientConnection:
    settings = site.settings
    return await asyncssh.connect(
        settings.host,
        settings.port,
        config=None,
        username=settings.user,
        client_keys=[str(settings.key_file)],
        known_hosts=str(settings.known_hosts),
        agent_path=None,
    )
