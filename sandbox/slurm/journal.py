"""The accounting: one line for each change of a job, so that numbers and ends outlive the sandbox."""

import json
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

from sandbox.slurm.model import Job, Request

KEPT = (
    *("submitted_at", "state", "reason", "nodes", "started_at", "ended_at"),
    *("exit_code", "exit_signal", "restarts", "ended_by"),
    *("array", "task", "peak_bytes", "cpu_s"),
)


class Journal:
    """A file of job states; the last line of a job counts."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def write(self, job: Job) -> None:
        """Append the job as it stands."""
        request = {**asdict(job.request), "environment": {}, "script": ""}
        line = {"number": job.number, "request": request, **{name: getattr(job, name) for name in KEPT}}
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")

    def read(self) -> dict[int, Job]:
        """Return all jobs; one that waited or ran when the sandbox ended was lost with its node."""
        jobs: dict[int, Job] = {}
        if not self._path.exists():
            return jobs
        for text in self._path.read_text(encoding="utf-8").splitlines():
            try:
                line = json.loads(text)
            except ValueError:
                continue  # the last line of a killed sandbox
            plain: dict[str, Any] = {
                name: tuple(value) if isinstance(value, list) else value for name, value in line["request"].items()
            }
            request = Request(**plain)
            kept = {name: line[name] for name in KEPT if name in line}  # an older sandbox kept less
            jobs[line["number"]] = Job(line["number"], request, **{**kept, "nodes": tuple(kept["nodes"])})
        for job in jobs.values():
            if job.is_live:
                job.state, job.reason, job.ended_at = "NODE_FAIL", "NodeDown", time.time()
                self.write(job)
        return jobs
