"""Audits as examples: one at each stage."""

from dataclasses import replace

from bot.core.judging import Evidence, Target
from bot.core.sample import PEOPLE, Sample
from bot.core.values import Duty, Stage
from bot.things.audit import words
from bot.things.audit.checks import audit_checks
from bot.things.audit.model import Audit

_TARGETS = (
    Target("accuracy", at_least=True, threshold=0.9),
    Target("recall_worst_class", at_least=True, threshold=0.8),
    Target("latency_p95_ms", at_least=False, threshold=200),
)
_GOOD = {"accuracy": 0.9611, "train_accuracy": 0.9882, "recall_worst_class": 0.9057, "latency_p95_ms": 1.82}
_LEARNT_BY_HEART = _GOOD | {"accuracy": 0.8861, "train_accuracy": 0.9993}
_TEST_ROWS = 360
_IN_REVIEW = Audit(
    number=9,
    requirement=12,
    model=18,
    evaluation=14,
    run=31,
    model_digest="9f2c4e7ab1d05c3388aa61e2f7704bd9",
    checks=audit_checks(Evidence(_TARGETS, _GOOD, _TEST_ROWS)),
)
_BAD = replace(_IN_REVIEW, checks=audit_checks(Evidence(_TARGETS, _LEARNT_BY_HEART, _TEST_ROWS)))


def _decided(audit: Audit, stage: Stage, reason: str) -> Sample:
    decided = replace(audit, stage=stage, decided_by=PEOPLE[Duty.AUDITOR], reason=reason)
    return Sample(stage.value, decided, by=Duty.AUDITOR)


SAMPLES = (
    Sample("in review", _IN_REVIEW),
    _decided(_IN_REVIEW, Stage.APPROVED, "All targets are met and the gap is small."),
    _decided(_BAD, Stage.CHANGES_REQUESTED, "Close the gap first: fewer epochs, or dropout."),
    _decided(_BAD, Stage.REJECTED, "It knows the training rows by heart."),
    Sample("expired", replace(_IN_REVIEW, stage=Stage.EXPIRED, cause=words.NOT_DECIDED(days=30))),
)
