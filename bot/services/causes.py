"""Why a run failed, from evidence: the cluster's word, exit codes, the payload's last words, the end of the log."""

import re
import signal
from collections.abc import Mapping

from bot.core.secrets import redacted
from bot.core.values import Json
from bot.ports import JobStatus, Observation
from bot.services.kills import KILLED, MORE_MEMORY, SAID_OF_KILL, fault_of, signal_of, without_echoes
from bot.things.run.causes import Cause, Failure

_MORE_TIME = "Resume it from its checkpoint, or launch it again with a higher `time_limit_min`."

DIVERGED = Failure(
    "The loss became NaN or infinite: the training diverged.",
    "Launch it again with a lower learning rate.",
    Cause.DIVERGED,
)
BY_STATUS: Mapping[JobStatus, Failure] = {
    JobStatus.OUT_OF_MEMORY: Failure(
        "The run used more host memory than it had asked for, and SLURM ended it.", MORE_MEMORY, Cause.OUT_OF_MEMORY
    ),
    JobStatus.TIMEOUT: Failure("The run reached its time limit before it was done.", _MORE_TIME, Cause.TIME_LIMIT),
    JobStatus.DEADLINE: Failure(
        "SLURM ended the run because it could not be done before the deadline that the cluster has set for it.",
        "Retry it when the queue is shorter, or launch it again with a lower `time_limit_min`.",
        Cause.NOT_SUBMITTED,
    ),
    JobStatus.LAUNCH_FAILED: Failure(
        "The node could not start the run, as when SLURM's Prolog fails there.",
        "SLURM has most likely drained the node; `/cluster nodes` says why. Retry the run on another one.",
        Cause.NODE_LOST,
    ),
    JobStatus.NODE_FAIL: Failure(
        "The node that the run was on was lost.",
        "Look at the node with `/cluster nodes`; resume the run, on another node if this one stays away.",
        Cause.NODE_LOST,
    ),
    JobStatus.PREEMPTED: Failure(
        "The run was ended to make room for one of higher priority.",
        "Resume it from its checkpoint when the queue is shorter.",
        Cause.PREEMPTED,
    ),
    JobStatus.FAILED: Failure(
        "The training code ended with an error.",
        "Read the last log lines; mend the code or the parameters and launch it again.",
        Cause.CODE,
    ),
}

BY_EXIT_CODE: Mapping[str, Failure] = {
    "72:0": Failure(
        "The run's folder was not there on the node.",
        "Check that the shared folder is mounted on the node; retry on another one.",
        Cause.DATA,
    ),
    "84:0": Failure(
        "The training code refused its settings, or found a checkpoint of other settings.",
        "Read the last log line; change the parameters and launch it again.",
        Cause.BAD_SETTINGS,
    ),
    "86:0": Failure(
        "The training code ran out of GPU memory.",
        "Launch it again with a smaller `batch_size`, or on more GPUs.",
        Cause.OUT_OF_GPU_MEMORY,
    ),
    "87:0": Failure(
        "The loss became NaN or infinite: the training diverged.",
        "Launch it again with a lower `learning_rate`.",
        Cause.DIVERGED,
    ),
    "88:0": Failure(
        "The training data is missing or cannot be read.",
        "Check that the dataset's folder is mounted on the node and readable.",
        Cause.DATA,
    ),
    "89:0": Failure(
        "The disk was full while the run wrote its checkpoint or its results.",
        "Free space in the shared folder (`/cluster status` shows it), then resume the run.",
        Cause.DISK_FULL,
    ),
    "90:0": Failure(
        "The checkpoint that the run was to go on from is damaged, and so is the one before it.",
        "Launch the run again from the beginning.",
        Cause.DATA,
    ),
    "126:0": Failure(
        "The run's command could not be executed.", "Check the recipe's command and environment.", Cause.BAD_SCRIPT
    ),
    "127:0": Failure(
        "The run's command was not found on the node.", "Check the recipe's command and environment.", Cause.BAD_SCRIPT
    ),
    "0:53": Failure(
        "SLURM could not open the run's log file, so nothing was run.",
        "Check that the shared folder is mounted and writable on the node and not full.",
        Cause.LOG_UNWRITABLE,
    ),
}
"""The payload's exit codes, the shell's, and SLURM's for a log that cannot be written (seen on 22.05)."""

BY_LAST_WORDS: Mapping[tuple[str, str], Failure] = {
    ("86:0", Cause.OUT_OF_MEMORY.value): Failure(
        "The training code ran out of host memory.", MORE_MEMORY, Cause.OUT_OF_MEMORY
    ),
}
"""What an exit code means when the payload's last words name a kind that the code alone does not tell."""

_GPU_IS_FULL = (
    r"(CUDA|HIP)( error:)? out of memory|\bOutOfMemoryError|(cuda|hip)Error(OutOfMemory|MemoryAllocation)"
    r"|CUDA_ERROR_OUT_OF_MEMORY|BLAS_STATUS_ALLOC_FAILED|ResourceExhaustedError|RESOURCE_EXHAUSTED"
)
_HOST_IS_FULL = rf"{SAID_OF_KILL}|MemoryError|std::bad_alloc|Cannot allocate memory|DefaultCPUAllocator"
BY_LOG: tuple[tuple[str, Failure], ...] = (
    (
        _GPU_IS_FULL,
        Failure(
            "The training code ran out of GPU memory.",
            "Launch it again with a smaller `batch_size`, or on more GPUs.",
            Cause.OUT_OF_GPU_MEMORY,
        ),
    ),
    (
        _HOST_IS_FULL,
        Failure("The run used more host memory than it had asked for.", MORE_MEMORY, Cause.OUT_OF_MEMORY),
    ),
    (
        r"No space left on device|Disk quota exceeded|inline_container\.cc.*unexpected pos|PytorchStreamWriter failed",
        Failure(
            "The disk was full while the run wrote.",
            "Free space in the shared folder (`/cluster status` shows it), then resume the run.",
            Cause.DISK_FULL,
        ),
    ),
    (
        r"ModuleNotFoundError|ImportError|: No module named |error while loading shared libraries",
        Failure(
            "The training code misses a module or library on the node.",
            "Install it in the recipe's environment, or name another environment.",
            Cause.IMPORT_ERROR,
        ),
    ),
    (
        r"Stale file handle|Input/output error|Transport endpoint is not connected|couldn't chdir",
        Failure(
            "The shared folder could not be read or written on the node.",
            "Check the node's mounts; resume the run on another node.",
            Cause.DATA,
        ),
    ),
    (
        r": command not found|can't open file|\b(SyntaxError|IndentationError|TabError): ",
        Failure("The run's command or script is wrong.", "Mend it and launch the run again.", Cause.BAD_SCRIPT),
    ),
    (
        r"(FileNotFoundError|PermissionError): ",
        Failure(
            "A file that the training code needs is missing or may not be read.",
            "Check the dataset's path and its permissions for the cluster's account.",
            Cause.DATA,
        ),
    ),
    (
        r"\b(ParserError|EmptyDataError|BadZipFile|BadGzipFile|UnidentifiedImageError|UnpicklingError|EOFError)\b",
        Failure(
            "A file that the training code reads is torn or of another form.",
            "Compare the dataset's files with their source, then launch the run again.",
            Cause.DATA,
        ),
    ),
    (
        r"(?i)loss\w*(\W{1,3}| is | became | returned .* is )(nan|[-+]?inf(inity)?)\b|returned nan values",
        DIVERGED,
    ),
)
"""What a line of a log proves, most telling first; the last such line counts, for what came before it was survived.
A shell that succeeds after an OOM kill leaves only the words."""

_CONSEQUENCE = re.compile(
    r"ChildFailedError|CalledProcessError|DistBackendError|DistNetworkError|Connection(Reset|Aborted)Error|BrokenPipeError"
    r"|closed by peer|exited unexpectedly|SignalException|[Ww]atchdog|collective operation timeout|Timed out waiting"
)
"""What launchers and other ranks complain of after one has failed."""
_OTHER_ERROR = re.compile(r"^(\[\w+\]: ?)?[\w.]*(Error|Exception)(:|$)")
"""The last line of a traceback whose error is in no row; a launcher writes the rank before it."""
_CHAINED = re.compile(r"^(The above exception was the direct cause|During handling of the above exception)")

BAD_RESULT_STEP = "Look at result.json and the log in the run's folder; launch the run again if it was cut off."
_EXIT = re.compile(r"\b(\d+:\d+)\b")


def failure_of(
    observation: Observation, *, log_tail: str = "", last_words: Mapping[str, Json] | None = None
) -> Failure:
    """Return the cause of a final observation that is neither success nor cancellation."""
    words = last_words or {}
    found = None
    if observation.status is JobStatus.FAILED:
        found = _told(observation.reason, log_tail, words) or (DIVERGED if observation.is_diverged else None)
    failure = found or BY_STATUS[observation.status]
    said = words.get("said")
    told = f" It said: {said}" if isinstance(said, str) and said else ""
    where = f" on {observation.node}" if observation.node else ""
    evidence = f" ({observation.reason}{where})" if observation.reason or where else ""
    return Failure(redacted(f"{failure.cause}{evidence}{told}"), failure.next_step, failure.kind)


def _told(reason: str, log_tail: str, words: Mapping[str, Json]) -> Failure | None:
    match = _EXIT.search(reason)
    code = match.group(1) if match else ""
    ended_by = signal_of(code)
    if code not in BY_EXIT_CODE and isinstance(words.get("code"), int):
        code = f"{words['code']}:0"  # a launcher between SLURM and the payload ends with a code of its own
    found = BY_LAST_WORDS.get((code, str(words.get("kind")))) or BY_EXIT_CODE.get(code)
    if found is None and ended_by is signal.SIGKILL:
        return KILLED  # whatever its peers say, who have lost it
    return found or _last_told(without_echoes(log_tail)) or (fault_of(match.group(1)) if match else None)


def _last_told(log_tail: str) -> Failure | None:
    """Return what the last telling line of a log proves; None when an error of no known class came after it."""
    last: Failure | None = None
    is_chained = False
    for line in log_tail.split("\n"):
        told = next((failure for pattern, failure in BY_LOG if re.search(pattern, line)), None)
        if told is not None:
            last, is_chained = told, False
        elif _CHAINED.match(line):
            is_chained = True
        elif _OTHER_ERROR.match(line) and not _CONSEQUENCE.search(line):
            last, is_chained = (last if is_chained else None), False
    return last
