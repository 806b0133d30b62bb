"""Evaluations as examples."""

from bot.core.sample import Sample
from bot.things.evaluation.model import Evaluation

SAMPLES = (
    Sample(
        "measured",
        Evaluation(
            number=14,
            requirement=12,
            model=18,
            figures={"accuracy": 0.9611, "recall_worst_class": 0.9057, "latency_p95_ms": 1.82},
            test_rows=360,
        ),
    ),
)
