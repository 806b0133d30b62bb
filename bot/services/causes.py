"""Why a run failed, from evidence: the cluster's word, exit codes, the payload's last words, the end of the log."""

import re
import signal
from collections.abc import Mapping

from bot.core.said import Said
from bot.core.secrets import redacted_said
from bot.core.values import Json
from bot.ports import JobStatus, Observation
from bot.services.kills import KILLED, SAID_OF_KILL, fault_of, signal_of, without_echoes
from bot.things.run import causes_words as words
from bot.things.run.causes import Cause, Failure

DIVERGED = Failure(
    words.DIVERGED(),
    words.LOWER_RATE(),
    Cause.DIVERGED,
)
BY_STATUS: Mapping[JobStatus, Failure] = {
    JobStatus.OUT_OF_MEMORY: Failure(words.OUT_OF_MEMORY(), words.MORE_MEMORY(), Cause.OUT_OF_MEMORY),
    JobStatus.TIMEOUT: Failure(words.TIME_LIMIT(), words.MORE_TIME(), Cause.TIME_LIMIT),
    JobStatus.DEADLINE: Failure(words.DEADLINE(), words.WHEN_SHORTER(), Cause.NOT_SUBMITTED),
    JobStatus.LAUNCH_FAILED: Failure(words.LAUNCH_FAILED(), words.LOOK_AT_DRAINED(), Cause.NODE_LOST),
    JobStatus.NODE_FAIL: Failure(words.NODE_LOST(), words.LOOK_AT_NODE(), Cause.NODE_LOST),
    JobStatus.PREEMPTED: Failure(words.PREEMPTED(), words.RESUME_LATER(), Cause.PREEMPTED),
    JobStatus.FAILED: Failure(words.CODE(), words.MEND_CODE(), Cause.CODE),
}

BY_EXIT_CODE: Mapping[str, Failure] = {
    "72:0": Failure(words.NO_FOLDER(), words.CHECK_MOUNT(), Cause.DATA),
    "84:0": Failure(words.BAD_SETTINGS(), words.CHANGE_PARAMETERS(), Cause.BAD_SETTINGS),
    "86:0": Failure(words.OUT_OF_GPU_MEMORY(), words.SMALLER_BATCH(), Cause.OUT_OF_GPU_MEMORY),
    "87:0": Failure(words.DIVERGED(), words.LOWER_LEARNING_RATE(), Cause.DIVERGED),
    "88:0": Failure(words.NO_DATA(), words.CHECK_DATASET(), Cause.DATA),
    "89:0": Failure(words.DISK_FULL(), words.FREE_SPACE(), Cause.DISK_FULL),
    "90:0": Failure(words.CHECKPOINT_DAMAGED(), words.FROM_BEGINNING(), Cause.DATA),
    "126:0": Failure(words.NOT_EXECUTABLE(), words.CHECK_COMMAND(), Cause.BAD_SCRIPT),
    "127:0": Failure(words.NOT_FOUND(), words.CHECK_COMMAND(), Cause.BAD_SCRIPT),
    "0:53": Failure(words.LOG_UNWRITABLE(), words.CHECK_WRITABLE(), Cause.LOG_UNWRITABLE),
}
"""The payload's exit codes, the shell's, and SLURM's for a log that cannot be written (seen on 22.05)."""

BY_LAST_WORDS: Mapping[tuple[str, str], Failure] = {
    ("86:0", Cause.OUT_OF_MEMORY.value): Failure(words.OUT_OF_HOST_MEMORY(), words.MORE_MEMORY(), Cause.OUT_OF_MEMORY),
}
"""What an exit code means when the payload's last words name a kind that the code alone does not tell."""

_GPU_IS_FULL = (
    r"(CUDA|HIP)( error:)? out of memory|\bOutOfMemoryError|(cuda|hip)Error(OutOfMemory|MemoryAllocation)"
    r"|CUDA_ERROR_OUT_OF_MEMORY|BLAS_STATUS_ALLOC_FAILED|ResourceExhaustedError|RESOURCE_EXHAUSTED"
)
_HOST_IS_FULL = rf"{SAID_OF_KILL}|MemoryError|std::bad_alloc|Cannot allocate memory|DefaultCPUAllocator"
BY_LOG: tuple[tuple[str, Failure], ...] = (
    (_GPU_IS_FULL, Failure(words.OUT_OF_GPU_MEMORY(), words.SMALLER_BATCH(), Cause.OUT_OF_GPU_MEMORY)),
    (_HOST_IS_FULL, Failure(words.OUT_OF_MEMORY_BY_LOG(), words.MORE_MEMORY(), Cause.OUT_OF_MEMORY)),
    (
        r"No space left on device|Disk quota exceeded|inline_container\.cc.*unexpected pos|PytorchStreamWriter failed",
        Failure(words.DISK_FULL_BY_LOG(), words.FREE_SPACE(), Cause.DISK_FULL),
    ),
    (
        r"ModuleNotFoundError|ImportError|: No module named |error while loading shared libraries",
        Failure(words.IMPORT_ERROR(), words.INSTALL(), Cause.IMPORT_ERROR),
    ),
    (
        r"Stale file handle|Input/output error|Transport endpoint is not connected|couldn't chdir",
        Failure(words.SHARE_AWAY(), words.CHECK_MOUNTS(), Cause.DATA),
    ),
    (
        r": command not found|can't open file|\b(SyntaxError|IndentationError|TabError): ",
        Failure(words.BAD_SCRIPT(), words.MEND_SCRIPT(), Cause.BAD_SCRIPT),
    ),
    (r"(FileNotFoundError|PermissionError): ", Failure(words.FILE_MISSING(), words.CHECK_PATH(), Cause.DATA)),
    (
        r"\b(ParserError|EmptyDataError|BadZipFile|BadGzipFile|UnidentifiedImageError|UnpicklingError|EOFError)\b",
        Failure(words.FILE_TORN(), words.COMPARE_FILES(), Cause.DATA),
    ),
    (r"(?i)loss\w*(\W{1,3}| is | became | returned .* is )(nan|[-+]?inf(inity)?)\b|returned nan values", DIVERGED),
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

_EXIT = re.compile(r"\b(\d+:\d+)\b")


def failure_of(
    observation: Observation, *, log_tail: str = "", last_words: Mapping[str, Json] | None = None
) -> Failure:
    """Return the cause of a final observation that is neither success nor cancellation."""
    ends, found = last_words or {}, None
    if observation.status is JobStatus.FAILED:
        found = _told(observation.reason, log_tail, ends) or (DIVERGED if observation.is_diverged else None)
    failure = found or BY_STATUS[observation.status]
    cause, said = _with_evidence(failure.cause, observation), ends.get("said")
    told = words.IT_SAID(cause=cause, words=said) if isinstance(said, str) and said else cause
    return Failure(redacted_said(told), failure.next_step, failure.kind)


def _with_evidence(cause: Said, seen: Observation) -> Said:
    match bool(seen.reason), bool(seen.node):
        case True, True:
            return words.EVIDENCE_ON(cause=cause, evidence=seen.reason, node=seen.node)
        case True, False:
            return words.EVIDENCE(cause=cause, evidence=seen.reason)
        case False, True:
            return words.ON(cause=cause, node=seen.node)
        case _:
            return cause


def _told(reason: str, log_tail: str, ends: Mapping[str, Json]) -> Failure | None:
    match = _EXIT.search(reason)
    code = match.group(1) if match else ""
    ended_by = signal_of(code)
    if code not in BY_EXIT_CODE and isinstance(ends.get("code"), int):
        code = f"{ends['code']}:0"  # a launcher between SLURM and the payload ends with a code of its own
    found = BY_LAST_WORDS.get((code, str(ends.get("kind")))) or BY_EXIT_CODE.get(code)
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
