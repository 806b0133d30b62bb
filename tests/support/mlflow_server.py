"""A real MLflow server on loopback, on SQLite and a folder."""

import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import suppress

import pytest

from bot.config import MlflowSettings
from tests.support.slurm import free_port

START_S = 90.0


def _answers(url: str) -> bool:
    with suppress(OSError), urllib.request.urlopen(f"{url}/health", timeout=2) as answer:
        return answer.status == 200
    return False


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, new_database: bytes) -> Iterator[MlflowSettings]:
    """Run `mlflow server` on loopback, on a database that has its tables."""
    directory = tmp_path_factory.mktemp("server")
    (directory / "mlflow.db").write_bytes(new_database)
    url = f"http://127.0.0.1:{(port := free_port())}"
    argv = [sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
    argv += ["--backend-store-uri", f"sqlite:///{directory}/mlflow.db", "--artifacts-destination", f"{directory}/kept"]
    environment = {
        **os.environ,
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "DO_NOT_TRACK": "true",
        "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",  # processes of its own, for what no registry is asked
    }
    with (directory / "log").open("w") as log:
        process = subprocess.Popen(argv, env=environment, stdout=log, stderr=log, start_new_session=True, cwd=directory)
    deadline = time.monotonic() + START_S
    while not _answers(url):
        assert process.poll() is None, (directory / "log").read_text()
        assert time.monotonic() < deadline, (directory / "log").read_text()
        time.sleep(0.1)
    yield MlflowSettings(tracking_uri=url)
    os.killpg(process.pid, signal.SIGTERM)
    process.wait(timeout=60)
