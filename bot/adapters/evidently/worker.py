"""What is asked of Evidently, in the worker process: the only importer of evidently."""

import math
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec, module_from_spec
from types import ModuleType

import pandas as pd
from scipy.stats import chi2

from bot.adapters.evidently.measures import Lacking, Measure, lacking, measures, tables
from bot.adapters.evidently.question import Question
from bot.adapters.matplotlib.paper import Panel, draw
from bot.errors import Refused, Upstream
from bot.ports import Comparison, Drift

FALSE_ALARMS = 0.05  # chance that one comparison without any drift finds some; shared by its measures
MANY_ROWS = (
    1000  # above, p-values find differences that matter to nobody, and distances are steady: Evidently's own border
)
DISTANCE = 0.1  # Evidently's own threshold of its distances
MISSING_MORE = 0.05  # so much more of the cells missing than in the reference is drift of its own
MIN_USABLE_ROWS = 10  # of one measure
METHODS = {
    "ks": "K-S p_value",
    "wasserstein": "Wasserstein distance (normed)",
    "jensenshannon": "Jensen-Shannon distance",
}  # as Evidently's descriptions name them


@dataclass(frozen=True)
class Test:
    """How one measure is tested."""

    measure: Measure
    method: str
    threshold: float


def compare(question: Question) -> Comparison:
    """Compare and draw. Raises Refused when the rows are too few, or the reference is missing."""
    try:
        return _compare(question)
    except (ArithmeticError, LookupError, OSError, TypeError, ValueError) as error:  # what pandas and evidently raise
        message = f"{type(error).__name__}: {str(error)[:400]}"
        raise Upstream("evidently", message, retryable=False) from error


def _compare(question: Question) -> Comparison:
    path = question.directory / "reference.csv"
    if not path.is_file():
        raise Refused(
            f"The model in {question.directory} has no reference.csv, so there is nothing to compare production with; "
            "train it with a recipe that writes one."
        )
    row_count = len(question.current.inputs)
    if row_count < question.min_rows:
        raise Refused(
            f"Only {row_count} production rows in the last {question.window}; a comparison needs {question.min_rows} "
            "(monitoring.min_rows). Wait for more traffic, or make the window longer."
        )
    reference, current = tables(pd.read_csv(path), question.current.inputs, question.current.outputs)
    tests = _plan(measures(reference, current))
    missing = lacking(reference, current)
    drifts = [*_ask_evidently(tests), *_missing_drifts(missing)]
    chart = draw(
        question.title,
        f"Reference: {len(reference)} rows held out of training",
        f"Production: {row_count} rows, {question.window}",
        _panels(tests, drifts),
    )
    return Comparison(drifts, reference_rows=len(reference), current_rows=row_count, chart_png=chart)


def _plan(found: list[Measure]) -> list[Test]:
    usable = [one for one in found if min(len(one.reference), len(one.current)) >= MIN_USABLE_ROWS]
    alarm_share = FALSE_ALARMS / max(1, len(usable))
    return [Test(one, *_method(one, alarm_share)) for one in usable]


def _method(measure: Measure, alarm_share: float) -> tuple[str, float]:
    """Return method and threshold by the rows there are on the poorer side.

    Not Evidently's chi-square for classes: it takes the reference's shares as exact, so that a small reference always
    drifts. Without drift, 8 JS² is distributed as chi² (1/n + 1/m), which gives the threshold for few rows.
    """
    there, here = len(measure.reference), len(measure.current)
    if measure.is_categorical:
        freedom = max(1, len(set(measure.reference) | set(measure.current)) - 1)
        by_chance = math.sqrt(float(chi2.ppf(1 - alarm_share, freedom)) * (1 / there + 1 / here) / 8)
        return "jensenshannon", max(DISTANCE, by_chance)
    return ("wasserstein", DISTANCE) if min(there, here) > MANY_ROWS else ("ks", alarm_share)


def _ask_evidently(tests: list[Test]) -> list[Drift]:
    """Return the verdicts. Each measure is a question of its own, since their rows differ."""
    return [_drift(test) for test in tests]


def _drift(test: Test) -> Drift:
    measure = test.measure
    kind = "cat" if measure.is_categorical else "num"  # never inferred: Evidently leaves out what it cannot infer
    there, here = (pd.Series(side.to_numpy()) for side in (measure.reference, measure.current))
    ask = _stattests().get_stattest(there, here, kind, test.method)
    found = ask(there, here, kind, test.threshold)
    return Drift(
        measure=measure.name,
        method=METHODS[test.method],
        score=float(found.drift_score),
        threshold=test.threshold,
        is_drifted=bool(found.drifted),
        reference_mean=None if measure.is_categorical else float(measure.reference.mean()),
        current_mean=None if measure.is_categorical else float(measure.current.mean()),
    )


@cache
def _stattests() -> ModuleType:
    """Return Evidently's tests of one column, without its reports, web pages and language models.

    Those cost 3 s of processor time and 80 MB, and no comparison uses them.
    """
    with _without_init("evidently"):
        from evidently.legacy.calculations import stattests  # noqa: PLC0415  # only here can it be imported alone
    found: ModuleType = stattests
    return found


@contextmanager
def _without_init(package: str) -> Iterator[None]:
    """Let parts of a package be imported while its `__init__`, which imports all of them, has not run."""
    spec = None if package in sys.modules else find_spec(package)
    if spec is not None:
        sys.modules[package] = module_from_spec(spec)
    try:
        yield
    finally:
        if spec is not None:
            del sys.modules[package]  # who imports the package itself gets all of it


def _missing_drifts(missing: Lacking) -> list[Drift]:
    """Return findings of ours beside Evidently's, which leaves missing values out before it looks."""
    threshold = missing.reference_share + MISSING_MORE
    cells = Drift(
        measure="missing values",
        method="share of input cells",
        score=missing.current_share,
        threshold=threshold,
        is_drifted=missing.current_share > threshold,
        reference_mean=missing.reference_share,
        current_mean=missing.current_share,
    )
    if not missing.columns:
        return [cells]
    shown = ", ".join(missing.columns[:3]) + (" …" if len(missing.columns) > 3 else "")  # noqa: PLR2004
    columns = Drift(
        measure=f"missing columns ({shown})",
        method="count of columns",
        score=float(len(missing.columns)),
        threshold=0.0,
        is_drifted=True,
        reference_mean=0.0,
        current_mean=float(len(missing.columns)),
    )
    return [cells, columns]


def _panels(tests: list[Test], drifts: list[Drift]) -> list[Panel]:
    by_name = {test.measure.name: test.measure for test in tests}
    return [
        Panel(
            title=drift.measure,
            verdict=_verdict(drift),
            is_drifted=drift.is_drifted,
            is_categorical=measure.is_categorical,
            reference=measure.reference.tolist(),
            current=measure.current.tolist(),
        )
        for drift in drifts
        if (measure := by_name.get(drift.measure))
    ] + [
        Panel(
            title=drift.measure,
            verdict=_verdict(drift),
            is_drifted=drift.is_drifted,
            bars=((drift.reference_mean or 0.0), (drift.current_mean or 0.0)),
            is_share=drift.method == "share of input cells",
        )
        for drift in drifts
        if drift.measure not in by_name
    ]


def _verdict(drift: Drift) -> str:
    word = "DRIFTED" if drift.is_drifted else "stable"
    if drift.method == METHODS["ks"]:
        if drift.score < 0.0001:  # noqa: PLR2004
            return f"{word}: p < 0.0001"
        return f"{word}: p {drift.score:.2g} {'<' if drift.is_drifted else '≥'} {drift.threshold:.2g}"
    beside = ">" if drift.is_drifted else "≤"
    if drift.method == "share of input cells":
        return f"{word}: {drift.score:.0%} {beside} {drift.threshold:.0%}"
    if drift.method == "count of columns":
        return f"{word}: {drift.score:.0f} {beside} 0"
    return f"{word}: {drift.score:.2f} {beside} {drift.threshold:.2f}"
