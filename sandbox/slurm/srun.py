"""`srun` within a job, as a program: starts each rank here, passes signals on, ends with the highest exit code.

Started by a small script in the sandbox's bin folder as `python -IS srun.py ARGUMENTS...`. All nodes are this machine.
"""

import os
import signal
import subprocess
import sys

PASSED_ON = (signal.SIGUSR1, signal.SIGUSR2, signal.SIGTERM, signal.SIGHUP, signal.SIGCONT)
SHORT = {"-n": "ntasks", "-N": "nodes", "-c": "cpus-per-task"}


def read(arguments: list[str]) -> tuple[dict[str, str], list[str]]:
    """Return the options and the command."""
    given: dict[str, str] = {}
    while arguments and arguments[0].startswith("-"):
        word = arguments.pop(0)
        if word.startswith("--"):
            name, _, value = word[2:].partition("=")
            given[name] = value
        else:
            given[SHORT[word[:2]]] = word[2:] or arguments.pop(0)
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


def main() -> int:
    """Run the ranks and return the exit code."""
    given, command = read(sys.argv[1:])
    count = int(given.get("ntasks") or os.environ.get("SLURM_NTASKS", "1"))
    for number in PASSED_ON:
        signal.signal(number, signal.SIG_IGN)  # until there is somebody to pass it on to
    ranks = [
        subprocess.Popen(command, env=rank_environment(given, rank, count), stdin=subprocess.DEVNULL)
        for rank in range(count)
    ]

    def pass_on(number: int, _frame: object) -> None:
        for process in ranks:
            process.send_signal(number)

    for number in PASSED_ON:
        signal.signal(number, pass_on)
    codes = [process.wait() for process in ranks]
    return max(128 - code if code < 0 else code for code in codes)


if __name__ == "__main__":
    sys.exit(main())
