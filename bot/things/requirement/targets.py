"""Targets as people type them."""

import re

from bot.core.judging import Target
from bot.core.text import typed
from bot.errors import Refused
from bot.things.requirement import words

KNOWN_METRICS = (
    "accuracy",
    "precision",
    "recall",
    "f1",
    "recall_worst_class",
    "latency_p95_ms",
)
"""What the built-in recipes measure. Other names may be targeted; an audit then says that they were not measured."""

TARGET_LIMIT = 12
LARGEST_THRESHOLD = 1e12
QUOTED_LIMIT = 80
_TARGET = re.compile(
    r"^\s*([a-z][a-z0-9_ ]{0,39}?)\s*(>=|≥|<=|≤|>|<)\s*([0-9]*[.,]?[0-9]+)\s*(%|ms)?\s*$", re.IGNORECASE
)
_THOUSANDS = re.compile(r"[1-9][0-9]{0,2},[0-9]{3}")  # 1,000: a thousand to some, one to others


def parse_targets(text: str) -> tuple[Target, ...]:
    """Read targets such as `accuracy >= 0.85, latency_p95_ms <= 200`, by comma, semicolon or line.

    A per cent sign divides by a hundred.

    Raises:
        Refused: there is none, one cannot be read, one is named twice, or a share lies outside 0 to 1.
    """
    parts = [part for part in re.split(r"[;\n]|,(?!\d)", text) if part.strip()]
    if not parts:
        raise Refused(words.NO_TARGET_GIVEN())
    if len(parts) > TARGET_LIMIT:
        raise Refused(words.TOO_MANY_TARGETS(limit=TARGET_LIMIT, count=len(parts)))
    targets = tuple(_target(part) for part in parts)
    names = [target.metric for target in targets]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise Refused(words.TARGET_TWICE(measure=twice[0]))
    return targets


def _target(part: str) -> Target:
    match = _TARGET.match(part)
    if match is None:
        raise Refused(words.TARGET_UNREADABLE(target=typed(part, limit=QUOTED_LIMIT)))
    name, sign, number, unit = match.groups()
    metric = "_".join(name.lower().split())
    if _THOUSANDS.fullmatch(number):
        whole, fraction = number.replace(",", ""), str(float(number.replace(",", ".")))
        raise Refused(words.TARGET_OF_TWO_READINGS(measure=metric, whole=whole, fraction=fraction))
    threshold = float(number.replace(",", ".")) / (100 if unit == "%" else 1)
    is_share = metric in KNOWN_METRICS and not metric.endswith("_ms")
    if unit and (unit == "%") is metric.endswith("_ms"):
        raise Refused((words.TARGET_IN_PER_CENT if unit == "%" else words.TARGET_IN_MS)(measure=metric))
    if threshold > LARGEST_THRESHOLD:
        raise Refused(words.TARGET_TOO_LARGE(measure=metric, most=int(LARGEST_THRESHOLD)))
    if is_share and not 0 <= threshold <= 1:
        raise Refused(words.TARGET_NO_SHARE(measure=metric, given=threshold))
    return Target(metric=metric, at_least=sign in (">=", "≥", ">"), threshold=threshold)
