"""Monitors as examples: at each stage, and by what they may have measured."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from bot.core.judging import Check
from bot.core.readings import Chart
from bot.core.sample import Sample
from bot.core.values import Stage
from bot.core.view import View
from bot.things.monitor import words
from bot.things.monitor.card import MonitorView
from bot.things.monitor.model import Monitor
from bot.things.monitor.readings import Drift, Measurement

_AT = datetime(2026, 11, 26, 9, 37, tzinfo=UTC)
_ROWS, _REFERENCE_ROWS = 400, 360
_WATCHING = Monitor(number=3, requirement=12, rollout=4, endpoint="slipway-req-12", deployment="dep-4")


def _drift(measure: str, method: str, score: float, threshold: float) -> Drift:
    return Drift(measure, method, score, threshold, score > threshold, None, None)


_ANSWERED = Check(
    words.EVERY_ROW_HAS_AN_ANSWER(), is_passed=True, evidence=words.WITHOUT_AN_ANSWER(count=0, rows=_ROWS)
)
_UNANSWERED = replace(_ANSWERED, is_passed=False, evidence=words.WITHOUT_AN_ANSWER(count=12, rows=_ROWS))


def _measured(*drifts: Drift, chart: str = "", found: tuple[Check, ...] = ()) -> Callable[[View[Any]], View[Any]]:
    measurement = Measurement(_AT, _REFERENCE_ROWS, _ROWS, drifts, found)
    picture = Chart(f"charts/{chart}", words.CHART(rows=_ROWS)) if chart else None
    return lambda view: MonitorView(view.thing, view.since, view.links, picture, measurement)


_STABLE = _measured(
    _drift("predicted class", "Jensen-Shannon distance", 0.08, 0.1),
    _drift("confidence", "Wasserstein distance (normed)", 0.04, 0.1),
    _drift("brightness", "PSI", 0.03, 0.2),
    _drift("share of ink", "Wasserstein distance (normed)", 0.05, 0.1),
    chart="MON-3-1.png",
    found=(_ANSWERED,),
)
_DRIFTED = _measured(
    _drift("predicted class", "Jensen-Shannon distance", 0.08, 0.1),
    _drift("confidence", "Wasserstein distance (normed)", 0.31, 0.1),
    _drift("brightness", "PSI", 1.87, 0.2),
    _drift("share of ink", "Wasserstein distance (normed)", 0.05, 0.1),
    chart="MON-3-2.png",
    found=(_UNANSWERED,),
)

SAMPLES = (
    Sample("watching", _WATCHING, seen=_STABLE),
    Sample("ended", replace(_WATCHING, stage=Stage.ENDED), seen=_STABLE),
    Sample("watching, nothing measured", _WATCHING, seen=lambda view: MonitorView(view.thing, view.since, view.links)),
    Sample("watching, drifted", _WATCHING, seen=_DRIFTED),
    Sample("watching, nothing to compare", _WATCHING, seen=_measured()),
)
