"""A real SLURM with sshd on loopback, on this machine: brought up for a session of tests, and made to fail.

Debian 12's own, 22.05; and Debian 13's, 24.11, in a folder of its own where one can be made.
"""

import fcntl
import os
import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.config import ClusterSettings
from tests.support.need import lacking
from tests.support.processes import children_of, family_of, kill, name_of, paused
from tests.support.slurm import PYTHON, UP_LIMIT_S, Site, run_as_admin

SCRIPTS = Path(__file__).with_name("slurm")
PACKAGES = ("slurmctld", "slurmd", "slurmdbd", "munged", "sshd", "mariadbd", "sinfo")
SLOTS = 8
"""Real clusters that may be up on this machine at once."""
FIRST_PORT, PORTS = 16800, 20
TRIXIE = Path("/tmp/slipway-trixie")
MAKING_LIMIT_S = 300
"""Half a minute where nothing else is done; three where other tests run and the mirror is slow."""


@dataclass(frozen=True)
class RealSite(Site):
    """The real one."""

    state: Path
    is_elsewhere: bool
    """It runs in a folder with another Debian."""

    def admin(self, *argv: str) -> str:
        return run_as_admin([*self._inside(), *argv], {"SLURM_CONF": str(self.state / "etc/slurm.conf")})

    def _inside(self) -> Sequence[str]:
        """Return what runs a command where the cluster is."""
        server = (self.state / "run/sshd.pid").read_text().strip()
        return ("nsenter", f"--target={server}", "--mount", "--root", "env", "--chdir=/") if self.is_elsewhere else ()

    def _restart(self, daemon: str) -> None:
        again: list[str | Path] = [*self._inside(), SCRIPTS / "restart.sh", self.state, daemon]
        subprocess.run(again, check=True, timeout=UP_LIMIT_S)

    def cut(self) -> None:
        server = int((self.state / "run/sshd.pid").read_text())
        for process in children_of(server):
            for session in children_of(process):  # the one without privileges holds the line
                kill(session)
            kill(process)

    @contextmanager
    def frozen(self) -> Iterator[None]:
        controller = int((self.state / "run/slurmctld.pid").read_text())
        os.kill(controller, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(controller, signal.SIGCONT)

    @contextmanager
    def slow_to_submit(self, seconds: float) -> Iterator[None]:
        with self._told("submit_takes_s", str(seconds)):
            yield

    def failing_prolog(self) -> AbstractContextManager[None]:
        """Let no node start a job."""
        return self._told("prolog_fails", "")

    @contextmanager
    def _told(self, name: str, text: str) -> Iterator[None]:
        """Leave a word for the scripts of this site, which look for it."""
        order = self.state / "run" / name
        order.write_text(text)
        try:
            yield
        finally:
            order.unlink()

    @contextmanager
    def forgetting(self) -> Iterator[None]:
        """Have the controller forget each job two seconds after its end."""
        conf = self.state / "etc/slurm.conf"
        before = conf.read_text()
        self._emptied()  # a job that completes while the controller is away holds its node for long
        # `scontrol reconfigure` would have the nodes' daemons start anew, as processes of their own
        with self.stopped():
            conf.write_text(before.replace("MinJobAge=300", "MinJobAge=2"))
        try:
            yield
        finally:
            with self.stopped():
                conf.write_text(before)

    def _emptied(self) -> None:
        """Cancel what other tests have left, and wait until the nodes are free."""
        self.admin("scancel", f"--user={self.settings.user}")
        deadline = time.monotonic() + UP_LIMIT_S
        while left := self.admin("squeue", "-h"):
            assert time.monotonic() < deadline, left
            time.sleep(0.05)

    @contextmanager
    def taking_at_most(self, count: int) -> Iterator[None]:
        """Let the account that submits have no more jobs in the queue."""
        modify = ("sacctmgr", "-i", "modify", "user", self.settings.user, "set")
        self.admin(*modify, f"MaxSubmitJobs={count}")
        try:
            yield
        finally:
            self.admin(*modify, "MaxSubmitJobs=-1")

    def submit_by_hand(self, key: str) -> str:
        script = str(self.run_folder(key) / "job.sh")
        return self.admin("sbatch", f"--uid={self.settings.user}", "--parsable", "--chdir=/tmp", script).strip()

    @contextmanager
    def login_frozen(self) -> Iterator[None]:
        with paused(*family_of(int((self.state / "run/sshd.pid").read_text()))):
            yield

    def kill_node(self, name: str) -> None:
        """Kill the node's daemon; what it has started goes on."""
        kill(int((self.state / f"run/slurmd-{name}.pid").read_text()))

    def restart_node(self, name: str) -> None:
        """Start the node's daemon again, and wait until it may be used."""
        self._restart(f"slurmd-{name}")
        self.mend_node(name)

    @contextmanager
    def without_accounting(self) -> Iterator[None]:
        kill(int((self.state / "run/slurmdbd.pid").read_text()))
        try:
            yield
        finally:
            self._restart("slurmdbd")

    @contextmanager
    def keeping_no_accounts(self) -> Iterator[None]:
        with self._commands_told("accounting_storage/slurmdbd", "accounting_storage/none"):
            yield

    @contextmanager
    def asked_impatiently(self) -> Iterator[None]:
        """Have the commands give up in two seconds; by their default of SLURM's they try for eighteen."""
        with self._commands_told("Timeout=10", "Timeout=2"):
            yield

    @contextmanager
    def _commands_told(self, usual: str, instead: str) -> Iterator[None]:
        """Have the commands read another setting; the daemons have read theirs when they started."""
        conf = self.state / "etc/slurm.conf"
        before = conf.read_text()
        conf.write_text(before.replace(usual, instead))
        try:
            yield
        finally:
            conf.write_text(before)

    def preempt(self, job_id: str) -> None:
        node = self.admin("squeue", "-h", "-j", job_id, "-o", "%N").strip()
        options = ("--parsable", "-p", "urgent", "-w", node, "--gres=gpu:4", "--mem=100M", "--output=/dev/null")
        urgent = self.admin("sbatch", *options, "--wrap=sleep 60").strip()
        deadline = time.monotonic() + UP_LIMIT_S
        while "RUNNING" not in self.admin("squeue", "-h", "-j", urgent, "-o", "%T"):
            assert time.monotonic() < deadline, "nothing was preempted"
            time.sleep(0.05)
        self.admin("scancel", urgent)

    @contextmanager
    def stopped(self) -> Iterator[None]:
        """Kill the controller, and start it again at the end."""
        controller = int((self.state / "run/slurmctld.pid").read_text())
        os.kill(controller, signal.SIGTERM)  # SIGKILL would lose what it has not written down in the last seconds
        deadline = time.monotonic() + UP_LIMIT_S
        while name_of(controller) == "slurmctld":
            assert time.monotonic() < deadline, "slurmctld did not end"
            time.sleep(0.02)
        try:
            yield
        finally:
            self._restart("slurmctld")


@contextmanager
def running_slurm(*, newer: bool = False) -> Iterator[RealSite]:
    """Bring up a real cluster and take it down again; skips where that cannot be done."""
    if os.geteuid() != 0:
        lacking("root, to run a real SLURM")
    missing = [name for name in PACKAGES if not _is_installed(name)]
    if missing:
        lacking(f"{', '.join(missing)}; tests/support/apt.sh installs them")
    inside = _newer() if newer else None
    with _slot() as number:
        state = Path(f"/tmp/slipway-slurm-{number}")
        subprocess.run([SCRIPTS / "down.sh", state], check=True)  # of a run that was killed
        try:
            base = FIRST_PORT + number * PORTS
            _up(state, base, f"slip{number}n", inside=inside)
            yield _real_site(state, base, is_elsewhere=newer)
        finally:
            subprocess.run([SCRIPTS / "down.sh", state], check=True)


def _newer() -> Path:
    """Return a folder with a Debian 13; skips, in CI too, where none can be made in time, as without a network."""
    try:
        make = [SCRIPTS / "trixie.sh", TRIXIE]
        made = subprocess.run(make, capture_output=True, text=True, check=False, timeout=MAKING_LIMIT_S)
    except subprocess.TimeoutExpired:
        pytest.skip(f"a Debian 13 for SLURM 24.11 was not made in {MAKING_LIMIT_S} s")
    if made.returncode:
        pytest.skip(f"no Debian 13 for SLURM 24.11: {(made.stderr or made.stdout).strip()[-300:]}")
    return TRIXIE


def _up(state: Path, base: int, name: str, *, inside: Path | None) -> None:
    within = [SCRIPTS / "inside.sh", inside, state] if inside else []
    with (state.with_suffix(".log")).open("w+") as log:  # a file, because the daemons keep it open
        done = subprocess.run(
            [*within, SCRIPTS / "up.sh", state, str(base), name],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            check=False,
            timeout=UP_LIMIT_S,
        )
        log.seek(0)
        assert done.returncode == 0, log.read()


def _real_site(state: Path, base: int, *, is_elsewhere: bool) -> RealSite:
    settings = ClusterSettings(
        host="127.0.0.1",
        port=base + 3,
        user="slipway-test",
        key_file=state / "ssh/user_key",
        known_hosts=state / "ssh/known_hosts",
        directory=str(state / "shared"),
        python=PYTHON,
        partitions=("gpu", "short"),
    )
    return RealSite(settings, (state / "etc/has_cgroup").exists(), str(state / "etc/slurm.conf"), state, is_elsewhere)


@contextmanager
def _slot() -> Iterator[int]:
    """Hold a number that no other test session on this machine has; it is free again when we die."""
    for number in range(SLOTS):
        with Path(f"/tmp/slipway-slurm-{number}.lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue
            yield number
            return
    lacking(f"a free place for one more SLURM; {SLOTS} are up")


def _is_installed(name: str) -> bool:
    return any((Path(folder) / name).exists() for folder in ("/usr/bin", "/usr/sbin"))
