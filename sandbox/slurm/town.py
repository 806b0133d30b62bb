"""The cluster as a whole: nodes, controller, login node and control port, until it is cancelled."""

import asyncio
import getpass
import json
import os
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import asyncssh
from aiohttp import web

from sandbox.slurm.control import Control
from sandbox.slurm.controller import Controller
from sandbox.slurm.door import open_door, write_commands
from sandbox.slurm.journal import Journal
from sandbox.slurm.login import Login, environment, open_login
from sandbox.slurm.model import Node, Partition
from sandbox.slurm.processes import end_strays

NAME = "sandbox"
OWN_MARK = "SANDBOX_SLURM"
"""Stands in the environment of every job, with the state folder."""
CPUS, MEMORY_MIB, GPUS = 64, 256_000, 4
WEEK_MIN, SHORT_MIN = 7 * 24 * 60, 30


@dataclass(frozen=True)
class Plan:
    """What kind of cluster it is to be."""

    state: Path
    port: int = 0
    node_count: int = 2
    min_job_age_s: float = 300.0
    kill_wait_s: float = 3.0
    accounting_lag_s: float = 0.0


async def run(plan: Plan) -> None:
    """Serve until cancelled; STATE/slurm.json appears when all is ready."""
    state = plan.state.resolve()
    ready = state / "slurm.json"
    ready.unlink(missing_ok=True)
    for folder in ("shared", "ssh", "spool", "home"):
        (state / folder).mkdir(parents=True, exist_ok=True)
    # A Unix socket's path has 107 characters at most, so it cannot lie wherever the state does.
    with tempfile.TemporaryDirectory(prefix="sandbox-slurm-") as short:
        async with asyncio.TaskGroup() as tasks:
            controller = _controller(plan, state, tasks)
            try:
                tasks.create_task(controller.watch())
                async with _serving(plan, state, controller, Path(short) / "door") as facts:
                    beside = ready.with_suffix(".new")
                    beside.write_text(json.dumps(facts, indent=2), encoding="utf-8")
                    beside.replace(ready)
                    await asyncio.get_running_loop().create_future()
            finally:
                controller.close()
                ready.unlink(missing_ok=True)


def _controller(plan: Plan, state: Path, tasks: asyncio.TaskGroup) -> Controller:
    names = tuple(f"gpu{number}" for number in range(1, plan.node_count + 1))
    journal = Journal(state / "accounting.jsonl")
    end_strays(f"{OWN_MARK}={state}")
    jobs = journal.read()
    return Controller(
        name=NAME,
        user=_user(),
        spool=state / "spool",
        nodes={name: Node(name, CPUS, MEMORY_MIB, GPUS) for name in names},
        partitions={
            "gpu": Partition("gpu", names, WEEK_MIN, is_default=True),
            "short": Partition("short", names, SHORT_MIN),
        },
        journal=journal,
        environment={OWN_MARK: str(state)},
        tasks=tasks,
        min_job_age_s=plan.min_job_age_s,
        kill_wait_s=plan.kill_wait_s,
        accounting_lag_s=plan.accounting_lag_s,
        jobs=jobs,
        next_number=max(jobs, default=0) + 1,
    )


@asynccontextmanager
async def _serving(plan: Plan, state: Path, controller: Controller, socket: Path) -> AsyncIterator[dict[str, object]]:
    bin_folder, home = state / "bin", state / "home"
    write_commands(bin_folder, socket)
    host_key, user_key = _key(state / "ssh" / "host_key"), _key(state / "ssh" / "user_key")
    login = Login(controller.user, asyncssh.read_private_key(user_key).convert_to_public(), controller.faults)
    door = await open_door(socket, controller, login.log)
    login.listen = partial(
        open_login,
        login=login,
        host_key=host_key,
        environment=environment(bin_folder, home, controller.user),
        home=home,
    )
    port = await login.open(plan.port)
    runner = web.AppRunner(Control(controller, login).application(), access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    known = asyncssh.read_private_key(host_key).convert_to_public().export_public_key().decode()
    (state / "ssh" / "known_hosts").write_text(f"[127.0.0.1]:{port} {known}", encoding="utf-8")
    try:
        yield {
            "host": "127.0.0.1",
            "port": port,
            "user": controller.user,
            "key_file": str(user_key),
            "known_hosts": str(state / "ssh" / "known_hosts"),
            "directory": str(state / "shared"),
            "python": sys.executable,
            "cluster": controller.name,
            "partitions": list(controller.partitions),
            "nodes": list(controller.nodes),
            "gpu_type": "mi100",
            "gpus_per_node": GPUS,
            "bin": str(bin_folder),
            "control": f"http://127.0.0.1:{runner.addresses[0][1]}",
            "pid": os.getpid(),
        }
    finally:
        login.cut()
        login.acceptor.close()
        door.close()
        await runner.cleanup()


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's nameless uid
        return "slipway"


def _key(path: Path) -> Path:
    """Return the key file, made at the first start and kept, so that known hosts stay known."""
    if not path.exists():
        beside = path.with_suffix(".new")
        asyncssh.generate_private_key("ssh-ed25519").write_private_key(beside)
        beside.chmod(0o600)
        shutil.move(beside, path)
    return path
