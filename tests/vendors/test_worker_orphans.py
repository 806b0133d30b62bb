"""Whoever has worker processes is killed: none of them lives on, at whatever moment of its start it was."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.processes import family_of, kill, name_of
from tests.support.waiting import eventually

OWNER = """
import asyncio, os, sys, time
from datetime import timedelta
from pathlib import Path
HERE = Path(sys.argv[1])
if __name__ == "__mp_main__" and "starting" in HERE.name:
    (HERE / "is there").touch()
    while not (HERE / "may go on").exists():
        time.sleep(0.01)

def told(text):
    (HERE / text).touch()
    time.sleep(600)

async def main():
    from bot.adapters.worker import Worker
    worker = Worker("tests", environment={}, timeout=timedelta(seconds=600))
    await worker.call(told, "is there")

if __name__ == "__main__":
    asyncio.run(main())
"""


@pytest.fixture(params=["starting", "working"])
def owner(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Path, int]]:
    """Return the folder and the process of one whose worker is at this moment of its life."""
    here = tmp_path / request.param
    here.mkdir()
    (here / "owner.py").write_text(OWNER)
    root = Path(__file__).parents[2]
    process = subprocess.Popen([sys.executable, here / "owner.py", here], env={"PYTHONPATH": str(root)})
    yield here, process.pid
    kill(process.pid)
    process.wait()


async def test_a_worker_ends_with_its_owner(owner: tuple[Path, int]) -> None:
    """It is killed while its worker process starts, or works: nothing of it is left."""
    here, process = owner
    await eventually((here / "is there").exists)
    family = family_of(process)[1:]
    kill(process)
    await eventually(lambda: name_of(process) == "")
    (here / "may go on").touch()

    try:
        assert family
        await eventually(lambda: [] == [one for one in family if name_of(one)])
    finally:
        for one in family:
            kill(one)
