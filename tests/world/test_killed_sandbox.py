"""`python -m sandbox` is killed: its Discord, cluster, cloud and bot end with it, and so do jobs and models."""

import asyncio
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.processes import kill, name_of
from tests.support.waiting import eventually

pytestmark = [pytest.mark.repetition, pytest.mark.timeout(900)]

ROOT = Path(__file__).parents[2]


def of_world(state: Path) -> dict[int, str]:
    """Return the processes whose command line names the world's folder, which are those of the world."""
    found = {}
    for one in Path("/proc").glob("[0-9]*"):
        try:
            command = (one / "cmdline").read_bytes().decode("utf-8", "replace").replace("\0", " ")
        except OSError:
            continue  # it has ended meanwhile
        if str(state) in command and name_of(int(one.name)):
            found[int(one.name)] = command
    return found


MOMENTS: dict[str, Callable[[Path], bool]] = {
    "the first parts start": lambda state: len(of_world(state)) > 2,
    "the bot starts": lambda state: any("bot run" in command for command in of_world(state).values()),
    "a job runs": lambda state: any(state.glob("**/runs/slipway-run-*/progress.jsonl")),
}


@pytest.mark.parametrize("moment", MOMENTS)
async def test_nothing_of_a_killed_sandbox_lives_on(tmp_path: Path, moment: str) -> None:
    """However early or late it gets SIGKILL, no process of its world is left."""
    state = tmp_path / "state"
    argv = [sys.executable, "-m", "sandbox", "story", "--state", str(state)]
    process = await asyncio.create_subprocess_exec(*argv, cwd=ROOT, stdout=asyncio.subprocess.DEVNULL)
    await eventually(lambda: MOMENTS[moment](state), within_s=360)
    kill(process.pid)
    await process.wait()

    try:
        await eventually(lambda: not of_world(state))
    finally:
        for one in of_world(state):
            kill(one)
