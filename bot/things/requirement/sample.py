"""Requirements as examples: one at each stage."""

from dataclasses import replace
from typing import Any

from bot.core.judging import Target
from bot.core.sample import PEOPLE, Sample
from bot.core.values import Duty, Stage
from bot.core.view import View
from bot.things.requirement.card import RequirementView
from bot.things.requirement.model import Requirement

FILED = Requirement(
    number=12,
    title="Read handwritten digits ตัวเลขลายมือ",
    problem="Clerks type the digits of 2 000 paper forms a day; one in fifty is wrong.",
    deployment_kind="assist",
    value="Four hours of typing a day, and fewer wrong bookings.",
    targets=(
        Target("accuracy", at_least=True, threshold=0.9),
        Target("recall_worst_class", at_least=True, threshold=0.8),
        Target("latency_p95_ms", at_least=False, threshold=200),
    ),
    constraints="No form leaves the building.",
    dataset="digits",
    filed_by=PEOPLE[Duty.ANALYST],
)


def _without_runs(view: View[Any]) -> View[Any]:
    return RequirementView(view.thing, view.since, view.links)


_CLAIMED = replace(FILED, stage=Stage.CLAIMED, claimed_by=PEOPLE[Duty.CREATOR])
SAMPLES = (
    Sample("filed", FILED, by=Duty.ANALYST, seen=_without_runs),
    Sample("claimed", replace(_CLAIMED, budget_gpu_h=10.0), by=Duty.CREATOR, seen=_without_runs),
    Sample("fulfilled", replace(_CLAIMED, stage=Stage.FULFILLED), seen=_without_runs),
    Sample(
        "withdrawn",
        replace(FILED, stage=Stage.WITHDRAWN, reason="The forms come as PDF since May."),
        by=Duty.ANALYST,
        seen=_without_runs,
    ),
)
