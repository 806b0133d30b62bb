"""Runs of the payload as the cluster starts them: one process for each rank, in the run's folder.

They are forked by a process that has imported torch: see `warm.py`. Clusters under test start them as any cluster does.
"""

import atexit
import hashlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from functools import cache
from pathlib import Path
from typing import Any

PAYLOAD = Path(__file__).parents[2] / "bot" / "payload"
PATIENCE_S = 300.0
DATASETS = {"image_classifier": "digits", "tabular_classifier": "wine", "text_classifier": "docstrings"}


def write_spec(
    directory: Path,
    *,
    recipe: str,
    dataset: str | None = None,
    seed: int = 7,
    cache: Path | None = None,
    parameters: Mapping[str, object],
) -> Path:
    """Write spec.json as the cluster adapter does, and return its path."""
    directory.mkdir(exist_ok=True, parents=True)
    spec = {"key": "slipway-run-1-1", "directory": str(directory), "dataset": dataset or DATASETS[recipe], "seed": seed}
    if cache:
        spec["cache"] = str(cache)
    path = directory / "spec.json"
    path.write_text(json.dumps({**spec, "parameters": parameters}))
    return path


class Run:
    """A process that was started for a run; its methods are those of `subprocess.Popen`."""

    def __init__(self, argv: list[str], directory: Path, environment: Mapping[str, str]) -> None:
        (directory / "log").touch()
        told = {"argv": argv, "cwd": str(directory), "log": str(directory / "log"), "environment": dict(environment)}
        self.pid = _asked(**told)
        self.returncode: int | None = None

    def poll(self) -> int | None:
        """Return how it ended, if it did."""
        return self._ended(waits=False)

    def wait(self, timeout: float = PATIENCE_S) -> int:
        """Return how it ended, once it did; it is killed when the time is up."""
        deadline = time.monotonic() + timeout
        while self.poll() is None:
            if time.monotonic() > deadline:
                self.kill()
                self._ended(waits=True)
                raise subprocess.TimeoutExpired(f"run {self.pid}", timeout)
            time.sleep(0.005)
        assert self.returncode is not None
        return self.returncode

    def send_signal(self, number: int) -> None:
        """Send it a signal, unless it has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        """Kill it, unless it has ended."""
        self.send_signal(signal.SIGKILL)

    def _ended(self, *, waits: bool) -> int | None:
        if self.returncode is None:
            self.returncode = _asked(pid=self.pid, waits=waits)
        return self.returncode


@cache
def _warm() -> subprocess.Popen[str]:
    argv: list[str | Path] = [sys.executable, Path(__file__).with_name("warm.py")]
    process = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    atexit.register(process.__exit__, None, None, None)  # which closes its input, and so ends it
    return process


def _asked(**question: object) -> int:
    process = _warm()
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(json.dumps(question) + "\n")
    process.stdin.flush()
    return json.loads(process.stdout.readline())


def start(directory: Path, **wanted: Any) -> Run:
    """Start a run on one rank and return the process; its log is the file `log`."""
    return start_ranks(1, directory, **wanted)[0]


def start_ranks(
    count: int,
    directory: Path,
    *,
    recipe: str = "image_classifier",
    dataset: str | None = None,
    seed: int = 7,
    cache: Path | None = None,
    **parameters: object,
) -> list[Run]:
    """Start a run on so many ranks, with what the batch script puts into their environment."""
    path = write_spec(directory, recipe=recipe, dataset=dataset, seed=seed, cache=cache, parameters=parameters)
    meeting = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(_free_port())} if count > 1 else {}
    processes = []
    for rank in range(count):
        own = {"RANK": str(rank), "LOCAL_RANK": str(rank), "WORLD_SIZE": str(count), **meeting}
        processes.append(Run([str(PAYLOAD / f"{recipe}.py"), str(path)], directory, {**os.environ, **own}))
    return processes


def run(directory: Path, **wanted: Any) -> int:
    """Run to the end and return the exit code."""
    return start(directory, **wanted).wait(timeout=PATIENCE_S)


def printed(directory: Path, script: str, *arguments: object, code: int = 0) -> list[str]:
    """Return what a script prints that ends with the code, by lines; torch is imported there, the payload can be."""
    path = directory / "script.py"
    path.write_text(f"import sys\nsys.path.insert(0, {str(PAYLOAD)!r})\n{script}")
    ended = Run([str(path), *map(str, arguments)], directory, os.environ).wait()
    lines = (directory / "log").read_text().splitlines()
    assert ended == code, lines
    return lines


def run_ranks(count: int, directory: Path, **wanted: Any) -> list[int]:
    """Run all ranks to their end and return their exit codes."""
    return [process.wait(timeout=PATIENCE_S) for process in start_ranks(count, directory, **wanted)]


def last_line(directory: Path) -> str:
    """Return the last line of the log."""
    return (directory / "log").read_text().splitlines()[-1]


def last_start(directory: Path) -> str:
    """Return what the newest attempt said at its start."""
    return [line for line in (directory / "log").read_text().splitlines() if line.startswith("training on")][-1]


def result_of(directory: Path) -> dict[str, Any]:
    """Return result.json."""
    result: dict[str, Any] = json.loads((directory / "result.json").read_text())
    return result


def end_of(directory: Path) -> dict[str, Any]:
    """Return end.json."""
    said: dict[str, Any] = json.loads((directory / "end.json").read_text())
    return said


def weights_of(directory: Path) -> str:
    """Return a digest of the final weights."""
    return hashlib.sha256((directory / "model" / "data" / "weights.pt").read_bytes()).hexdigest()


def line_count(directory: Path) -> int:
    """Return how many times the run has told of its progress."""
    path = directory / "progress.jsonl"
    return path.read_bytes().count(b"\n") if path.exists() else 0


def wait_until(is_true: Callable[[], bool], process: Run) -> None:
    """Wait while the process runs; fail when it ends first or the time is up."""
    deadline = time.monotonic() + PATIENCE_S
    while not is_true():
        assert process.poll() is None, "the run ended too soon"
        assert time.monotonic() < deadline
        time.sleep(0.005)


def _free_port() -> int:
    with closing(socket.create_server(("127.0.0.1", 0))) as found:
        return int(found.getsockname()[1])
