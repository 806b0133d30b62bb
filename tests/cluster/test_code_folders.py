"""What a team's code in a folder was as its run began: hashed where the job runs, the same for the same code."""

import asyncio
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from bot.ports import FolderHash
from bot.things.recipe.recipe import Code
from tests.support.cluster import MODEL, PAYLOAD, RESULT, ended, on, order, started
from tests.support.slurm import PYTHON

site = on("sandbox")


@pytest.fixture
def folder(site) -> Path:
    """Return a new folder with code on the shared file system."""
    made = Path(site.settings.directory) / "hashed code"
    shutil.rmtree(made, ignore_errors=True)
    (made / "lib").mkdir(parents=True)
    shutil.copy(PAYLOAD / "puppet.py", made)
    (made / "lib" / "net.py").write_text("LAYERS = 2\n")
    return made


@pytest.fixture
def hashed(cluster, folder) -> Callable:
    """Return what a run says of the folder once something was done to it."""

    async def hashed(change: Callable[[], object] = lambda: None) -> FolderHash:
        change()
        code = Code((PYTHON, "puppet.py", "{spec}"), folder=str(folder))
        wanted = replace(order([*MODEL, ["result", RESULT]]), code=code)
        await ended(cluster, await started(cluster, wanted))
        return (await cluster.result(wanted.key)).folder

    return hashed


async def test_the_same_code_has_the_same_hash_and_another_another(folder, hashed):
    """Times, caches and hidden folders are no code; each file is, and so is what a link leads to."""
    beside = folder.with_name("shared.py")
    beside.write_text("RATE = 1\n")
    (folder / "shared.py").symlink_to(beside)
    first = await hashed()

    def cached() -> None:
        (folder / "lib" / "__pycache__").mkdir()
        (folder / "lib" / "__pycache__" / "net.pyc").write_text("x")
        (folder / ".cache").mkdir()
        (folder / ".cache" / "tokens").write_text("x")
        (folder / "lib" / "net.py").touch()

    same = await hashed(cached)
    others = [
        await hashed(lambda: (folder / "lib" / "net.py").write_text("LAYERS = 3\n")),
        await hashed(lambda: (folder / "lib" / "net.py").rename(folder / "net.py")),
        await hashed(lambda: beside.write_text("RATE = 2\n")),
        await hashed(lambda: (folder / "data").symlink_to("/nonexistent")),
    ]

    assert 64 == len(first.digest)
    assert first == same
    assert 5 == len({one.digest for one in (first, *others)})


async def test_of_a_git_checkout_what_git_ignores_is_no_code(folder, hashed):
    """Checkpoints and data may lie beside it; what is changed or not yet added counts, as what is committed does."""
    (folder / ".gitignore").write_text("*.ckpt\n")
    for words in (["init", "-q"], ["add", "."]):
        await asyncio.to_thread(subprocess.run, ["git", "-C", str(folder), *words], check=True)
    first = await hashed()
    same = await hashed(lambda: (folder / "last.ckpt").write_text("x"))
    changed = await hashed(lambda: (folder / "lib" / "net.py").write_text("LAYERS = 3\n"))
    added = await hashed(lambda: (folder / "new.py").write_text(""))

    assert first == same
    assert 3 == len({one.digest for one in (first, changed, added)})


async def test_a_folder_that_is_too_large_is_not_hashed_and_says_so(folder, hashed):
    """The run goes on all the same."""

    def grown() -> None:
        with (folder / "data.bin").open("wb") as file:
            file.truncate(257 * 2**20)

    assert FolderHash(complaint="it has more than 256 MiB") == await hashed(grown)
    assert FolderHash(complaint="its files cannot be listed") == await hashed((folder / ".git").touch)


async def test_code_that_ships_has_no_folder(cluster):
    """It tells its own hash."""
    wanted = order([*MODEL, ["result", RESULT]])
    await ended(cluster, await started(cluster, wanted))

    assert (await cluster.result(wanted.key)).folder is None
