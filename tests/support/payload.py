"""Runs of the payload as the cluster starts them: one process for each rank, in the run's folder."""

import hashlib
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path

PAYLOAD = Path(__file__).parents[2] / "bot" / "payload"
PATIENCE_S = 60.0
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


def start(directory: Path, **wanted: object) -> subprocess.Popen[str]:
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
) -> list[subprocess.Popen[str]]:
    """Start a run on so many ranks, with what the batch script puts into their environment."""
    path = write_spec(directory, recipe=recipe, dataset=dataset, seed=seed, cache=cache, parameters=parameters)
    meeting = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(_free_port())} if count > 1 else {}
    processes = []
    for rank in range(count):
        own = {"RANK": str(rank), "LOCAL_RANK": str(rank), "WORLD_SIZE": str(count), **meeting}
        argv = [sys.executable, PAYLOAD / f"{recipe}.py", path]
        with (directory / "log").open("a") as log:
            environment = {**os.environ, **own}
            processes.append(subprocess.Popen(argv, stdout=log, stderr=log, text=True, cwd=directory, env=environment))
    return processes


def run(directory: Path, **wanted: object) -> int:
    """Run to the end and return the exit code."""
    return start(directory, **wanted).wait(timeout=PATIENCE_S)


def run_ranks(count: int, directory: Path, **wanted: object) -> list[int]:
    """Run all ranks to their end and return their exit codes."""
    return [process.wait(timeout=PATIENCE_S) for process in start_ranks(count, directory, **wanted)]


def last_line(directory: Path) -> str:
    """Return the last line of the log."""
    return (directory / "log").read_text().splitlines()[-1]


def last_start(directory: Path) -> str:
    """Return what the newest attempt said at its start."""
    return [line for line in (directory / "log").read_text().splitlines() if line.startswith("training on")][-1]


def result_of(directory: Path) -> Mapping[str, object]:
    """Return result.json."""
    return json.loads((directory / "result.json").read_text())


def end_of(directory: Path) -> Mapping[str, object]:
    """Return end.json."""
    return json.loads((directory / "end.json").read_text())


def weights_of(directory: Path) -> str:
    """Return a digest of the final weights."""
    return hashlib.sha256((directory / "model" / "data" / "weights.pt").read_bytes()).hexdigest()


def line_count(directory: Path) -> int:
    """Return how many times the run has told of its progress."""
    path = directory / "progress.jsonl"
    return path.read_bytes().count(b"\n") if path.exists() else 0


def wait_until(is_true: Callable[[], bool], process: subprocess.Popen[str]) -> None:
    """Wait while the process runs; fail when it ends first or the time is up."""
    deadline = time.monotonic() + PATIENCE_S
    while not is_true():
        assert process.poll() is None, "the run ended too soon"
        assert time.monotonic() < deadline
        time.sleep(0.005)


def _free_port() -> int:
    with closing(socket.create_server(("127.0.0.1", 0))) as found:
        return int(found.getsockname()[1])
