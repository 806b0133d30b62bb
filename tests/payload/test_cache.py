"""What a run made of raw data is there for the next one, and never a reason to fail."""

import shutil
from pathlib import Path

import pytest

from tests.support.payload import last_line, run, weights_of

WORDS = "data as kept in"


def trained(directory: Path, cache: Path | None, *, recipe: str = "tabular_classifier", seed: int = 7) -> str:
    """Train for an epoch, and return the log."""
    code = run(directory, recipe=recipe, cache=cache, seed=seed, epochs=1, hidden=4, batch_size=1024)
    assert code == 0, last_line(directory)
    return (directory / "log").read_text()


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a run without a cache, whose weights all others must have."""
    directory = tmp_path_factory.mktemp("first")
    trained(directory, None)
    return directory


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a run that had an empty cache, which is beside its files."""
    directory = tmp_path_factory.mktemp("made")
    trained(directory, directory / "cache")
    return directory


@pytest.fixture
def cache(made: Path, tmp_path: Path) -> Path:
    """Return a copy of what it has left there."""
    return Path(shutil.copytree(made / "cache", tmp_path / "cache"))


def test_the_next_run_reads_what_the_first_one_made(tmp_path, first, made, cache):
    """The second run takes it from the cache, another seed makes its own, and the weights are the same to the bit."""
    read = trained(tmp_path / "read", cache)
    other = trained(tmp_path / "other", cache, seed=8)

    assert [False, True] == [WORDS in log for log in ((made / "log").read_text(), read)]
    assert WORDS not in other
    assert weights_of(first) == weights_of(made) == weights_of(tmp_path / "read")
    assert 2 == len(list(cache.iterdir()))


def test_texts_are_kept_too(tmp_path):
    """The second run parses no code, and trains on the same tokens of the same vocabulary."""
    logs = [trained(tmp_path / name, tmp_path / "cache", recipe="text_classifier") for name in ("made", "read")]

    assert [False, True] == [WORDS in log for log in logs]
    assert weights_of(tmp_path / "made") == weights_of(tmp_path / "read")


def test_a_damaged_file_is_made_anew(tmp_path, first, cache):
    """A file that was cut off is not read, and whole again afterwards."""
    (kept,) = cache.iterdir()
    whole = kept.read_bytes()
    kept.write_bytes(whole[:-100])

    log = trained(tmp_path / "again", cache)

    assert WORDS not in log
    assert weights_of(first) == weights_of(tmp_path / "again")
    assert whole == kept.read_bytes()


def test_a_cache_that_cannot_be_used_stops_nobody(tmp_path, first):
    """Where a file stands in the folder's place, the run says so and trains."""
    (tmp_path / "cache").write_text("not a folder")

    log = trained(tmp_path / "run", tmp_path / "cache")

    assert "the cache cannot be" in log
    assert weights_of(first) == weights_of(tmp_path / "run")
