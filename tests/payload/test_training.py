"""The payload trains for real, and what it leaves is whole, measured and the same each time."""

import hashlib
import json
import math
import shutil
import signal
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest

from tests.support.payload import (
    PATIENCE_S,
    PAYLOAD,
    end_of,
    last_line,
    last_start,
    line_count,
    printed,
    result_of,
    run,
    start,
    wait_until,
    weights_of,
)

SHORT = 6
FIELDS = ["epoch", "epochs", "loss", "metric", "value", "rows_per_s", "elapsed_s", "left_s", "memory_gib"]

DIGITS = """\
import hashlib
from sklearn.datasets import load_digits
found, whole = load_digits(), hashlib.sha256()
for part in (found.data.astype("float32"), found.target.astype("int64")):
    whole.update(part.nbytes.to_bytes(8) + part.tobytes())
print(whole.hexdigest())
"""
SCORES = """\
import csv
from pathlib import Path
from sklearn.metrics import precision_recall_fscore_support
rows = list(csv.DictReader(Path(sys.argv[1]).open()))
said, true = ([row[name] for row in rows] for name in ("label", "true_label"))
print(len(rows), *precision_recall_fscore_support(true, said, average="macro")[:3], sep="\\n")
"""


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the directory of a finished run with the default parameters."""
    directory = tmp_path_factory.mktemp("trained")
    assert run(directory) == 0, last_line(directory)
    return directory


@pytest.fixture(scope="module")
def short(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the directory of a short run that nothing interrupted."""
    directory = tmp_path_factory.mktemp("short")
    assert run(directory, epochs=SHORT) == 0, last_line(directory)
    return directory


def test_defaults_reach_their_accuracy_on_rows_never_seen(trained):
    """The defaults classify more than 95 % of the held-out digits, and every figure is a finite number."""
    result = result_of(trained)

    assert result["metrics"]["accuracy"] > 0.95
    assert result["metrics"]["recall_worst_class"] > 0.8
    assert all(math.isfinite(value) for value in result["metrics"].values())
    assert set(range(1, 13)) == {row["epoch"] for row in result["curve"]}
    assert result["parameter_count"] > 1000
    assert result["format"] == 1


def test_the_digits_are_all_of_scikit_learns(trained, tmp_path):
    """To the bit, though they are read without importing it."""
    assert printed(tmp_path, DIGITS) == [result_of(trained)["fingerprint"]["dataset"]]


def test_scores_agree_with_scikit_learn(trained, tmp_path):
    """Precision, recall and F1 are what scikit-learn makes of the reference rows."""
    row_count, *scores = map(float, printed(tmp_path, SCORES, trained / "model" / "reference.csv"))
    metrics = result_of(trained)["metrics"]

    assert row_count == result_of(trained)["test_rows"]
    assert pytest.approx(scores) == [metrics[name] for name in ("precision", "recall", "f1")]


def test_digest_is_that_of_the_model_directory(trained):
    """The digest in the result is SHA-256 over the files' own digests and paths, in order."""
    model = trained / "model"
    names = sorted(path.relative_to(model).as_posix() for path in model.rglob("*") if path.is_file())
    lines = "".join(f"{hashlib.sha256((model / name).read_bytes()).hexdigest()}  {name}\n" for name in names)

    assert hashlib.sha256(lines.encode()).hexdigest() == result_of(trained)["digest"]


def test_progress_is_one_line_of_our_fields_some_times_in_each_epoch(trained):
    """Each line has exactly the fields of a reading, and the time left falls to nothing."""
    lines = [json.loads(line) for line in (trained / "progress.jsonl").read_text().splitlines()]

    assert all(list(line) == FIELDS for line in lines)
    assert len(lines) > 12
    assert lines[-1]["left_s"] == 0
    assert lines[-1]["epoch"] == lines[-1]["epochs"] == 12


def test_equal_specs_give_equal_models_and_seeds_matter(tmp_path):
    """The same seed gives the same bytes, all of the model directory; another seed gives others."""
    ends = [run(tmp_path / name, seed=seed, epochs=1) for name, seed in (("one", 7), ("same", 7), ("other", 8))]

    assert ends == [0, 0, 0]
    assert result_of(tmp_path / "one")["digest"] == result_of(tmp_path / "same")["digest"]
    assert weights_of(tmp_path / "one") != weights_of(tmp_path / "other")


def test_killed_run_goes_on_to_the_same_weights_to_the_bit(tmp_path, short):
    """Kill -9 in the middle, run again: the weights and the curve are those of the run that was not killed."""
    directory = tmp_path / "killed"
    process = start(directory, epochs=SHORT)
    wait_until(lambda: line_count(directory) >= 6, process)
    process.kill()
    process.wait()
    assert not (directory / "result.json").exists()

    assert run(directory, epochs=SHORT) == 0
    assert "from epoch 0," not in last_start(directory)
    assert weights_of(short) == weights_of(directory)
    assert result_of(short)["curve"] == result_of(directory)["curve"]


def test_signals_save_in_the_middle_of_an_epoch_and_exit_85(tmp_path, short):
    """Stopped by SIGUSR1 and again by SIGTERM, the run says so each time and goes on to the same weights."""
    directory = tmp_path / "signalled"
    for number, lines in ((signal.SIGUSR1, 3), (signal.SIGTERM, 6)):
        process = start(directory, epochs=SHORT)
        wait_until(partial(_has_told, directory, lines), process)
        process.send_signal(number)

        assert process.wait(timeout=PATIENCE_S) == 85
        assert number.name in last_line(directory)
        assert (end_of(directory)["code"], end_of(directory)["kind"]) == (85, "stopped")

    assert run(directory, epochs=SHORT) == 0
    assert "from epoch 0," not in last_start(directory)
    assert weights_of(short) == weights_of(directory)


@pytest.mark.parametrize(
    ("wanted", "code", "sentence"),
    [
        ({"epochs": 0}, 84, "epochs is 0; it may be from 1 to 2000"),
        ({"epochs": 1.5}, 84, "epochs is 1.5; give a whole number"),
        ({"hidden": True}, 84, "hidden is True; give a whole number"),
        ({"precision": "int4"}, 84, "precision is 'int4'; it may be fp32, bf16, fp16"),
        ({"learning_rat": 0.1}, 84, "unknown parameter 'learning_rat'"),
        ({"seed": -1}, 84, "seed is -1"),
        ({"dataset": "lungs"}, 88, "there is no dataset 'lungs'; the recipe image_classifier knows digits"),
        ({"learning_rate": 1000}, 87, "a learning rate below 1000 may help"),
    ],
)
def test_trouble_has_its_exit_code_and_a_last_line_that_says_it(wanted, code, sentence, tmp_path):
    """What cannot be trained ends with its own code and a sentence, and leaves no result."""
    assert code == run(tmp_path / "run", **wanted)
    assert sentence in last_line(tmp_path / "run")
    assert code == end_of(tmp_path / "run")["code"]
    assert sentence in end_of(tmp_path / "run")["said"]
    assert not (tmp_path / "run" / "result.json").exists()


def test_checkpoint_of_another_spec_is_refused(tmp_path, short):
    """Weights of one set of parameters never flow into another's run."""
    shutil.copytree(short, tmp_path / "run")

    assert run(tmp_path / "run", epochs=SHORT + 1) == 84
    assert "is of another spec" in last_line(tmp_path / "run")


def test_more_memory_than_there_is_ends_with_86(tmp_path):
    """A run that the machine's memory cannot hold ends with 86 and advice, not with a stack of calls."""
    directory = tmp_path / "run"
    directory.mkdir()
    spec = {"key": "k", "directory": str(directory), "dataset": "digits", "seed": 7, "parameters": {"hidden": 4096}}
    (directory / "spec.json").write_text(json.dumps(spec))
    limited = (
        "import resource, runpy, sys, torch\n"
        "held = int(open('/proc/self/statm').read().split()[0]) * resource.getpagesize()\n"
        "resource.setrlimit(resource.RLIMIT_AS, (held + 16 * 2**20, -1))\n"
        "sys.argv = sys.argv[1:]\n"
        f"sys.path.insert(0, {str(PAYLOAD)!r})\n"
        "runpy.run_path(sys.argv[0], run_name='__main__')\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", limited, PAYLOAD / "image_classifier.py", directory / "spec.json"],
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 86, done.stderr
    assert done.stderr.splitlines()[-1].startswith("image_classifier: out of memory")
    assert end_of(directory)["kind"] == "out of memory"


def test_result_is_never_torn(tmp_path):
    """Every sight of result.json, from before it is there until long after, is nothing or all of it."""
    directory = tmp_path / "run"
    process = start(directory, epochs=1)
    sights = 0
    while process.poll() is None:
        if (directory / "result.json").exists():
            assert result_of(directory)["format"] == 1
            sights += 1

    assert process.returncode == 0
    assert sights > 0
    assert [path.name for path in directory.iterdir() if path.name.startswith(".")] == []


def _has_told(directory: Path, lines: int) -> bool:
    return line_count(directory) >= lines
