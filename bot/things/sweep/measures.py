"""What the names of measures say: of some, less is better."""

import re

_LESS_IS_BETTER = frozenset(
    (
        "brier", "bytes", "cer", "ece", "err", "error", "errors", "fid", "fnr", "fpr", "gib", "kl", "latency",
        "logloss", "loss", "mae", "mape", "mib", "ms", "mse", "msle", "nll", "perplexity", "ppl", "rmse", "rmsle", "s",
        "seconds", "smape", "ter", "wer",
    )
)  # fmt: skip


def is_less_better(measure: str) -> bool:
    """Tell whether less of a measure is better, by the words of its name, as in `rmse` or `latency_p95_ms`."""
    return not _LESS_IS_BETTER.isdisjoint(re.split(r"[^a-z0-9]+", measure.lower()))
