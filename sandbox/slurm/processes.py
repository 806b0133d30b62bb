"""The processes of a job: those of the session that its script leads."""

import asyncio
import os
import signal
from collections.abc import Collection
from pathlib import Path
from typing import NamedTuple

from sandbox.slurm.model import Job

FALLBACK = "/tmp"  # noqa: S108 - where the real one runs a job whose folder is not there
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
TICKS_PER_S = os.sysconf("SC_CLK_TCK")
_SESSION_FIELD, _CPU_FIELDS, _RSS_FIELD = (
    3,
    slice(11, 15),
    21,
)  # of /proc/PID/stat behind the name, which may hold blanks


class Usage(NamedTuple):
    """What a process takes."""

    resident_bytes: int
    cpu_s: float
    """Its own and that of its children which have ended."""


def usage_of(sessions: Collection[int]) -> dict[int, dict[int, Usage]]:
    """Return what the processes of these sessions take, by session and process id; of others no file is opened."""
    found: dict[int, dict[int, Usage]] = {}
    for name in filter(str.isdigit, os.listdir("/proc")):  # noqa: PTH208  # five times a second, while a job runs
        try:
            if os.getsid(int(name)) not in sessions:
                continue
            stat = Path("/proc", name, "stat").read_text(encoding="utf-8", errors="replace")
        except OSError:
            continue  # it has ended meanwhile
        fields = stat.rpartition(")")[2].split()
        cpu_s = sum(map(int, fields[_CPU_FIELDS])) / TICKS_PER_S
        usage = Usage(int(fields[_RSS_FIELD]) * PAGE_BYTES, cpu_s)
        found.setdefault(int(fields[_SESSION_FIELD]), {})[int(name)] = usage
    return found


def send(job: Job, number: int, *, only_script: bool = False) -> None:
    """Send a signal to the job's processes."""
    if job.session is None:
        return
    for process in [job.session] if only_script else list(usage_of({job.session}).get(job.session, {})):
        try:
            os.kill(process, number)
        except ProcessLookupError:
            continue


async def start(job: Job, environment: dict[str, str]) -> asyncio.subprocess.Process:
    """Start the job's script. Raises OSError when its log cannot be opened."""
    request = job.request
    assert job.spool is not None
    job.spool.mkdir(parents=True, exist_ok=True)
    script = job.spool / "slurm_script"
    script.write_text(request.script, encoding="utf-8")
    script.chmod(0o700)
    flags = os.O_WRONLY | os.O_CREAT | (os.O_APPEND if request.is_appended else os.O_TRUNC)
    log = os.open(output_path(job), flags, 0o644)
    try:
        directory = request.directory
        if not Path(directory).is_dir():
            complaint = f"couldn't chdir to `{directory}': No such file or directory: going to {FALLBACK} instead"
            os.write(log, f"slurmstepd: error: {complaint}\n".encode())
            directory = FALLBACK
        process = await asyncio.create_subprocess_exec(
            script,
            *request.arguments,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd=directory,
            env=environment,
            start_new_session=True,
        )
    finally:
        os.close(log)
    job.session = process.pid
    return process


def end_strays(mark: str) -> None:
    """End all processes with that line in their environment: the jobs of a sandbox that was killed."""
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and mark.encode() in (entry / "environ").read_bytes().split(b"\0"):
                os.kill(int(entry.name), signal.SIGKILL)
        except OSError:
            continue  # it has ended meanwhile, or is somebody else's


def output_path(job: Job) -> Path:
    """Return the log's path, with the replacement symbols that are used most."""
    marks = {"%j": str(job.number), "%A": str(job.family), "%a": str(job.task or 0), "%x": job.request.name, "%%": "%"}
    text, rest = "", job.request.output
    while rest:
        if rest[:2] in marks:
            text, rest = text + marks[rest[:2]], rest[2:]
        else:
            text, rest = text + rest[0], rest[1:]
    return Path(job.request.directory) / text


def kill(job: Job) -> None:
    """End all processes of the job at once."""
    send(job, signal.SIGKILL)
