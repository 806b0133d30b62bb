"""Rollouts as examples: one at each stage, and how much may be left of one that was aborted."""

from dataclasses import replace
from typing import Any

from bot.core import words as core
from bot.core.sample import PEOPLE, Sample
from bot.core.values import Duty, Kind, Ref, Stage
from bot.things.rollout import words
from bot.things.rollout.model import Rollout

_REQUESTED = Rollout(
    number=4,
    requirement=12,
    run=31,
    audit=9,
    model_name="req-12",
    model_version="3",
    model_digest="9f2c4e7ab1d05c3388aa61e2f7704bd9",
    endpoint="slipway-req-12",
    requested_by=PEOPLE[Duty.CREATOR],
    reason="The clerks wait for it.",
)
_APPROVED = replace(
    _REQUESTED,
    stage=Stage.APPROVED,
    decided_by=PEOPLE[Duty.OPERATOR],
    decision="Quiet hours, and the audit is fresh.",
)
_SERVING = replace(_APPROVED, stage=Stage.LIVE, traffic_pct=100, latency_ms=23.0)
_OUT_OF_QUOTA = "The deployment ended as Failed: OutOfQuota, Standard_DS3_v2 has 0 cores left."


def _ended(stage: Stage, said: str, **changes: Any) -> Sample:
    return Sample(stage.value, replace(_SERVING, stage=stage, cause=core.QUOTED(text=said), **changes))


def _aborted(name: str, rollout: Rollout, **changes: Any) -> Sample:
    return Sample(name, replace(rollout, stage=Stage.ABORTED, **changes), by=Duty.CREATOR)


SAMPLES = (
    Sample("requested", _REQUESTED, by=Duty.CREATOR),
    Sample("approved", _APPROVED, by=Duty.OPERATOR),
    Sample(
        "declined",
        replace(_APPROVED, stage=Stage.DECLINED, decision="Not before the month's end."),
        by=Duty.OPERATOR,
    ),
    Sample("creating", replace(_APPROVED, stage=Stage.CREATING)),
    Sample("verifying", replace(_APPROVED, stage=Stage.VERIFYING)),
    Sample("ramping", replace(_SERVING, stage=Stage.RAMPING, traffic_pct=25)),
    _ended(Stage.PAUSED, "Latency doubled at 25% of the traffic.", traffic_pct=25),
    Sample("live", _SERVING),
    Sample("failed", replace(_APPROVED, stage=Stage.FAILED, cause=core.QUOTED(text=_OUT_OF_QUOTA))),
    _aborted("aborted", _REQUESTED),
    Sample(
        "superseded",
        replace(
            _SERVING,
            stage=Stage.SUPERSEDED,
            traffic_pct=0,
            cause=words.ANOTHER_WENT_LIVE(rollout=Ref(Kind.ROLLOUT, 6)),
        ),
    ),
    _ended(Stage.ROLLED_BACK, "It reads every 7 as a 1 on the new scanner.", traffic_pct=0),
    _ended(Stage.RETIRED, "The forms are not printed any more.", traffic_pct=0),
    _aborted("aborted, being removed", _APPROVED, cause=core.QUOTED(text="The scanner was changed.")),
    _aborted("aborted, removed", _APPROVED, cause=core.QUOTED(text="The scanner was changed."), is_cleared=True),
)
