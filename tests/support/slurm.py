"""A SLURM cluster under test that can be made to fail, and the sandbox's; the real one is beside."""

import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.config import ClusterSettings
from tests.support.processes import paused, runs

REPOSITORY = Path(__file__).parents[2]
UP_LIMIT_S = 120
PYTHON = "/usr/bin/python3"
"""For jobs: the account they run as may not reach the tests' own."""


@dataclass(frozen=True)
class Site:
    """A cluster under test, with an admin's hands on it."""

    settings: ClusterSettings
    has_memory_limits: bool
    marker: str
    """Stands in the environment or the arguments of every SLURM command that a login session runs."""

    def admin(self, *argv: str) -> str:
        """Run one of SLURM's commands as an admin and return what it prints."""
        raise NotImplementedError

    def cut(self) -> None:
        """Cut all SSH connections without a word."""
        raise NotImplementedError

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """Keep the controller from answering."""
        raise NotImplementedError
        yield

    @contextmanager
    def login_frozen(self) -> Iterator[None]:
        """Keep the login node from answering anything, without closing what is open."""
        raise NotImplementedError
        yield

    def submit_named(self, name: str) -> str:
        """Submit a job of a stranger's under that name, and return its id."""
        return self.admin("sbatch", "--parsable", f"--job-name={name}", "--chdir=/tmp", str(_sleeper(self))).strip()

    @contextmanager
    def stopped(self) -> Iterator[None]:
        """Take the controller away, and bring it back at the end."""
        raise NotImplementedError
        yield

    @contextmanager
    def asked_impatiently(self) -> Iterator[None]:
        """Have the commands give up soon on a controller that is away, as they do here anyway."""
        yield

    @contextmanager
    def without_accounting(self) -> Iterator[None]:
        """Take accounting down."""
        raise NotImplementedError
        yield

    @contextmanager
    def keeping_no_accounts(self) -> Iterator[None]:
        """Be a cluster without any accounting, for whoever asks."""
        raise NotImplementedError
        yield

    @contextmanager
    def slow_to_submit(self, seconds: float) -> Iterator[None]:  # noqa: ARG002 - those below use it
        """Let the controller take so long for each submission."""
        raise NotImplementedError
        yield

    def submit_by_hand(self, key: str) -> str:
        """Submit a run's script once more as the account that submitted it, and return the job's id."""
        raise NotImplementedError

    def preempt(self, job_id: str) -> None:
        """End a running job for one of higher priority."""
        raise NotImplementedError

    def requeue(self, job_id: str) -> None:
        """Let a running job wait again, although it had asked not to be."""
        self.admin("scontrol", "update", f"jobid={job_id}", "requeue=1")
        self.admin("scontrol", "requeue", job_id)

    def is_asked(self, command: str) -> bool:
        """Tell whether a login session runs that command of SLURM's right now."""
        return any(runs(process, command, self.marker) for process in Path("/proc").iterdir() if process.name.isdigit())

    def jobs_named(self, key: str) -> list[str]:
        """Return the ids of all jobs of that name."""
        return self.admin("squeue", "-h", "-t", "all", f"--name={key}", "-o", "%A").split()

    def run_folder(self, key: str) -> Path:
        """Return a run's folder on the shared file system."""
        return Path(self.settings.directory) / "runs" / key

    def give_away(self, *paths: Path) -> None:
        """Give what the tests have made to the account that jobs run as."""
        owner = Path(self.settings.directory).stat()
        for path in paths:
            os.chown(path, owner.st_uid, owner.st_gid)

    def lose_node(self, name: str) -> None:
        """Take the node down."""
        self.admin("scontrol", "update", f"nodename={name}", "state=down", "reason=test")

    def mend_node(self, name: str) -> None:
        """Bring the node back; it may have come by itself, as slurmd does when it hears that it is down."""
        deadline = time.monotonic() + UP_LIMIT_S
        while "State=IDLE" not in self.admin("scontrol", "-o", "show", "node", name).split():  # and no +DRAIN behind it
            assert time.monotonic() < deadline, f"{name} did not come back"
            with suppress(AssertionError):
                self.admin("scontrol", "update", f"nodename={name}", "state=resume")
            time.sleep(0.05)

    def let_time_pass(self, job_id: str) -> None:
        """Bring the job to its time limit."""
        self.admin("scontrol", "update", f"jobid={job_id}", "endtime=now+1seconds")


@dataclass(frozen=True)
class SandboxSite(Site):
    """The sandbox's."""

    facts: dict[str, Any]

    def admin(self, *argv: str) -> str:
        return run_as_admin([f"{self.facts['bin']}/{argv[0]}", *argv[1:]], {})

    def order(self, **fault: Any) -> None:
        """Order a fault of the sandbox's own."""
        request = urllib.request.Request(f"{self.facts['control']}/fault", json.dumps(fault).encode())
        urllib.request.urlopen(request, timeout=5).close()

    def cut(self) -> None:
        self.order(kind="cut")

    @contextmanager
    def frozen(self) -> Iterator[None]:
        self.order(kind="controller", down=True, block_s=9.0)
        try:
            yield
        finally:
            self.order(kind="controller", down=False)

    @contextmanager
    def login_frozen(self) -> Iterator[None]:
        with paused(int(self.facts["pid"])):
            yield

    @contextmanager
    def stopped(self) -> Iterator[None]:
        self.order(kind="controller", down=True, block_s=0.1)
        try:
            yield
        finally:
            self.order(kind="controller", down=False)

    @contextmanager
    def slow_to_submit(self, seconds: float) -> Iterator[None]:
        self.order(kind="slow sbatch", seconds=seconds)
        try:
            yield
        finally:
            self.order(kind="slow sbatch", seconds=0)

    def submit_by_hand(self, key: str) -> str:
        return self.admin("sbatch", "--parsable", str(self.run_folder(key) / "job.sh")).strip()

    @contextmanager
    def without_accounting(self) -> Iterator[None]:
        self.order(kind="accounting", down=True)
        try:
            yield
        finally:
            self.order(kind="accounting", down=False)

    @contextmanager
    def keeping_no_accounts(self) -> Iterator[None]:
        self.order(kind="accounting", down=False, kept=False)
        try:
            yield
        finally:
            self.order(kind="accounting", down=False)

    def preempt(self, job_id: str) -> None:
        self.order(kind="job", job=job_id, how="preempt")


@contextmanager
def running_sandbox_slurm(state: Path, *options: str) -> Iterator[SandboxSite]:
    """Run the sandbox's cluster as a process of its own."""
    state.mkdir(parents=True, exist_ok=True)
    with (state / "log").open("w+b") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "sandbox.slurm", "--state", str(state), *options],
            cwd=REPOSITORY,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
        try:
            facts = _await_facts(process, state)
            yield SandboxSite(_sandbox_settings(facts), True, str(state), facts)
        finally:
            process.terminate()
            process.wait(10)


def _await_facts(process: subprocess.Popen[bytes], state: Path) -> dict[str, Any]:
    file, deadline = state / "slurm.json", time.monotonic() + 20
    while not file.exists():
        assert process.poll() is None, (state / "log").read_text()
        assert time.monotonic() < deadline, "the sandbox did not come up"
        time.sleep(0.02)
    facts: dict[str, Any] = json.loads(file.read_text())
    return facts


def _sandbox_settings(facts: dict[str, Any]) -> ClusterSettings:
    names = ("host", "port", "user", "key_file", "known_hosts", "directory", "partitions")
    return ClusterSettings(**{name: facts[name] for name in names}, python=PYTHON)


def _sleeper(site: Site) -> Path:
    script = Path(site.settings.directory).parent / "sleeper.sh"
    script.write_text("#!/bin/bash\n#SBATCH --output=/dev/null --mem=100M\nsleep 60\n")
    return script


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def run_as_admin(argv: Any, environment: dict[str, str]) -> str:
    """Run one of SLURM's commands and return what it prints."""
    done = subprocess.run(
        argv, env={**os.environ, **environment}, capture_output=True, text=True, check=False, timeout=30
    )
    assert done.returncode == 0, f"{argv}: {done.stderr}"
    return done.stdout
