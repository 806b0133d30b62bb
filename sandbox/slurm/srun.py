"""`srun` within a job, as a program: starts each rank here, passes signals on, ends with the highest exit code.

With --kill-on-bad-exit the first rank that ends badly ends all: SIGTERM, and SIGKILL after a while.

Started by a small script in the sandbox's bin folder as `python -IS srun.py ARGUMENTS...`. All nodes are this machine.
"""

import contextlib
import os
import signal
import subprocess
import sys
import time

PASSED_ON = (signal.SIGUSR1, signal.SIGUSR2, signal.SIGTERM, signal.SIGHUP, signal.SIGCONT)
SHORT = {"-n": "ntasks", "-N": "nodes", "-c": "cpus-per-task", "-K": "kill-on-bad-exit"}
FLAGS = ("-K",)
"""Those that take their number at once or not at all."""
POLL_S = 0.02
KILL_WAIT_S = 3.0
"""The sandbox's KillWait."""


def read(arguments: list[str]) -> tuple[dict[str, str], list[str]]:
    """Return the options and the command."""
    given: dict[str, str] = {}
    while arguments and arguments[0].startswith("-"):
        word = arguments.pop(0)
        if word.startswith("--"):
            name, _, value = word[2:].partition("=")
            given[name] = value
        else:
            given[SHORT[word[:2]]] = word[2:] or ("" if word in FLAGS else arguments.pop(0))
    return given, arguments


def rank_environment(given: dict[str, str], rank: int, count: int) -> dict[str, str]:
    """Return what a rank finds in its environment."""
    nodes = os.environ.get("SLURM_JOB_NODELIST", "").split(",")
    per_node = int(given.get("ntasks-per-node") or -(-count // len(nodes)))
    own: dict[str, int | str] = {
        "SLURM_PROCID": rank,
        "SLURM_NTASKS": count,
        "SLURM_LOCALID": rank % per_node,
        "SLURM_NODEID": rank // per_node,
        "SLURM_STEP_ID": 0,
        "SLURMD_NODENAME": nodes[min(rank // per_node, len(nodes) - 1)],
    }
    if os.environ.get("MASTER_ADDR") in nodes:  # a cluster's name service would know its nodes; here they are all one
        own["MASTER_ADDR"] = "127.0.0.1"
    return {**os.environ, **{name: str(value) for name, value in own.items()}}


class Step:
    """The ranks that are started together, each in a process group of its own."""

    def __init__(self, command: list[str], environments: list[dict[str, str]], *, ends_on_bad_exit: bool) -> None:
        self.ends_on_bad_exit = ends_on_bad_exit
        self.ends_at: float | None = None
        """When what is left of it is killed, once it is being ended."""
        self.ranks = [
            subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, process_group=0)
            for environment in environments
        ]
        self.left = dict(enumerate(self.ranks))

    def signal(self, number: int) -> None:
        """Give a signal to all processes of the ranks that are left, as SLURM does."""
        for process in self.left.values():
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, number)

    def wait(self) -> int:
        """Return the highest exit code when all ranks have ended."""
        while self.left:
            if self.ends_at is not None and time.monotonic() >= self.ends_at:
                self.signal(signal.SIGKILL)
            for rank, process in list(self.left.items()):
                if process.poll() is not None:
                    del self.left[rank]
                    self._ended(rank, process.returncode)
            time.sleep(POLL_S)
        return max(128 - process.returncode if process.returncode < 0 else process.returncode for process in self.ranks)

    def _ended(self, rank: int, code: int) -> None:
        if not code:
            return
        how = signal.strsignal(-code) if code < 0 else f"Exited with exit code {code}"
        say(f"error: {os.environ.get('SLURMD_NODENAME', 'node')}: task {rank}: {how}")
        if self.ends_on_bad_exit and self.left and self.ends_at is None:
            say(f"launch/slurm: _step_signal: Terminating StepId={os.environ.get('SLURM_JOB_ID')}.0")
            self.ends_at = time.monotonic() + KILL_WAIT_S
            self.signal(signal.SIGCONT)
            self.signal(signal.SIGTERM)


def say(words: str) -> None:
    """Write to the job's log as the real one does."""
    sys.stderr.write(f"srun: {words}\n")
    sys.stderr.flush()


def main() -> int:
    """Run the ranks and return the exit code."""
    given, command = read(sys.argv[1:])
    count = int(given.get("ntasks") or os.environ.get("SLURM_NTASKS", "1"))
    for number in PASSED_ON:
        # Until there is somebody to pass it on to. What is ignored would be so in each rank, too, and for good.
        signal.signal(number, lambda _number, _frame: None)
    environments = [rank_environment(given, rank, count) for rank in range(count)]
    # Without a number the option means 1.
    is_strict = given.get("kill-on-bad-exit", "0") != "0"
    step = Step(command, environments, ends_on_bad_exit=is_strict)
    for number in PASSED_ON:
        signal.signal(number, lambda number, _frame: step.signal(number))
    return step.wait()


if __name__ == "__main__":
    sys.exit(main())
