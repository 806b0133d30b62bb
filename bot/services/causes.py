"""Why a run failed, from what the cluster says of its end, as a sentence with the next step."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from bot.ports import JobStatus, Observation


@dataclass(frozen=True, slots=True)
class Failure:
    """A cause in a sentence and what to do now."""

    cause: str
    next_step: str


BY_STATUS: Mapping[JobStatus, Failure] = {
    JobStatus.OUT_OF_MEMORY: Failure(
        "The run used more host memory than it had asked for, and SLURM ended it.",
        "Launch it again with more `memory_gib`, or with a smaller `batch_size`.",
    ),
    JobStatus.TIMEOUT: Failure(
        "The run reached its time limit before it was done.",
        "Launch it again with a higher `time_limit_min`, or with fewer epochs.",
    ),
    JobStatus.NODE_FAIL: Failure(
        "The node that the run was on was lost.",
        "Look at the node with `sinfo -R`; launch the run again on another one.",
    ),
    JobStatus.PREEMPTED: Failure(
        "The run was ended to make room for one of higher priority.",
        "Launch it again when the queue is shorter.",
    ),
    JobStatus.FAILED: Failure(
        "The training code ended with an error.",
        "Read the last log lines; mend the code or the parameters and launch it again.",
    ),
}

BY_EXIT_CODE: Mapping[str, Failure] = {
    "84:0": Failure(
        "The training code refused its settings, or found a checkpoint of other settings.",
        "Read the last log line; change the parameters and launch it again.",
    ),
    "86:0": Failure(
        "The training code ran out of GPU memory.",
        "Launch it again with a smaller `batch_size`, or on more GPUs.",
    ),
    "87:0": Failure(
        "The loss became NaN or infinite: the training diverged.",
        "Launch it again with a lower `learning_rate`.",
    ),
    "88:0": Failure(
        "The training data is missing or cannot be read.",
        "Check that the dataset's folder is mounted on the node and readable.",
    ),
    "0:53": Failure(
        "SLURM could not open the run's log file, so nothing was run.",
        "Check that the shared folder is mounted and writable on the node and not full.",
    ),
}
"""The payload's own exit codes, and SLURM's for a log that cannot be written (found by running it on 22.05)."""

BAD_RESULT_STEP = "Look at result.json and the log in the run's folder; launch the run again if it was cut off."
_EXIT = re.compile(r"\b(\d+:\d+)\b")


def failure_of(observation: Observation) -> Failure:
    """Return the cause of a final observation that is neither success nor cancellation."""
    match = _EXIT.search(observation.reason)
    code = match.group(1) if match else ""
    if observation.status is JobStatus.FAILED and code in BY_EXIT_CODE:
        return BY_EXIT_CODE[code]
    failure = BY_STATUS[observation.status]
    where = f" on {observation.node}" if observation.node else ""
    evidence = f" ({observation.reason}{where})" if observation.reason or where else ""
    return Failure(f"{failure.cause}{evidence}", failure.next_step)
