"""The automatic checks of an audit: a run's measures against its requirement's targets, with what they can prove."""

from collections.abc import Iterable, Iterator
from math import sqrt

from bot.core.judging import Check, Evidence, Judge, Target
from bot.things.audit import words

MAX_GAP = 0.10
"""Train accuracy may exceed test accuracy by this much before the model is said to have learnt by heart."""
SHARES_OF_ALL_ROWS = frozenset({"accuracy"})
"""Measures that count rows out of all test rows, so that their interval is known. A class's recall rests on fewer."""
_Z = 1.96
"""Normal quantile of a two-sided 95% interval."""


def interval_95(share: float, rows: int) -> tuple[float, float]:
    """Return the Wilson score interval of a share that was measured on so many rows.

    Source:
        E. B. Wilson, Probable inference, the law of succession, and statistical inference, JASA 22 (1927).
    """
    if rows < 1:
        return 0.0, 1.0
    centre = share + _Z**2 / (2 * rows)
    spread = _Z * sqrt(share * (1 - share) / rows + _Z**2 / (4 * rows**2))
    scale = 1 + _Z**2 / rows
    return max(0.0, (centre - spread) / scale), min(1.0, (centre + spread) / scale)


def targets_are_reached(evidence: Evidence) -> Iterator[Check]:
    """Yield a check for each target, in their order."""
    for target in evidence.targets:
        yield _target_check(target, evidence.figures.get(target.metric), test_rows=evidence.test_rows)


def rows_are_not_learnt_by_heart(evidence: Evidence) -> Iterator[Check]:
    """Yield whether the gap between training and test is small, where both were measured."""
    train, test = evidence.figures.get("train_accuracy"), evidence.figures.get("accuracy")
    if train is not None and test is not None:
        gap = train - test
        yield Check(words.GAP(limit=MAX_GAP), gap <= MAX_GAP, words.GAP_IS(train=train, test=test, gap=gap))


CHECKS: tuple[Judge, ...] = (targets_are_reached, rows_are_not_learnt_by_heart)
"""Those that ship."""


def audit_checks(evidence: Evidence, judges: Iterable[Judge] = CHECKS) -> tuple[Check, ...]:
    """Return what each of the judges found, in their order."""
    return tuple(check for judge in judges for check in judge(evidence))


def _target_check(target: Target, value: float | None, *, test_rows: int) -> Check:
    name = (words.AT_LEAST if target.at_least else words.AT_MOST)(measure=target.metric, threshold=target.threshold)
    if value is None:
        return Check(name, is_passed=False, evidence=words.NOT_MEASURED())
    evidence = words.MEASURED(value=value)
    if target.metric in SHARES_OF_ALL_ROWS and 0 <= value <= 1:
        low, high = interval_95(value, test_rows)
        evidence = words.MEASURED_ON(value=value, rows=test_rows, low=low, high=high)
        if low < target.threshold < high:
            evidence = words.SPANS(measured=evidence)
    return Check(name, target.is_met_by(value), evidence)
