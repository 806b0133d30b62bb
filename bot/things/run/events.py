"""What may happen to a training run, and what that asks of others."""

from bot.core.kind import Effect, Event


class RunEvent(Event):
    """From planned to succeeded, failed or cancelled, and on to another attempt."""

    PLANNED = "run.planned"
    ORDERED = "run.ordered"
    RETRAINING_ORDERED = "run.retraining_ordered"
    SUBMITTED = "run.submitted"
    QUEUED = "run.queued"
    STARTED = "run.started"
    SUCCEEDED = "run.succeeded"
    RECORDED = "run.recorded"
    FAILED = "run.failed"
    CANCEL_REQUESTED = "run.cancel_requested"
    CANCELLED = "run.cancelled"
    RETRIED = "run.retried"
    RESUMED = "run.resumed"
    NOTED = "run.noted"
    ACCOUNTED = "run.accounted"
    SWEPT = "run.swept"
    PROMOTED = "run.promoted"


class RunEffect(Effect):
    """What is asked of the cluster and the registry."""

    FORECAST = "cluster.forecast"
    SUBMIT = "cluster.submit"
    CANCEL = "cluster.cancel"
    TRACK = "tracking.update"
    RECORD = "registry.record"
