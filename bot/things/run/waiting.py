"""What SLURM's reasons for letting a job wait mean, and which of them time alone does not mend."""

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Wait:
    """A reason in words."""

    said: str
    """Goes on from "It waits: "."""
    is_hopeless: bool = False
    """Whether the job would wait for ever unless somebody does something."""


_FOR_EVER = True
WAITS: tuple[tuple[str, Wait], ...] = (
    (r"Priority", Wait("others come first")),
    (r"Resources", Wait("what it asks for is in use")),
    (r"BeginTime", Wait("it may not start yet; after a requeue SLURM lets some minutes pass")),
    (r"Dependency", Wait("it depends on a job that has not ended")),
    (r"DependencyNeverSatisfied", Wait("it depends on a job that failed", _FOR_EVER)),
    (r"JobArrayTaskLimit", Wait("as many runs of its sweep run as may at once")),
    (r"SchedDefer", Wait("SLURM puts off planning while it is busy")),
    (r"Licenses", Wait("the licences that it asks for are in use")),
    (r"Reservation", Wait("its reservation has not begun")),
    (r"ReservationDeleted", Wait("its reservation was deleted", _FOR_EVER)),
    (r"(Cleaning|Prolog|BurstBuffer.*)", Wait("its node is being made ready")),
    (r"ReqNodeNotAvail", Wait("a node that it needs is down, drained or reserved")),
    (r"(NodeDown|FrontEndDown)", Wait("a node that it needs is down")),
    (r"PartitionDown", Wait("an administrator has stopped the partition from starting jobs")),
    (r"PartitionInactive", Wait("an administrator has closed the partition")),
    (r"PartitionTimeLimit", Wait("it asks for more time than the partition allows", _FOR_EVER)),
    (r"PartitionNodeLimit", Wait("it asks for more nodes than the partition has", _FOR_EVER)),
    (r"PartitionConfig", Wait("it asks for more than the partition is configured to give", _FOR_EVER)),
    (r"BadConstraints", Wait("no node has what it asks for", _FOR_EVER)),
    (r"MaxMemPerLimit", Wait("it asks for more memory than a job may", _FOR_EVER)),
    (r"AccountNotAllowed", Wait("its account may not use the partition", _FOR_EVER)),
    (r"QOSNotAllowed", Wait("its QOS may not use the partition", _FOR_EVER)),
    (r"InvalidAccount", Wait("its SLURM account does not exist", _FOR_EVER)),
    (r"InvalidQOS", Wait("its QOS does not exist", _FOR_EVER)),
    (r"JobHeldAdmin", Wait("an administrator holds it", _FOR_EVER)),
    (r"JobHeldUser", Wait("it is held; `scontrol release` lets it go", _FOR_EVER)),
    (r"JobHoldMaxRequeue", Wait("it was requeued too often and SLURM holds it", _FOR_EVER)),
    (r"job requeued in held state", Wait("it was requeued and is held; `scontrol release` lets it go", _FOR_EVER)),
    (r"launch failed requeued held", Wait("its launch failed and SLURM holds it", _FOR_EVER)),
    (
        r"user env retrieval failed requeued held",
        Wait("its user's environment could not be read, and SLURM holds it", _FOR_EVER),
    ),
    (r"(JobLaunchFailure|SystemFailure)", Wait("SLURM failed to start it and tries again")),
    (r"DeadLine", Wait("it cannot be done before its deadline", _FOR_EVER)),
    (
        r"AssocMaxWallDurationPerJobLimit",
        Wait("it asks for more time than its account allows a job", _FOR_EVER),
    ),
    (r"QOSMaxWallDurationPerJobLimit", Wait("it asks for more time than its QOS allows a job", _FOR_EVER)),
    (r"AssocMax.*Per(Job|Node)(Limit)?", Wait("it asks for more than its account allows a job", _FOR_EVER)),
    (r"QOSM(ax|in).*(Per(Job|Node)(Limit)?|NotSatisfied)", Wait("its QOS allows no job of this size", _FOR_EVER)),
    (r"AssocGrp.*RunMinutes(Limit)?", Wait("its account has promised too much to jobs that run")),
    (r"QOSGrp.*RunMinutes(Limit)?", Wait("its QOS has promised too much to jobs that run")),
    (r"AssocGrp.*Minutes(Limit)?", Wait("its account has used up its budget", _FOR_EVER)),
    (r"QOSGrp.*Minutes(Limit)?", Wait("its QOS has used up its budget", _FOR_EVER)),
    (r"(Assoc|Association).*", Wait("its account has as much in use as it may")),
    (r"(QOS|MaxGRESPerAccount|MaxTRESPerAccount|MaxJobsPerAccount).*", Wait("its QOS has as much in use as it may")),
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
