"""The process behind a deployment: started from a model directory, asked one request at a time."""

import asyncio
import json
import os
import sys
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

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._turn = asyncio.Lock()

    @classmethod
    async def start(cls, directory: Path, log_path: Path) -> "Served":
        """Load the model in a new process. Raises Crashed when it does not come up; the log says why."""
        with log_path.open("ab") as log:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "sandbox.azure.model_process",
                str(directory),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=log,
                env={**os.environ, **ENVIRONMENT},
                limit=ANSWER_LIMIT_BYTES,
            )
        served = cls(process)
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
            if self._process.stdin is None or self._process.returncode is not None:
                raise Crashed("the container has ended")
            self._process.stdin.write(json.dumps(request).encode() + b"\n")
            await self._process.stdin.drain()
            return await self._line()

    async def _line(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = await self._process.stdout.readline()
        if not line:
            raise Crashed("the container has ended")
        answer: dict[str, Any] = json.loads(line)
        return answer

    async def close(self) -> None:
        """End the process."""
        if self._process.returncode is None:
            self._process.kill()
        await self._process.wait()
