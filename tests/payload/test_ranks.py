"""Several ranks train one model: equal shares, one writer, one end, and after a kill the same weights to the bit."""

import json
import signal
from typing import Any

import pytest

from tests.support.payload import (
    PATIENCE_S,
    end_of,
    last_start,
    line_count,
    result_of,
    run_ranks,
    start_ranks,
    wait_until,
    weights_of,
)

EPOCHS = 20
WANTED: dict[str, Any] = {
    "recipe": "tabular_classifier",
    "dataset": "breast_cancer",
    "epochs": EPOCHS,
    "precision": "fp16",
}


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """Return the directory of a run by two ranks, in half precision, that nothing disturbed."""
    directory = tmp_path_factory.mktemp("whole")
    assert run_ranks(2, directory, **WANTED) == [0, 0], (directory / "log").read_text()
    return directory


def test_two_ranks_train_one_model(whole):
    """Each row of an epoch is seen once, one rank writes, and the result is as good as one rank's."""
    result = result_of(whole)
    lines = [json.loads(line) for line in (whole / "progress.jsonl").read_text().splitlines()]

    assert result["fingerprint"]["environment"]["world_size"] == 2
    assert result["metrics"]["accuracy"] > 0.9
    assert [row["epoch"] for row in result["curve"]] == list(range(1, EPOCHS + 1))
    assert [line["epoch"] for line in lines] == sorted(line["epoch"] for line in lines)
    assert f"cpu in fp16 by 2 ranks from epoch 0, step 0 of {EPOCHS} x 11" in last_start(whole)
    assert end_of(whole)["rank"] == 0


def test_both_killed_and_started_again_give_the_same_weights_to_the_bit(tmp_path, whole):
    """Weights, gradient scale, random states and the curve are those of the run that nobody killed."""
    ranks = start_ranks(2, tmp_path, **WANTED)
    wait_until(lambda: line_count(tmp_path) >= 9, ranks[0])
    for process in ranks:
        process.kill()
        process.wait()

    assert run_ranks(2, tmp_path, **WANTED) == [0, 0]
    assert "from epoch 0," not in last_start(tmp_path)
    assert weights_of(whole) == weights_of(tmp_path)
    assert result_of(whole)["curve"] == result_of(tmp_path)["curve"]


def test_ranks_whose_steps_are_short_say_the_same_things_in_the_same_order(tmp_path):
    """Only the first tells of its progress, by its own clock; what all say to one another hangs on nobody's clock."""
    codes = run_ranks(2, tmp_path, recipe="tabular_classifier", epochs=10, batch_size=8)

    assert [0, 0] == codes, (tmp_path / "log").read_text()
    assert [row["epoch"] for row in result_of(tmp_path)["curve"]] == list(range(1, 11))


@pytest.mark.parametrize("told", [pytest.param(0, marks=pytest.mark.repetition), 1])
def test_a_signal_to_one_rank_stops_all_at_the_same_step(told, tmp_path, whole):
    """Whichever rank hears it, all save and end with 85, and go on to the same weights."""
    ranks = start_ranks(2, tmp_path, **WANTED)
    wait_until(lambda: line_count(tmp_path) >= 6, ranks[0])
    ranks[told].send_signal(signal.SIGUSR1)

    assert [process.wait(timeout=PATIENCE_S) for process in ranks] == [85, 85]
    assert end_of(tmp_path)["said"].endswith("stopped by SIGUSR1")
    assert run_ranks(2, tmp_path, **WANTED) == [0, 0]
    assert weights_of(whole) == weights_of(tmp_path)


def test_a_rank_that_loses_the_other_ends_soon_and_says_so(tmp_path):
    """It ends with 1, a lower code than any that tells a cause, so that the other's is the one that is seen."""
    ranks = start_ranks(2, tmp_path, **WANTED | {"epochs": 2000})
    wait_until(lambda: line_count(tmp_path) >= 3, ranks[0])
    ranks[1].kill()
    ranks[1].wait()

    assert ranks[0].wait(timeout=PATIENCE_S) == 1
    assert end_of(tmp_path)["said"].startswith("rank 0 has lost another rank")


def test_a_checkpoint_of_two_ranks_is_refused_by_one(tmp_path, whole):
    """Their random states and shares are not those of one rank: the weights would be of neither run."""
    (tmp_path / "checkpoint.pt").write_bytes((whole / "checkpoint.pt").read_bytes())

    assert run_ranks(1, tmp_path, **WANTED) == [84]
    assert "is of another spec" in end_of(tmp_path)["said"]


def test_all_ranks_end_alike_when_it_diverges(tmp_path):
    """The loss that is looked at is that of all ranks."""
    assert run_ranks(2, tmp_path, recipe="image_classifier", epochs=2, learning_rate=1000) == [87, 87]
    assert end_of(tmp_path)["kind"] == "diverged"
