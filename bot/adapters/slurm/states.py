"""What SLURM says of jobs, as observations: total tables of its words, and nothing concluded from silence."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

import structlog

from bot.adapters.slurm.job import STOPPED_CODE, STOPPED_UNSAVED_CODE, WARNED_CODE
from bot.adapters.slurm.results import has_diverged, parse_progress
from bot.adapters.slurm.scripts import NO_ACCOUNTING
from bot.errors import UnknownStatus
from bot.ports import Job, JobStatus, Observation
from bot.things.run.readings import Progress

log = structlog.get_logger()

SEPARATOR = "\x1f"
STATUS: Mapping[str, JobStatus] = {
    "BOOT_FAIL": JobStatus.NODE_FAIL,
    "CANCELLED": JobStatus.CANCELLED,
    "COMPLETED": JobStatus.COMPLETED,
    "COMPLETING": JobStatus.RUNNING,
    "CONFIGURING": JobStatus.PENDING,
    "DEADLINE": JobStatus.DEADLINE,
    "FAILED": JobStatus.FAILED,
    "LAUNCH_FAILED": JobStatus.LAUNCH_FAILED,
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

PAUSED = frozenset({"SUSPENDED", "STOPPED"})
"""Those in which a job keeps its nodes and does not go on."""

ENDS: Mapping[str, tuple[JobStatus, str]] = {
    "85:0": (JobStatus.TIMEOUT, "saved and stopped, exit code 85:0"),
    f"{WARNED_CODE}:0": (JobStatus.TIMEOUT, "ended by SIGUSR1, the warning of its time limit; nothing was saved"),
    f"{STOPPED_CODE}:0": (JobStatus.CANCELLED, "saved and stopped when asked"),
    f"{STOPPED_UNSAVED_CODE}:0": (JobStatus.CANCELLED, "stopped when asked; nothing was saved"),
}
"""What failed only by its exit code: told of its time limit, the run saved; asked by us to stop, it did."""
BY_ROOT = "by uid 0"
"""Who cancels a job whose Prolog failed: the node's own daemon, for it may not be requeued. Seen on 22.05 and 24.11."""
NOTHING_FAILED = ("0:0", "")
SACCT_FAILED = "@sacct failed"
NO_ANSWER = "squeue does not show it, and accounting does not answer"
SILENCES: Mapping[tuple[bool, bool], str] = {
    (False, False): "neither squeue nor sacct shows it",
    (True, False): NO_ANSWER,
    (True, True): "squeue does not show it, and the cluster keeps no accounting",
}
"""Why nothing is known of a job, by whether sacct failed, and whether there is nothing for it to ask."""
LARGEST_INDEX = 4_000_000
"""As large as SLURM lets an array be."""
NO_REASON = ("None", "(null)", "")


@dataclass(frozen=True, slots=True)
class Row:
    """A job as one command showed it."""

    job_id: str
    name: str
    state: str
    reason: str = ""
    node: str = ""
    restarts: int = 0
    exit_code: str = ""
    derived_exit_code: str = ""


@dataclass(frozen=True, slots=True)
class Missing:
    """What one listing of the queue leaves open."""

    of_accounting: tuple[str, ...]
    """Ids that squeue does not show, or whose canceller it does not know."""
    progress_of: tuple[str, ...]
    """Keys of what runs."""
    gone: tuple[str, ...] = ()
    """Keys of what squeue does not show, which what is in their folders may tell of."""
    cancelled: tuple[str, ...] = ()
    """Keys of what was cancelled on a node, where it may never have begun."""


def queue_rows(text: str) -> dict[str, Row]:
    """Return what squeue listed, by job id."""
    return {row.job_id: row for row in map(_queue_row, text.split("\n")) if row}


def missing(jobs: Collection[Job], queued: Mapping[str, Row]) -> Missing:
    """Return what must be asked beyond the queue."""
    of_accounting: list[str] = []
    progress_of: list[str] = []
    gone: list[str] = []
    cancelled: list[str] = []
    for job in jobs:
        row = _own(job, queued)
        gone += [job.key] if row is None else []
        if row is None or row.state == "CANCELLED":
            of_accounting.append(_family(job.job_id))  # of tasks that never began there is only the array's record
            cancelled += [job.key] if row is not None and row.node else []
        elif row.state == "RUNNING":
            progress_of.append(job.key)
    return Missing(tuple(dict.fromkeys(of_accounting)), tuple(progress_of), tuple(gone), tuple(cancelled))


def observations(jobs: Collection[Job], queued: Mapping[str, Row], details: str = "") -> dict[str, Observation]:
    """Return an observation for each job, from the queue and from what else was asked."""
    parts = _parts(details)
    kept = {own_id: row for row in map(_accounting_row, parts["sacct"]) if row for own_id in _ids(row.job_id)}
    complaint = next((line for line in parts["sacct"] if line.startswith(SACCT_FAILED)), "")
    silence = SILENCES[bool(complaint), NO_ACCOUNTING in complaint]
    progress, diverged = _progress(parts["progress"])
    stopped = {line.partition("/")[0] for line in parts["stopped"]} if silence != NO_ANSWER else set()
    begun = stopped | {line.partition("/")[0] for line in parts["begun"]}
    own_words = dict(filter(None, map(_own_word, parts["codes"])))
    seen: dict[str, Observation] = {}
    for job in jobs:
        observation = _observation(job, queued, kept, silence=silence)
        if observation.status is JobStatus.UNKNOWN and _own(job, queued) is None and job.key in own_words:
            observation = own_words[job.key]
        elif job.key in stopped and _is_without_trace(job, queued, kept):
            observation = Observation(JobStatus.CANCELLED, "before it began")
        elif observation.reason == BY_ROOT and observation.node and job.key not in begun:
            observation = replace(observation, status=JobStatus.LAUNCH_FAILED, reason="")
        seen[job.key] = replace(observation, progress=progress.get(job.key), is_diverged=job.key in diverged)
    return seen


def _own_word(line: str) -> tuple[str, Observation] | None:
    """Return what a run's script said of its end, with the run's key."""
    match = _OWN_WORD.fullmatch(line)
    if match is None:
        return None
    key, code, node = match.groups()
    state = "FAILED" if int(code) else "COMPLETED"
    end = _end(Row("", "", state, node=node, exit_code=f"{code}:0"))
    reason = ", ".join(filter(None, [end.reason, "by its script's own word, for SLURM has forgotten it"]))
    return key, replace(end, reason=reason)


def _is_without_trace(job: Job, queued: Mapping[str, Row], kept: Mapping[str, Row]) -> bool:
    """Tell whether SLURM has no record of a task, or only that of what its array had not begun."""
    past = _own(job, kept)
    begun = past is not None and ("[" not in past.job_id or _is_final_word(past.state))
    return "_" in job.job_id and _own(job, queued) is None and not begun


def _observation(job: Job, queued: Mapping[str, Row], kept: Mapping[str, Row], *, silence: str) -> Observation:
    row, past = (_own(job, rows) for rows in (queued, kept))
    try:
        if row is not None and status_of(row.state).is_final:
            by = past.state if past is not None and past.state.startswith("CANCELLED by") else row.state
            return _end(replace(row, state=by))
        if row is not None:
            paused = row.state in PAUSED
            reason = "suspended on the cluster" if paused else _told(row.reason)
            return Observation(status_of(row.state), reason, row.node, restarts=row.restarts, is_suspended=paused)
        if past is not None:
            return _end(past) if status_of(past.state).is_final else _live_in_accounting(past)
    except UnknownStatus as error:
        log.warning("unknown job status", system=error.system, word=error.word, key=job.key, job_id=job.job_id)
        return Observation(JobStatus.UNKNOWN, error.word)
    return Observation(JobStatus.UNKNOWN, silence)


def _live_in_accounting(row: Row) -> Observation:
    # The queue does not have it, so this is old news; accounting lags behind by seconds.
    return Observation(JobStatus.UNKNOWN, f"accounting still has it as {row.state}")


def _family(job_id: str) -> str:
    return job_id.partition("_")[0]


def _ids(job_id: str) -> list[str]:
    """Return the ids that a record stands for: tasks that have not begun are one, as in `13_[2-5,7%2]`."""
    base, bracket, rest = job_id.partition("_[")
    if not bracket:
        return [job_id]
    ids: list[str] = []
    for part in rest.rstrip("]").partition("%")[0].split(","):
        first, _, last = part.partition("-")
        if not first.isdecimal() or not (last or first).isdecimal() or int(last or first) > LARGEST_INDEX:
            ids.append(f"{base}_*")  # cut short by dots: whatever has no record of its own
        else:
            ids += [f"{base}_{index}" for index in range(int(first), int(last or first) + 1)]
    return ids


def _own(job: Job, rows: Mapping[str, Row]) -> Row | None:
    row = rows.get(job.job_id) or (rows.get(f"{_family(job.job_id)}_*") if "_" in job.job_id else None)
    # The name, too: SLURM gives ids anew after its counter's end.
    return row if row is not None and row.name == (job.name or job.key) else None


def _end(row: Row) -> Observation:
    status = status_of(row.state)
    reason = ""
    if status is JobStatus.COMPLETED and row.derived_exit_code not in NOTHING_FAILED:
        status, reason = JobStatus.FAILED, f"a step ended with {row.derived_exit_code}"
    elif status is JobStatus.FAILED and row.exit_code in ENDS:
        status, reason = ENDS[row.exit_code]
    elif status is JobStatus.CANCELLED:
        _, _, by = row.state.partition(" by ")
        reason = f"by uid {by}" if by else ""
    elif status is not JobStatus.COMPLETED:
        code = f"exit code {row.exit_code}" if row.exit_code not in NOTHING_FAILED else ""
        reason = ", ".join(filter(None, [_told(row.reason), code]))
    return Observation(status, reason, row.node, restarts=row.restarts)


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
    parts: dict[str, list[str]] = {"sacct": [], "progress": [], "stopped": [], "begun": [], "codes": []}
    name = ""
    for line in text.split("\n"):
        if line[:1] == "@" and line[1:] in parts:
            name = line[1:]
        elif name:
            parts[name].append(line)
    return parts


def _queue_row(line: str) -> Row | None:
    match line.split(SEPARATOR):
        case [job_id, name, state, reason, node, restarts, code, derived, ""]:
            place = "" if node in NO_REASON else node
            counted = int(restarts) if restarts.isdecimal() else 0
            return Row(job_id, name, state, reason, place, counted, _codes(code), _codes(derived))
        case _:
            return None


def _codes(raw: str) -> str:
    """Return exit code and signal as in `3:0` of what wait(2) returned, which is what squeue prints."""
    if not raw.isdecimal():
        return raw
    signal = int(raw) & 127
    return f"0:{signal}" if signal else f"{int(raw) >> 8 & 255}:0"


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


_OWN_WORD = re.compile(r"([^/]+)/exit_code:(\d{1,3}) ?(\S*)")
_HEADING = re.compile(r"==> (?:.*/)?([^/]+)/progress\.jsonl <==")


def _progress(lines: list[str]) -> tuple[dict[str, Progress], set[str]]:
    """Return the newest whole line of each file that tail(1) showed, and which have one that diverged after it."""
    found: dict[str, Progress] = {}
    diverged: set[str] = set()
    key = ""
    for line in lines:
        heading = _HEADING.fullmatch(line)
        if heading:
            key = heading.group(1)
        elif key and (progress := parse_progress(line)) is not None:
            found[key] = progress
            diverged.discard(key)
        elif key and has_diverged(line):
            diverged.add(key)
    return found, diverged
