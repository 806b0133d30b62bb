"""What may happen to a sweep, and what that asks of others."""

from bot.core.kind import Effect, Event


class SweepEvent(Event):
    """From planned to ended, cancelled or failed."""

    PLANNED = "sweep.planned"
    ORDERED = "sweep.ordered"
    SUBMITTED = "sweep.submitted"
    CANCEL_REQUESTED = "sweep.cancel_requested"
    ENDED = "sweep.ended"
    RETRIED = "sweep.retried"
    CANCELLED = "sweep.cancelled"
    FAILED = "sweep.failed"
    PROMOTED = "sweep.promoted"


class SweepEffect(Effect):
    """What is asked of the cluster."""

    SUBMIT = "cluster.submit_sweep"
    CANCEL = "cluster.cancel_sweep"
