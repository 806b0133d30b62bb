"""The automatic checks of an audit: a run's measures against its requirement's targets, with what they can prove."""

from collections.abc import Mapping, Sequence
from math import sqrt

from bot.domain.model import Check, Target

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


def audit_checks(targets: Sequence[Target], metrics: Mapping[str, float], *, test_rows: int) -> tuple[Check, ...]:
    """Return one check for each target, then those on the evidence itself."""
    checks = [_target_check(target, metrics.get(target.metric), test_rows=test_rows) for target in targets]
    if "train_accuracy" in metrics and "accuracy" in metrics:
        gap = metrics["train_accuracy"] - metrics["accuracy"]
        evidence = f"train {metrics['train_accuracy']:.3f}, test {metrics['accuracy']:.3f}, gap {gap:+.3f}"
        checks.append(Check(f"train–test gap ≤ {MAX_GAP:g}", gap <= MAX_GAP, evidence))
    return tuple(checks)


def _target_check(target: Target, value: float | None, *, test_rows: int) -> Check:
    name = str(target)
    if value is None:
        return Check(name, is_passed=False, evidence="was not measured by this run")
    evidence = f"{value:.4g}"
    if target.metric in SHARES_OF_ALL_ROWS and 0 <= value <= 1:
        low, high = interval_95(value, test_rows)
        evidence = f"{value:.3f} on {test_rows} rows, 95% interval {low:.3f} to {high:.3f}"
        if low < target.threshold < high:
            evidence += "; the interval spans the target, so more test rows would tell"
    return Check(name, target.is_met_by(value), evidence)
