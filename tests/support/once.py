"""What is dear to find out and the same for all tests: one of a run's processes does it, and the others read it."""

import fcntl
import os
from collections.abc import Callable

import pytest


def once(folders: pytest.TempPathFactory, name: str, make: Callable[[], bytes]) -> bytes:
    """Return what `make` returned to the first of the run's processes that asked for this name."""
    own = folders.getbasetemp()
    shared = own.parent if "PYTEST_XDIST_WORKER" in os.environ else own
    made = shared / name
    with made.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not made.exists():
            beside = made.with_suffix(".new")
            beside.write_bytes(make())
            beside.rename(made)
        return made.read_bytes()
