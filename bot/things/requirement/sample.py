"""Requirements as examples: one at each stage."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from bot.core import words as core
from bot.core.judging import Target
from bot.core.sample import PEOPLE, Sample
from bot.core.values import Duty, Kind, Ref, Stage
from bot.core.view import Glance, View
from bot.things.requirement.budget import Budget
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


def _with_runs(budget: Budget | None) -> Callable[[View[Any]], View[Any]]:
    """Return what stands beside one for which two runs have ended."""
    good = "✅ **RUN-31** *succeeded* · accuracy 0.961"
    bad = "❌ **RUN-30** *failed* · The loss became NaN or infinite: the training diverged. (NonZeroExitCode 87:0 o…"
    runs = tuple(
        Glance(Ref(Kind.RUN, number), stage, line=core.WRITTEN(text=line))
        for number, stage, line in ((31, Stage.SUCCEEDED, good), (30, Stage.FAILED, bad))
    )
    return lambda view: RequirementView(view.thing, view.since, view.links, runs=runs, budget=budget)


_CLAIMED = replace(FILED, stage=Stage.CLAIMED, claimed_by=PEOPLE[Duty.CREATOR])
SAMPLES = (
    Sample("filed", FILED, by=Duty.ANALYST, seen=_without_runs),
    Sample("claimed", replace(_CLAIMED, budget_gpu_h=10.0), by=Duty.CREATOR, seen=_with_runs(Budget(10.0, 2.2, 1.0))),
    Sample("fulfilled", replace(_CLAIMED, stage=Stage.FULFILLED), seen=_with_runs(None)),
    Sample(
        "withdrawn",
        replace(FILED, stage=Stage.WITHDRAWN, reason="The forms come as PDF since May."),
        by=Duty.ANALYST,
        seen=_without_runs,
    ),
)
