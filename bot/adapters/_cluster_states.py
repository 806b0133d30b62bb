"""What SLURM says of jobs, as observations: total tables of its words, and nothing concluded from silence."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

import structlog

from bot.adapters._cluster_results import parse_progress
from bot.domain.model import Progress
from bot.errors import UnknownStatus
from bot.ports import Job, JobStatus, Observation

log = structlog.get_logger()

SEPARATOR = "\x1f"
STATUS: Mapping[str, JobStatus] = {
    "BOOT_FAIL": JobStatus.NODE_FAIL,
    "CANCELLED": JobStatus.CANCELLED,
    "COMPLETED": JobStatus.COMPLETED,
    "COMPLETING": JobStatus.RUNNING,
    "CONFIGURING": JobStatus.PENDING,
    "DEADLINE": JobStatus.TIMEOUT,
    "FAILED": JobStatus.FAILED,
    "LAUNCH_FAILED": JobStatus.FAILED,
    "NODE_FAIL": JobStatus.NODE_FAIL,
    "OUT_OF_MEMORY": JobStatus.OUT_OF_MEMORY,
    "PENDING": JobStatus.PENDING,
    "POWER_UP_NODE": JobStatus.PENDING,
    "PREEMPTED": JobStatus.PREEMPTED,
    "RECONFIG_FAIL": JobStatus.FAILED,
    "REQUEUED": JobStatus.PENDING,
    "REQUEUE_FED": JobStatus.PENDING,
    "REQUEUE_HOLD": JobStatus.PENDING,
    "RESIZING": JobStatus.RUNNING,
    "RESV_DEL_HOLD": JobStatus.PENDING,
    "REVOKED": JobStatus.CANCELLED,
    "RUNNING": JobStatus.RUNNING,
    "SIGNALING": JobStatus.RUNNING,
    "SPECIAL_EXIT": JobStatus.PENDING,
    "STAGE_OUT": JobStatus.RUNNING,
    "STOPPED": JobStatus.RUNNING,
    "SUSPENDED": JobStatus.RUNNING,
    "TIMEOUT": JobStatus.TIMEOUT,
    "UPDATE_DB": JobStatus.RUNNING,
}
"""Source: JOB STATE CODES of squeue(1) and sacct(1), 22.05 to 25.05."""

SAVED_AND_STOPPED = "85:0"
"""A recipe's exit code when it was told of its time limit, saved and stopped."""
NOTHING_FAILED = ("0:0", "")
NO_REASON = ("None", "(null)", "")


@dataclass(frozen=True, slots=True)
class Row:
    """A job as one command showed it."""

    job_id: str
    name: str
    state: str
    reason: str = ""
    node: str = ""
    exit_code: str = ""
    derived_exit_code: str = ""


def read_round(text: str, jobs: Collection[Job]) -> dict[str, Observation]:
    """Return an observation for each job from what the observing script printed."""
    parts = _parts(text)
    queued = {row.job_id: row for row in map(_queue_row, parts["squeue"]) if row}
    shown = {row.job_id: row for row in map(_shown_row, parts["scontrol"]) if row}
    kept = {row.job_id: row for row in map(_accounting_row, parts["sacct"]) if row}
    progress = _progress(parts["progress"])
    return {job.key: replace(_observation(job, queued, shown, kept), progress=progress.get(job.key)) for job in jobs}


def _observation(job: Job, queued: Mapping[str, Row], shown: Mapping[str, Row], kept: Mapping[str, Row]) -> Observation:
    waiting, ended, past = (_own(job, rows) for rows in (queued, shown, kept))
    try:
        if waiting is not None and not status_of(waiting.state).is_final:
            return Observation(status_of(waiting.state), _told(waiting.reason), waiting.node)
        if ended is not None and status_of(ended.state).is_final:
            by = past.state if past is not None and past.state.startswith("CANCELLED by") else ended.state
            return _end(replace(ended, state=by))
        if waiting is not None:
            return Observation(JobStatus.UNKNOWN, "it has ended; how is not known yet")
        if past is not None:
            return _end(past) if status_of(past.state).is_final else _live_in_accounting(past)
    except UnknownStatus as error:
        log.warning("unknown job status", system=error.system, word=error.word, key=job.key, job_id=job.job_id)
        return Observation(JobStatus.UNKNOWN, error.word)
    return Observation(JobStatus.UNKNOWN, "neither squeue nor sacct shows it")


def _live_in_accounting(row: Row) -> Observation:
    # The queue does not have it, so this is old news; accounting lags behind by seconds.
    return Observation(JobStatus.UNKNOWN, f"accounting still has it as {row.state}")


def _own(job: Job, rows: Mapping[str, Row]) -> Row | None:
    row = rows.get(job.job_id)
    return row if row is not None and row.name == job.key else None  # SLURM gives ids anew after its counter's end


def _end(row: Row) -> Observation:
    status = status_of(row.state)
    if status is JobStatus.COMPLETED and row.derived_exit_code not in NOTHING_FAILED:
        return Observation(JobStatus.FAILED, f"a step ended with {row.derived_exit_code}", row.node)
    if status is JobStatus.FAILED and row.exit_code == SAVED_AND_STOPPED:
        return Observation(JobStatus.TIMEOUT, f"saved and stopped, exit code {row.exit_code}", row.node)
    if status is JobStatus.CANCELLED:
        _, _, by = row.state.partition(" by ")
        return Observation(status, f"by uid {by}" if by else "", row.node)
    if status is JobStatus.COMPLETED:
        return Observation(status, "", row.node)
    told = [f"exit code {row.exit_code}"] if row.exit_code not in NOTHING_FAILED else []
    return Observation(status, ", ".join([*filter(None, [_told(row.reason)]), *told]), row.node)


def status_of(state: str) -> JobStatus:
    """Return the status for a state as squeue, scontrol or sacct writes it, as in `CANCELLED by 1001`.

    Raises:
        UnknownStatus: the word is in no table of ours.
    """
    word = state.split(" ", 1)[0].rstrip("+")
    try:
        return STATUS[word]
    except KeyError:
        raise UnknownStatus("slurm", word) from None


def _told(reason: str) -> str:
    return "" if reason in NO_REASON else reason


def _parts(text: str) -> dict[str, list[str]]:
    parts: dict[str, list[str]] = {"squeue": [], "scontrol": [], "sacct": [], "progress": []}
    name = ""
    for line in text.split("\n"):
        if line[:1] == "@" and line[1:] in parts:
            name = line[1:]
        elif name:
            parts[name].append(line)
    return parts


def _queue_row(line: str) -> Row | None:
    match line.split(SEPARATOR):
        case [job_id, name, state, reason, node]:
            return Row(job_id, name, state, reason=reason, node=node)
        case _:
            return None


def _accounting_row(line: str) -> Row | None:
    """Return the row, or None: after an outage accounting shows ends before it knows when, and how, they were."""
    match line.split(SEPARATOR):
        case [_, _, state, _, _, "Unknown" | "", _] if _is_final_word(state):
            return None
        case [job_id, name, state, exit_code, derived, _, node]:
            place = "" if node == "None assigned" else node
            return Row(job_id, name, state, node=place, exit_code=exit_code, derived_exit_code=derived)
        case _:
            return None


def _is_final_word(state: str) -> bool:
    return STATUS.get(state.split(" ", 1)[0], JobStatus.UNKNOWN).is_final


_FIELD = re.compile(r"(?:^|\s)(JobId|JobName|JobState|Reason|NodeList|ExitCode|DerivedExitCode)=(\S*)")


def _shown_row(line: str) -> Row | None:
    found: dict[str, str] = {}
    for name, value in _FIELD.findall(line):
        found.setdefault(name, value)  # the first: later ones may stand in a comment
    if not {"JobId", "JobName", "JobState"} <= found.keys():
        return None
    return Row(
        found["JobId"],
        found["JobName"],
        found["JobState"],
        reason=found.get("Reason", ""),
        node="" if found.get("NodeList", "") in NO_REASON else found["NodeList"],
        exit_code=found.get("ExitCode", ""),
        derived_exit_code=found.get("DerivedExitCode", ""),
    )


_HEADING = re.compile(r"==> .*/runs/([^/]+)/progress\.jsonl <==")


def _progress(lines: list[str]) -> dict[str, Progress]:
    """Return the newest whole line of each file that tail(1) showed."""
    found: dict[str, Progress] = {}
    key = ""
    for line in lines:
        heading = _HEADING.fullmatch(line)
        if heading:
            key = heading.group(1)
        elif key and (progress := parse_progress(line)) is not None:
            found[key] = progress
    return found
