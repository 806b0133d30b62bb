"""What SLURM's reasons for letting a job wait mean, and which of them time alone does not mend."""

import re
from dataclasses import dataclass

from bot.core.said import Phrase
from bot.things.run import waiting_words as words


@dataclass(frozen=True, slots=True)
class Wait:
    """A reason in words."""

    said: Phrase
    """Goes on from "SLURM says: Priority, "."""
    is_hopeless: bool = False
    """Whether the job would wait for ever unless somebody does something."""


_FOR_EVER = True
WAITS: tuple[tuple[str, Wait], ...] = (
    (r"Priority", Wait(words.OTHERS_FIRST)),
    (r"Resources", Wait(words.IN_USE)),
    (r"BeginTime", Wait(words.NOT_YET)),
    (r"Dependency", Wait(words.DEPENDS)),
    (r"DependencyNeverSatisfied", Wait(words.DEPENDS_ON_FAILED, _FOR_EVER)),
    (r"JobArrayTaskLimit", Wait(words.SWEEP_IS_FULL)),
    (r"SchedDefer", Wait(words.SLURM_IS_BUSY)),
    (r"Licenses", Wait(words.LICENCES_IN_USE)),
    (r"Reservation", Wait(words.RESERVATION_NOT_BEGUN)),
    (r"ReservationDeleted", Wait(words.RESERVATION_DELETED, _FOR_EVER)),
    (r"(Cleaning|Prolog|BurstBuffer.*)", Wait(words.NODE_MADE_READY)),
    (r"ReqNodeNotAvail", Wait(words.NODE_NOT_AVAILABLE)),
    (r"(NodeDown|FrontEndDown)", Wait(words.NODE_DOWN)),
    (r"PartitionDown", Wait(words.PARTITION_STOPPED)),
    (r"PartitionInactive", Wait(words.PARTITION_CLOSED)),
    (r"PartitionTimeLimit", Wait(words.PARTITION_TIME, _FOR_EVER)),
    (r"PartitionNodeLimit", Wait(words.PARTITION_NODES, _FOR_EVER)),
    (r"PartitionConfig", Wait(words.PARTITION_CONFIG, _FOR_EVER)),
    (r"BadConstraints", Wait(words.NO_SUCH_NODE, _FOR_EVER)),
    (r"MaxMemPerLimit", Wait(words.TOO_MUCH_MEMORY, _FOR_EVER)),
    (r"AccountNotAllowed", Wait(words.ACCOUNT_NOT_ALLOWED, _FOR_EVER)),
    (r"QOSNotAllowed", Wait(words.QOS_NOT_ALLOWED, _FOR_EVER)),
    (r"InvalidAccount", Wait(words.NO_ACCOUNT, _FOR_EVER)),
    (r"InvalidQOS", Wait(words.NO_QOS, _FOR_EVER)),
    (r"JobHeldAdmin", Wait(words.HELD_BY_ADMIN, _FOR_EVER)),
    (r"JobHeldUser", Wait(words.HELD, _FOR_EVER)),
    (r"JobHoldMaxRequeue", Wait(words.REQUEUED_TOO_OFTEN, _FOR_EVER)),
    (r"job requeued in held state", Wait(words.REQUEUED_HELD, _FOR_EVER)),
    (r"launch failed requeued held", Wait(words.LAUNCH_FAILED, _FOR_EVER)),
    (r"user env retrieval failed requeued held", Wait(words.NO_ENVIRONMENT, _FOR_EVER)),
    (r"(JobLaunchFailure|SystemFailure)", Wait(words.TRIES_AGAIN)),
    (r"DeadLine", Wait(words.DEADLINE, _FOR_EVER)),
    (r"AssocMaxWallDurationPerJobLimit", Wait(words.ACCOUNT_TIME, _FOR_EVER)),
    (r"QOSMaxWallDurationPerJobLimit", Wait(words.QOS_TIME, _FOR_EVER)),
    (r"AssocMax.*Per(Job|Node)(Limit)?", Wait(words.ACCOUNT_SIZE, _FOR_EVER)),
    (r"QOSM(ax|in).*(Per(Job|Node)(Limit)?|NotSatisfied)", Wait(words.QOS_SIZE, _FOR_EVER)),
    (r"AssocGrp.*RunMinutes(Limit)?", Wait(words.ACCOUNT_PROMISED)),
    (r"QOSGrp.*RunMinutes(Limit)?", Wait(words.QOS_PROMISED)),
    (r"AssocGrp.*Minutes(Limit)?", Wait(words.ACCOUNT_USED_UP, _FOR_EVER)),
    (r"QOSGrp.*Minutes(Limit)?", Wait(words.QOS_USED_UP, _FOR_EVER)),
    (r"(Assoc|Association).*", Wait(words.ACCOUNT_IN_USE)),
    (r"(QOS|MaxGRESPerAccount|MaxTRESPerAccount|MaxJobsPerAccount).*", Wait(words.QOS_IN_USE)),
)
"""The first row that fits a reason from its beginning to its end, blanks for underscores.

Source: JOB REASON CODES of squeue(1), 22.05 to 24.11; the held states as slurmctld writes them into the reason.
"""


def wait_of(reason: str) -> Wait | None:
    """Return what a reason as squeue shows it means, or None for one that is in no row."""
    word = reason.partition(",")[0].strip().strip("()").replace("_", " ")
    return next((wait for pattern, wait in WAITS if re.fullmatch(pattern, word, re.IGNORECASE)), None)


def is_a_word(reason: str) -> bool:
    """Tell whether what is said of a job that is not clear is SLURM's own word for a state; ours are sentences."""
    return bool(reason) and " " not in reason
