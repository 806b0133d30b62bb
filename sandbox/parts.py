"""The sandbox's processes: each part of the outside world is one, and the bot is one more."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

START_LIMIT_S = 60.0
STOP_LIMIT_S = 5.0
LEASH = Path(__file__).with_name("leash.py")
POLL_S = 0.05


class PartFailed(Exception):  # what it is
    """A part ended or did not come up; the end of its log says why."""


@dataclass
class Part:
    """One process with its log."""

    name: str
    arguments: tuple[str, ...]
    log: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    process: asyncio.subprocess.Process | None = None
    leash: int | None = None
    """The end of a pipe that closes with this process, whatever ends it, and so ends the part."""
    may_run: asyncio.Event = field(default_factory=asyncio.Event)
    """Whoever starts it again when it has ended waits for this."""

    def __post_init__(self) -> None:
        self.may_run.set()

    @property
    def is_running(self) -> bool:
        """Tell whether its process is there."""
        return self.process is not None and self.process.returncode is None

    async def start(self) -> None:
        """Start it in a process group of its own, so that Ctrl-C reaches only us and stopping reaches all of it."""
        self.log.parent.mkdir(parents=True, exist_ok=True)
        self._let_go()
        ours, self.leash = os.pipe()
        try:
            with self.log.open("ab") as log:
                self.process = await asyncio.create_subprocess_exec(
                    *(sys.executable, "-S", str(LEASH), sys.executable, "-m", *self.arguments),
                    stdin=ours,
                    stdout=log,
                    stderr=log,
                    env={**os.environ, **self.environment},
                    start_new_session=True,
                )
        finally:
            os.close(ours)

    def _let_go(self) -> None:
        if self.leash is not None:
            os.close(self.leash)
            self.leash = None

    async def ready(self, file: Path) -> dict[str, object]:
        """Wait for the file that the part writes when it is up, and return it."""
        async with asyncio.timeout(START_LIMIT_S):
            while not file.exists():
                self.must_run()
                await asyncio.sleep(POLL_S)
        found: dict[str, object] = json.loads(file.read_text(encoding="utf-8"))
        return found

    def must_run(self) -> None:
        """Raise when the process has ended."""
        if self.process is None or self.process.returncode is not None:
            raise PartFailed(f"{self.name} ended; its log {self.log} ends:\n{self.log_tail()}")

    def log_tail(self, *, lines: int = 15) -> str:
        """Return the end of its log."""
        text = self.log.read_text(encoding="utf-8", errors="replace") if self.log.exists() else ""
        return "\n".join(text.splitlines()[-lines:])

    def kill(self) -> None:
        """End it as a power cut would."""
        self._signal(signal.SIGKILL)

    async def stop(self) -> None:
        """Ask it to end, then make it."""
        try:
            if self.process is not None and self.process.returncode is None:
                await self._end(self.process)
        finally:
            self._let_go()

    async def _end(self, process: asyncio.subprocess.Process) -> None:
        self._signal(signal.SIGTERM)
        try:
            async with asyncio.timeout(STOP_LIMIT_S):
                await process.wait()
        except TimeoutError:
            pass
        self.kill()
        await process.wait()

    def _signal(self, number: signal.Signals) -> None:
        if self.process is not None:
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, number)
