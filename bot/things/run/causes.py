"""Why a run failed, as classes that rules can speak of, each with the presses that fit it."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from bot.core.said import Phrase, Said
from bot.things.run import words


class Cause(StrEnum):
    """The classes of failure. The value is what a recipe's retry policy names."""

    OUT_OF_MEMORY = "out of memory"
    OUT_OF_GPU_MEMORY = "out of GPU memory"
    TIME_LIMIT = "time limit"
    NODE_LOST = "node lost"
    PREEMPTED = "preempted"
    DATA = "data"
    DISK_FULL = "disk full"
    IMPORT_ERROR = "import error"
    DIVERGED = "diverged"
    STALLED = "stalled"
    PENDING_FOR_EVER = "pending for ever"
    SLOW = "slow"
    SUSPENDED = "suspended"
    LOST_SIGHT = "lost sight"
    CANCELLED_BY_OTHERS = "cancelled by others"
    BAD_SCRIPT = "bad script"
    BAD_SETTINGS = "bad settings"
    BAD_RESULT = "bad result"
    NOT_SERVABLE = "not servable"
    LOG_UNWRITABLE = "log unwritable"
    NOT_SUBMITTED = "not submitted"
    CODE = "code"


class Remedy(StrEnum):
    """What may be pressed on the incident of a run; the value is the first part of the button's id."""

    RETRY = "retry"
    MORE_MEMORY = "retry_memory"
    MORE_TIME = "retry_time"
    RESUME = "resume"
    EXCLUDE_NODE = "retry_elsewhere"
    STOP = "stop"
    CANCEL = "cancel"


@dataclass(frozen=True, slots=True)
class Failure:
    """A cause as people read it, with its class and what to do now."""

    cause: Said
    next_step: Said
    kind: Cause = Cause.CODE


R = Remedy
REMEDIES: Mapping[Cause, tuple[Remedy, ...]] = {
    Cause.OUT_OF_MEMORY: (R.MORE_MEMORY, R.RESUME),
    Cause.OUT_OF_GPU_MEMORY: (R.RETRY,),
    Cause.TIME_LIMIT: (R.RESUME, R.MORE_TIME),
    Cause.NODE_LOST: (R.RESUME, R.EXCLUDE_NODE, R.RETRY),
    Cause.PREEMPTED: (R.RESUME, R.RETRY),
    Cause.DATA: (R.RETRY, R.RESUME, R.EXCLUDE_NODE),
    Cause.DISK_FULL: (R.RESUME, R.RETRY),
    Cause.IMPORT_ERROR: (R.RETRY, R.EXCLUDE_NODE),
    Cause.DIVERGED: (R.CANCEL,),
    Cause.STALLED: (R.STOP, R.EXCLUDE_NODE, R.CANCEL),
    Cause.SLOW: (R.STOP, R.EXCLUDE_NODE, R.CANCEL),
    Cause.SUSPENDED: (R.CANCEL,),
    Cause.PENDING_FOR_EVER: (R.CANCEL,),
    Cause.LOST_SIGHT: (R.CANCEL,),
    Cause.CANCELLED_BY_OTHERS: (R.RESUME,),
    Cause.BAD_SCRIPT: (R.RETRY,),
    Cause.BAD_SETTINGS: (),
    Cause.BAD_RESULT: (R.RETRY,),
    Cause.NOT_SERVABLE: (),
    Cause.LOG_UNWRITABLE: (R.RETRY, R.EXCLUDE_NODE),
    Cause.NOT_SUBMITTED: (R.RETRY,),
    Cause.CODE: (R.RETRY, R.RESUME),
}
"""The presses that fit a cause, likeliest first. Where trying the same again cannot help, there is none."""

NOT_FAILED = frozenset(
    {
        Cause.STALLED,
        Cause.SLOW,
        Cause.SUSPENDED,
        Cause.PENDING_FOR_EVER,
        Cause.LOST_SIGHT,
        Cause.CANCELLED_BY_OTHERS,
    }
)
"""What Ops are told of runs that have not failed: a retry policy has nothing to try again there."""

NAMES: Mapping[Cause, Phrase] = {
    Cause.OUT_OF_MEMORY: words.OUT_OF_MEMORY,
    Cause.OUT_OF_GPU_MEMORY: words.OUT_OF_GPU_MEMORY,
    Cause.TIME_LIMIT: words.TIME_LIMIT,
    Cause.NODE_LOST: words.NODE_LOST,
    Cause.PREEMPTED: words.PREEMPTED,
    Cause.DATA: words.DATA,
    Cause.DISK_FULL: words.DISK_FULL,
    Cause.IMPORT_ERROR: words.IMPORT_ERROR,
    Cause.DIVERGED: words.DIVERGED,
    Cause.STALLED: words.STALLED,
    Cause.PENDING_FOR_EVER: words.PENDING_FOR_EVER,
    Cause.SLOW: words.SLOW,
    Cause.SUSPENDED: words.SUSPENDED,
    Cause.LOST_SIGHT: words.LOST_SIGHT,
    Cause.CANCELLED_BY_OTHERS: words.CANCELLED_BY_OTHERS,
    Cause.BAD_SCRIPT: words.BAD_SCRIPT,
    Cause.BAD_SETTINGS: words.BAD_SETTINGS,
    Cause.BAD_RESULT: words.BAD_RESULT,
    Cause.NOT_SERVABLE: words.NOT_SERVABLE,
    Cause.LOG_UNWRITABLE: words.LOG_UNWRITABLE,
    Cause.NOT_SUBMITTED: words.NOT_SUBMITTED,
    Cause.CODE: words.CODE,
}
"""What the classes are called, for lists."""
