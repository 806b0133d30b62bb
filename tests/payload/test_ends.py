"""However a run ends, it says how: end.json, its exit code and the log agree; damage and a full disk lose little."""

import shutil
import signal
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.support.need import lacking
from tests.support.payload import (
    PATIENCE_S,
    end_of,
    last_line,
    last_start,
    line_count,
    run,
    start,
    wait_until,
    weights_of,
)
from tests.support.small_disk import filled, small_disk

EPOCHS = 40
WANTED: dict[str, Any] = {"recipe": "tabular_classifier", "dataset": "wine", "epochs": EPOCHS}
LONG = WANTED | {"epochs": 2000}


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """Return the directory of a run that nothing disturbed."""
    directory = tmp_path_factory.mktemp("whole")
    assert run(directory, **WANTED) == 0, last_line(directory)
    return directory


@pytest.fixture(scope="module")
def stopped(tmp_path_factory):
    """Return the directory of a run that was stopped twice, and so has a checkpoint and the one before."""
    directory = tmp_path_factory.mktemp("stopped")
    for _ in range(2):
        process = start(directory, **LONG)
        lines = line_count(directory)
        wait_until(partial(_has_told_more, directory, lines), process)
        process.send_signal(signal.SIGUSR1)
        assert process.wait(timeout=PATIENCE_S) == 85
    return directory


@pytest.fixture
def again(stopped, tmp_path):
    """Return a copy of it in its own place."""
    return Path(shutil.copytree(stopped, tmp_path / "again"))


def killed_when_it_trains(directory: Path) -> None:
    """Start the run again, and kill it as soon as it has told of its progress."""
    process = start(directory, **LONG)
    lines = line_count(directory)
    wait_until(lambda: line_count(directory) > lines, process)
    process.kill()
    process.wait()


def test_a_good_end_is_told_too(whole):
    """It has the code 0, the epochs done, and the rank that says it."""
    words = end_of(whole)

    assert (words["code"], words["kind"], words["epoch"], words["rank"]) == (0, "done", EPOCHS, 0)


def test_where_a_run_diverged_is_told(tmp_path):
    """The last words name kind, epoch and step."""
    assert run(tmp_path, recipe="image_classifier", learning_rate=1000) == 87

    words = end_of(tmp_path)
    assert (words["code"], words["kind"]) == (87, "diverged")
    assert (words["epoch"], words["step"] > 0) == (0, True)
    assert words["said"] in last_line(tmp_path)


def test_a_crash_leaves_its_traceback_and_its_last_words(tmp_path):
    """What nobody foresaw is told by its name; here the model cannot be put where a file is."""
    (tmp_path / "model").write_text("in the way")

    assert run(tmp_path, **WANTED | {"epochs": 1}) == 1
    assert (end_of(tmp_path)["code"], end_of(tmp_path)["kind"]) == (1, "code")
    assert end_of(tmp_path)["said"].startswith("NotADirectoryError")
    assert "Traceback" in (tmp_path / "log").read_text()


def test_last_words_are_those_of_the_newest_attempt(again):
    """A killed attempt leaves none of an attempt before."""
    assert (again / "end.json").exists()
    killed_when_it_trains(again)

    assert not (again / "end.json").exists()


def test_a_damaged_checkpoint_gives_way_to_the_one_before(again):
    """One bit fell over: the run says so and goes on from the older checkpoint."""
    newest = again / "checkpoint.pt"
    raw = bytearray(newest.read_bytes())
    raw[len(raw) // 2] ^= 1
    newest.write_bytes(raw)
    killed_when_it_trains(again)

    assert "checkpoint.pt is damaged; going on from the checkpoint before it" in (again / "log").read_text()
    assert "from epoch 0, step 0 " not in last_start(again)


def test_damaged_checkpoints_end_the_run_with_90(again):
    """Nothing is trained anew in silence: the run says what to remove."""
    for name in ("checkpoint.pt", "checkpoint.old.pt"):
        (again / name).write_bytes((again / name).read_bytes()[:-100])

    assert run(again, **LONG) == 90
    assert "checkpoint.pt and checkpoint.old.pt in" in last_line(again)
    assert "remove it to start from the beginning" in end_of(again)["said"]


def test_a_full_disk_ends_with_89_and_loses_nothing(tmp_path, whole):
    """The checkpoint that was there stays whole; with space again the run goes on to the same weights."""
    with small_disk(tmp_path / "disk", size_mib=4) as is_mounted:
        if not is_mounted:
            lacking("root and the right to mount a tmpfs")
        directory = tmp_path / "disk" / "run"
        process = start(directory, **WANTED)
        wait_until((directory / "checkpoint.pt").exists, process)
        with filled(tmp_path / "disk"):
            assert process.wait(timeout=PATIENCE_S) == 89
        assert [path.name for path in directory.iterdir() if path.name.startswith(".")] == []

        assert run(directory, **WANTED) == 0
        assert "from epoch 0," not in last_start(directory)
        assert weights_of(whole) == weights_of(directory)


def _has_told_more(directory: Path, lines: int) -> bool:
    return line_count(directory) > lines
