"""Runs a command that ends with whoever started it: `python leash.py COMMAND…`, leader of its process group.

Standard input is a pipe whose other end only the one who starts this holds. It closes when that process is gone,
however it went and whenever: there is no moment at which it could be missed. The command keeps this process' id.
"""

import os
import select
import signal
import sys
import time

LOOK_S = 0.2
PATIENCE_S = 5.0
"""So long may the command's own end take, as of one that ends others."""


def main() -> None:
    """Turn into the command, with a watcher beside it."""
    command = os.getpid()
    if os.fork() == 0:
        _watch(command)
        return
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.execv(sys.argv[1], sys.argv[1:])  # noqa: S606 - the command is the sandbox's own


def _watch(command: int) -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)  # they are for the command, to whose group this belongs
    while os.getppid() == command:
        if select.select([0], [], [], LOOK_S)[0] and not os.read(0, 1):
            _end(command)


def _end(command: int) -> None:
    os.killpg(command, signal.SIGTERM)
    deadline = time.monotonic() + PATIENCE_S
    while os.getppid() == command and time.monotonic() < deadline:
        time.sleep(LOOK_S)
    os.killpg(command, signal.SIGKILL)


if __name__ == "__main__":
    main()
