"""A part of the sandbox ends with whoever started it, at whatever moment that one is killed."""

import asyncio
import os
import sys
from pathlib import Path

import pytest

from sandbox.parts import Part
from tests.support.processes import kill, name_of
from tests.support.waiting import eventually

ROOT = Path(__file__).parents[2]
OWNER = """
import asyncio, os, sys
from pathlib import Path
from sandbox.parts import Part
HERE = Path(sys.argv[1])

async def main():
    part = Part("part", ("part_of_test",), HERE / "part.log", {"PYTHONPATH": str(HERE)})
    await part.start()
    (HERE / "pid.new").write_text(str(part.process.pid))
    (HERE / "pid.new").rename(HERE / "pid")
    if sys.argv[2] == "at once":
        os.kill(os.getpid(), 9)
    await asyncio.sleep(600)

asyncio.run(main())
"""
PARTS = {
    "that ends as it is told to": "",
    "that does not listen": "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)\n",
}
LIVES = """
import os, sys, time
from pathlib import Path
Path(__file__).with_name("lives").write_text(repr((os.getpid(), os.read(0, 1))))
time.sleep(600)
"""


def members_of(group: int) -> list[int]:
    """Return the processes of a group that have not ended."""
    found = []
    for one in Path("/proc").glob("[0-9]*"):
        try:
            is_of_it = os.getpgid(int(one.name)) == group
        except ProcessLookupError:
            continue
        if is_of_it and name_of(int(one.name)):
            found.append(int(one.name))
    return found


@pytest.mark.parametrize("kind", PARTS)
@pytest.mark.parametrize("moment", ["at once", "when it is up"])
async def test_a_part_ends_with_its_owner(tmp_path: Path, kind: str, moment: str) -> None:
    """Its owner gets SIGKILL: no process of the part's group is left, though it may not listen."""
    (tmp_path / "part_of_test.py").write_text(PARTS[kind] + LIVES)
    argv = [sys.executable, "-c", OWNER, str(tmp_path), moment]
    owner = await asyncio.create_subprocess_exec(*argv, cwd=ROOT)
    await eventually((tmp_path / ("pid" if moment == "at once" else "lives")).exists)
    part = int((tmp_path / "pid").read_text())
    kill(owner.pid)
    await owner.wait()

    try:
        await eventually(lambda: not members_of(part), within_s=20)
    finally:
        for one in members_of(part):
            kill(one)


async def test_a_part_has_its_own_id_and_nothing_to_read_and_leaves_no_watcher(tmp_path: Path) -> None:
    """What is started is the part itself, not something around it; when it has ended, all of it has."""
    (tmp_path / "part_of_test.py").write_text(LIVES)
    part = Part("part", ("part_of_test",), tmp_path / "part.log", {"PYTHONPATH": str(tmp_path)})
    await part.start()
    await eventually((tmp_path / "lives").exists)
    assert part.process is not None
    pid = part.process.pid

    assert repr((pid, b"")) == (tmp_path / "lives").read_text()
    await part.stop()
    await eventually(lambda: not members_of(pid), within_s=5)
