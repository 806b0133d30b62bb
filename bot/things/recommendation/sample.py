"""Recommendations as examples: one at each stage."""

from dataclasses import replace
from typing import Any

from bot.core.readings import Chart
from bot.core.said import Said
from bot.core.sample import PEOPLE, Sample
from bot.core.values import Duty, Kind, Ref, Stage
from bot.core.view import View
from bot.things.recommendation import words
from bot.things.recommendation.model import Recommendation

_CHART = Chart("charts/MON-3-2.png", Said("monitor.chart", {"rows": 400}))
_OPEN = Recommendation(
    number=2,
    monitor=3,
    requirement=12,
    rollout=4,
    findings=(
        words.DRIFTED(measure="brightness", method="PSI", score=1.87, limit=0.2),
        words.DRIFTED(measure="confidence", method="Wasserstein distance (normed)", score=0.31, limit=0.1),
    ),
)
_DECIDED_BY = PEOPLE[Duty.DATA_ANALYST]


def _seen(view: View[Any]) -> View[Any]:
    return replace(view, chart=_CHART)


def _sample(name: str, by: Duty = Duty.SYSTEM, **changes: Any) -> Sample:
    return Sample(name, replace(_OPEN, **changes), by=by, seen=_seen)


SAMPLES = (
    _sample("open"),
    _sample("accepted", Duty.DATA_ANALYST, stage=Stage.ACCEPTED, decided_by=_DECIDED_BY, run=32),
    _sample(
        "dismissed",
        Duty.DATA_ANALYST,
        stage=Stage.DISMISSED,
        decided_by=_DECIDED_BY,
        reason="The scanner was dirty; it is clean again.",
    ),
    _sample("expired", stage=Stage.EXPIRED, cause=words.ANOTHER_WENT_LIVE(rollout=Ref(Kind.ROLLOUT, 6))),
)
