"""Targets as people type them."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.judging import Target
from bot.errors import Refused
from bot.things.requirement.targets import KNOWN_METRICS, LARGEST_THRESHOLD, TARGET_LIMIT, parse_targets

SHARES = tuple(name for name in KNOWN_METRICS if not name.endswith("_ms"))
OTHERS = st.from_regex(r"[a-z][a-z0-9_]{0,30}", fullmatch=True).filter(lambda name: name not in KNOWN_METRICS)
TARGETS = st.one_of(
    st.builds(Target, st.sampled_from(SHARES), st.booleans(), st.floats(0, 1).map(lambda value: round(value, 6))),
    st.builds(Target, OTHERS, st.booleans(), st.floats(0, LARGEST_THRESHOLD).map(lambda value: round(value, 6))),
)


@given(st.lists(TARGETS, min_size=1, max_size=TARGET_LIMIT, unique_by=lambda target: target.metric), st.data())
def test_what_a_card_shows_can_be_typed_again(targets: list[Target], data: st.DataObject):
    """Targets as shown, with any of the signs between them, are read as the same targets."""
    between = data.draw(st.sampled_from([", ", "; ", "\n", " ;\n "]))

    assert tuple(targets) == parse_targets(between.join(str(target) for target in targets))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("accuracy >= 0.85", Target("accuracy", at_least=True, threshold=0.85)),
        ("Accuracy>=85%", Target("accuracy", at_least=True, threshold=0.85)),
        ("accuracy ≥ 0,85", Target("accuracy", at_least=True, threshold=0.85)),
        ("recall worst class >= .5", Target("recall_worst_class", at_least=True, threshold=0.5)),
        ("latency_p95_ms <= 200", Target("latency_p95_ms", at_least=False, threshold=200.0)),
        ("latency_p95_ms ≤ 200 ms", Target("latency_p95_ms", at_least=False, threshold=200.0)),
        ("latency_p95_ms < 0,5 MS", Target("latency_p95_ms", at_least=False, threshold=0.5)),
        ("churn > 12,5 %", Target("churn", at_least=True, threshold=0.125)),
        ("latency_p95_ms <= 0,250", Target("latency_p95_ms", at_least=False, threshold=0.25)),
    ],
)
def test_a_target_is_read_as_it_is_meant(text: str, expected: Target):
    """Either decimal sign, either comparison sign, per cent and milliseconds."""
    assert (expected,) == parse_targets(text)


def test_commas_between_targets_are_not_decimal_signs():
    """A comma before a letter divides two targets; one before a digit belongs to the number."""
    assert [target.threshold for target in parse_targets("accuracy >= 0,85,recall >= 0,8,\nf1>=.7")] == [0.85, 0.8, 0.7]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "none was given"),
        (" ;\n, ", "none was given"),
        ("accuracy", "`accuracy` cannot be read"),
        ("ความแม่นยำ >= 0.8", "cannot be read"),
        ("accuracy >= ๐.๘", "cannot be read"),
        ("accuracy >= -0.1", "cannot be read"),
        ("accuracy >= nan", "cannot be read"),
        ("accuracy >= 1e-3", "cannot be read"),
        ("accuracy = 0.9", "cannot be read"),
        ("latency_p95_ms <= 1,000", "1000 or 1.0"),
        ("latency_p95_ms <= 1,000,000", "cannot be read"),
        ("accuracy >= 85", "85 is out of range"),
        ("accuracy >= 101 %", "1.01 is out of range"),
        ("size <= 9999999999999", "out of range"),
        ("accuracy >= 0.8, Accuracy >= 0.9", "`accuracy` is given twice"),
        ("accuracy >= 5 ms", "cannot be in ms"),
        ("latency_p95_ms <= 5 %", "cannot be in %"),
        (", ".join(f"m{index} >= 1" for index in range(TARGET_LIMIT + 1)), "at most 12 targets; you gave 13"),
    ],
)
def test_what_cannot_be_meant_is_refused(text: str, said: str):
    """The refusal says which target, what is wrong with it, and what could be written."""
    with pytest.raises(Refused) as refusal:
        parse_targets(text)

    assert said in str(refusal.value)


@given(st.text(max_size=200))
def test_any_text_is_read_or_refused(text: str):
    """No text is a mistake of the bot's, and what is read is a number."""
    try:
        targets = parse_targets(text)
    except Refused:
        return

    assert all(math.isfinite(target.threshold) and target.threshold >= 0 for target in targets)


@pytest.mark.parametrize(
    ("threshold", "shown"),
    [
        (0.85, "0.85"),
        (200.0, "200"),
        (0.9999999, "0.9999999"),
        (1500000.0, "1500000"),
        (1e12, "1000000000000"),
        (0, "0"),
    ],
)
def test_a_threshold_is_shown_as_it_holds(threshold: float, shown: str):
    """No rounding and no power of ten: a card that says 1 where 0.9999999 decides would be wrong."""
    assert f"accuracy ≥ {shown}" == str(Target("accuracy", at_least=True, threshold=threshold))


def test_a_value_that_is_no_number_meets_no_target():
    """NaN reaches neither a least nor a most."""
    assert not Target("loss", at_least=False, threshold=1).is_met_by(math.nan)
    assert not Target("accuracy", at_least=True, threshold=0).is_met_by(math.nan)
    assert Target("loss", at_least=False, threshold=1).is_met_by(1)
