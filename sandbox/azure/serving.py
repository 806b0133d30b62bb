"""The process behind a deployment: forked from one that holds the libraries, asked one request at a time."""

import asyncio
import json
import multiprocessing
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from multiprocessing import forkserver
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
ANSWER_LIMIT_BYTES = 256 * 2**20
START_TIMEOUT_S = 120.0
ENVIRONMENT = {
    "DO_NOT_TRACK": "true",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "OMP_NUM_THREADS": "1",  # several models share one machine here
    "PYTHONPATH": str(ROOT),
}


class Crashed(Exception):
    """The process ended, or would not start."""


class Served:
    """A model that answers requests."""

    def __init__(self, process: BaseProcess, answers: asyncio.StreamReader, requests: asyncio.StreamWriter) -> None:
        self._process = process
        self._answers = answers
        self._requests = requests
        self._turn = asyncio.Lock()

    @classmethod
    async def start(cls, directory: Path, log_path: Path) -> "Served":
        """Load the model in a new process. Raises Crashed when it does not come up; the log says why."""
        ours, theirs = socket.socketpair()
        with theirs:
            forking = multiprocessing.get_context("forkserver")
            process = forking.Process(target=_serve, args=(theirs, directory, log_path), daemon=True)
            _ensure_forkserver()
            await asyncio.to_thread(process.start)
        served = cls(process, *await asyncio.open_connection(sock=ours, limit=ANSWER_LIMIT_BYTES))
        try:
            async with asyncio.timeout(START_TIMEOUT_S):
                await served._line()
        except (Crashed, TimeoutError) as error:
            await served.close()
            raise Crashed("the container did not become ready") from error
        return served

    async def ask(self, request: Any) -> dict[str, Any]:
        """Return `{"output": …}` or `{"error": …}`. Raises Crashed."""
        async with self._turn:
            with suppress(ConnectionError):  # then there is no answer to read either
                self._requests.write(json.dumps(request).encode() + b"\n")
                await self._requests.drain()
            return await self._line()

    async def _line(self) -> dict[str, Any]:
        line = b""
        with suppress(ConnectionError):
            line = await self._answers.readline()
        if not line:
            raise Crashed("the container has ended")
        answer: dict[str, Any] = json.loads(line)
        return answer

    async def close(self) -> None:
        """End the process."""
        self._process.kill()
        await asyncio.to_thread(self._process.join)
        self._requests.close()
        with suppress(ConnectionError):
            await self._requests.wait_closed()


def _ensure_forkserver() -> None:
    """Start the process that imports mlflow once, from which those of the models are forked within milliseconds."""
    forkserver.set_forkserver_preload(["sandbox.azure.model_process"])
    with _environment():
        forkserver.ensure_running()


@contextmanager
def _environment() -> Iterator[None]:
    """Have the environment of a model's process for a moment: a fork server takes that of its parent."""
    before = {name: os.environ.get(name) for name in ENVIRONMENT}
    os.environ.update(ENVIRONMENT)
    try:
        yield
    finally:
        for name, text in before.items():
            if text is None:
                del os.environ[name]
            else:
                os.environ[name] = text


def _serve(line: socket.socket, directory: Path, log_path: Path) -> None:
    from sandbox.azure import model_process  # noqa: PLC0415  # in the new process, and only there

    model_process.serve(line, directory, log_path)
