"""What an audit and a repetition can prove: intervals, checks against targets, and when a run came out the same."""

import math
from dataclasses import replace

from hypothesis import assume, given
from hypothesis import strategies as st

from bot.core.judging import Evidence, Target
from bot.core.said import ENGLISH, EXACT
from bot.core.text import plain
from bot.things.audit.checks import MAX_GAP, audit_checks, interval_95
from bot.things.run.reproduction import MADE_OF, TOLERANCE, compared
from tests.support.databases import RUN


def told(target: Target) -> str:
    """Return a target as its check is called: the whole number, without a power of ten."""
    return f"{plain(target.metric)} {'≥' if target.at_least else '≤'} {ENGLISH.number(target.threshold, EXACT)}"


SHARES, ROWS = st.floats(0, 1), st.integers(1, 10**7)
NAMES = st.sampled_from(["accuracy", "recall", "latency_p95_ms", "loss"])
VALUES = st.one_of(st.floats(-1e6, 1e6), st.sampled_from([math.nan, math.inf]))
TARGETS = st.lists(st.builds(Target, NAMES, st.booleans(), st.floats(0, 1e6)), max_size=6)
MADE = dict.fromkeys(MADE_OF, "same")
ALMOST = 1e-9


@given(SHARES, ROWS)
def test_an_interval_holds_its_share_and_lies_between_0_and_1(share: float, rows: int):
    """Of one row as of ten million."""
    low, high = interval_95(share, rows)

    assert 0 <= low <= share + ALMOST
    assert share - ALMOST <= high <= 1


@given(SHARES, st.integers(1, 10**6))
def test_more_rows_tell_more(share: float, rows: int):
    """Ten times the rows make the interval narrower; no row says nothing."""
    wide, narrow = interval_95(share, rows), interval_95(share, rows * 10)

    assert narrow[1] - narrow[0] < wide[1] - wide[0]
    assert interval_95(share, 0) == (0.0, 1.0)


@given(TARGETS, st.dictionaries(NAMES, VALUES), st.integers(0, 10**6))
def test_each_target_has_one_check_that_passes_when_it_is_reached(
    targets: list[Target], metrics: dict[str, float], rows: int
):
    """In their order; what was not measured or is no number fails."""
    checks = audit_checks(Evidence(tuple(targets), metrics, rows))

    assert [ENGLISH(check.name) for check in checks] == [told(target) for target in targets]
    for target, check in zip(targets, checks, strict=True):
        value = metrics.get(target.metric)
        reached = value is not None and (value >= target.threshold if target.at_least else value <= target.threshold)

        assert check.is_passed == reached
        assert str(check.evidence)


@given(SHARES, SHARES)
def test_learning_by_heart_fails_its_own_check(train: float, test: float):
    """Whatever the targets say."""
    assume(abs(train - test - MAX_GAP) > ALMOST)
    [gap] = audit_checks(Evidence((), {"train_accuracy": train, "accuracy": test}, 100))

    assert gap.is_passed == (train - test < MAX_GAP)


@given(SHARES, ROWS)
def test_a_target_inside_the_interval_is_said_to_be_undecided(share: float, rows: int):
    """More test rows would tell; outside of it nothing of the kind is said."""
    low, high = interval_95(share, rows)
    inside, outside = Target("accuracy", at_least=True, threshold=(low + high) / 2), high + 0.1
    assume(low < inside.threshold < high)
    checks = audit_checks(
        Evidence((inside, Target("accuracy", at_least=True, threshold=outside)), {"accuracy": share}, rows)
    )

    assert ["would tell" in str(check.evidence) for check in checks] == [True, False]


METRICS = st.dictionaries(NAMES, st.floats(-1e3, 1e3), min_size=1)
FIRST = replace(RUN, fingerprint={**MADE, "weights": "w1"}, metrics={"accuracy": 0.9})


@given(METRICS)
def test_a_run_is_like_itself(metrics: dict[str, float]):
    """Equal weights are told as such; without them equal measures are within tolerance."""
    first = replace(FIRST, metrics=metrics)

    assert "Equal to the bit" in str(compared(first, first))
    other = replace(first, model_digest="another", fingerprint={**MADE, "weights": "w2"})
    assert "Within tolerance" in str(compared(first, other))
    assert "does not say" not in str(compared(first, other))


def test_code_that_leaves_no_fingerprint_is_compared_by_its_model():
    """Equal files are equal to the bit; otherwise nobody claims to know that code and data were the same."""
    first = replace(FIRST, fingerprint=None, model_digest="a" * 64)
    another = replace(first, model_digest="b" * 64)

    assert "✅ Equal to the bit: the models' files are the same." == str(compared(first, replace(first, number=9)))
    assert str(compared(first, another)).endswith("Its code does not say whether the code and the dataset changed.")


@given(SHARES, SHARES)
def test_a_measure_beyond_the_tolerance_is_named(before: float, after: float):
    """Both ways, with both values; a time is no measure of quality."""
    assume(abs(abs(before - after) - TOLERANCE) > ALMOST)
    first = replace(FIRST, metrics={"accuracy": before, "train_s": 1.0})
    again = replace(FIRST, fingerprint={**MADE, "weights": "w2"}, metrics={"accuracy": after, "train_s": 99.0})

    assert ("accuracy" in str(compared(first, again))) == (abs(before - after) > TOLERANCE)
    assert "train_s" not in str(compared(first, again))


@given(st.sampled_from([math.nan, math.inf, None]))
def test_a_measure_that_is_lost_is_not_within_tolerance(after: float | None):
    """A model that gives no number, or no longer the measure, did not come out the same."""
    metrics = {} if after is None else {"accuracy": after}
    again = replace(FIRST, fingerprint={**MADE, "weights": "w2"}, metrics=metrics)

    assert str(compared(FIRST, again)).startswith("⚠️ It differs: accuracy")


@given(st.sampled_from(sorted(MADE_OF)), st.sampled_from(["other", None]))
def test_another_experiment_is_said_to_be_one(part: str, value: str | None):
    """Equal weights or not: the part that changed is named first."""
    made = {name: kept for name, kept in {**MADE, part: value, "weights": "w1"}.items() if kept is not None}

    assert f"not the same experiment: {part} changed" in str(compared(FIRST, replace(FIRST, fingerprint=made)))
