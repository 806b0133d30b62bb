"""What is kept of a sweep's runs: readings, never facts."""

from dataclasses import dataclass

from bot.core.readings import Reading


@dataclass(frozen=True, slots=True)
class FailureLog:
    """The log of a failed run, the first that had one and was not tried again."""

    run: int
    log: str


@dataclass(frozen=True, slots=True)
class FailedAttempt:
    """An attempt of a run that stood failed."""

    run: int
    attempt: int


FAILURE_LOG = Reading("failure log", FailureLog)
FAILURES_TOLD = Reading("failures told", tuple[FailedAttempt, ...])
"""The attempts that stood failed when the sweep last ended."""
TURNS = Reading("turns", tuple[int, ...])
"""The runs whose next attempts may be on the cluster."""
