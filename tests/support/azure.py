"""Runs the Azure ML sandbox as a process of its own, as everyone else does."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import aiohttp

from bot.adapters.azure.endpoints import AzureEndpoints
from bot.config import AzureSettings, Secret
from bot.ports import Deployment, DeploymentStatus, EndpointPlan
from tests.support.mlflow_model import write_small_model
from tests.support.specs import SPECS

ROOT = Path(__file__).resolve().parents[2]
START_S = 60.0
LIMIT_S = 40.0


class Cloud:
    """A running sandbox."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.known: dict[str, str] = json.loads((directory / "azure.json").read_text(encoding="utf-8"))

    def settings(self, **changed: Any) -> AzureSettings:
        """Return the bot's settings for this workspace."""
        names = ("tenant", "client_id", "subscription", "resource_group", "workspace", "ca_file")
        values: dict[str, Any] = {name: self.known[name] for name in names}
        values |= {"https_proxy": self.known["proxy"], "timeout_s": 60.0, "client_secret": self.secret()}
        return AzureSettings.model_validate(values | changed)

    def secret(self, text: str | None = None) -> Secret:
        """Return a secret in a file: the right one, or the text given."""
        path = self.directory / f"secret-{'right' if text is None else 'wrong'}"
        path.write_text(text or self.known["client_secret"], encoding="utf-8")
        return Secret(file=path)

    async def get(self, path: str) -> Any:
        """Ask the control port."""
        async with aiohttp.ClientSession() as session, session.get(self.known["control"] + path) as response:
            return await response.json()

    async def post(self, path: str, **wish: Any) -> Any:
        """Tell the control port."""
        url = self.known["control"] + path
        async with aiohttp.ClientSession() as session, session.post(url, json=wish) as response:
            return await response.json()

    async def state(self) -> Any:
        """Return models, endpoints, deployments and traffic."""
        state = await self.get("/state")
        del state["requests"]
        return state


@contextmanager
def running_azure(directory: Path) -> Iterator[Cloud]:
    """Run the sandbox with its state in the directory."""
    directory.mkdir(parents=True, exist_ok=True)
    ready = directory / "azure.json"
    ready.unlink(missing_ok=True)  # of one that was killed
    argv = [sys.executable, "-m", "sandbox.azure", "--state", str(directory)]
    environment = {**os.environ, **({"SLIPWAY_SPECS": str(SPECS)} if SPECS else {})}
    with (directory / "out.log").open("w") as log:
        process = subprocess.Popen(argv, cwd=ROOT, env=environment, stdout=log, stderr=log, start_new_session=True)
    try:
        deadline = time.monotonic() + START_S
        while not ready.exists():
            assert process.poll() is None, (directory / "out.log").read_text()
            assert time.monotonic() < deadline, (directory / "out.log").read_text()
            time.sleep(0.05)
        yield Cloud(directory)
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(timeout=60)


def a_plan(name: str, directory: Path, **changed: Any) -> EndpointPlan:
    """Return a plan for a small model, which is written to the directory."""
    plan = EndpointPlan(
        endpoint=f"ep-{name}",
        deployment="dep-1",
        model_name=name,
        model_version="1",
        model_digest=f"digest of {name}",
        directory=write_small_model(directory / "model"),
        tags={"run": "RUN-1"},
    )
    return replace(plan, **changed)


async def eventually(ask: Callable[[], Awaitable[Deployment]]) -> Deployment:
    """Ask until the answer is READY or FAILED."""
    deadline = time.monotonic() + LIMIT_S
    while (seen := await ask()).status is DeploymentStatus.CREATING:
        assert time.monotonic() < deadline, seen
        await asyncio.sleep(0.1)
    return seen


async def brought_up(azure: AzureEndpoints, plan: EndpointPlan) -> Deployment:
    """Converge until it is READY or FAILED."""
    return await eventually(lambda: azure.converge(plan))
