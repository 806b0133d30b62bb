"""The controller: starts waiting jobs, watches time and memory, ends jobs, and remembers how they ended."""

import asyncio
import os
import signal
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from sandbox.slurm import processes, scheduler
from sandbox.slurm.journal import Journal
from sandbox.slurm.model import Job, Node, Partition, Request

TICK_S = 0.2
REQUEUE_DELAY_S = 120.0
OUT_OF_MEMORY_SIGNAL = 125
LOG_FAILED_SIGNAL = 53


@dataclass
class Faults:
    """What is broken on purpose."""

    is_controller_down: bool = False
    is_accounting_down: bool = False
    is_accounting_kept: bool = True
    are_logins_refused: bool = False
    is_line_cut: bool = False
    """Whether every connection to the login node ends at once."""
    outage_block_s: float = 9.0
    """How long commands wait for a controller that is down before they give up; the real ones take nine seconds."""
    sbatch_delay_s: float = 0.0
    """How long sbatch keeps its answer back after the job exists."""


@dataclass
class Controller:
    """All of SLURM's daemons in one."""

    name: str
    user: str
    spool: Path
    nodes: dict[str, Node]
    partitions: dict[str, Partition]
    journal: Journal
    environment: dict[str, str]
    """Added to what every job inherits."""
    tasks: asyncio.TaskGroup
    min_job_age_s: float = 300.0
    kill_wait_s: float = 3.0
    accounting_lag_s: float = 0.0
    faults: Faults = field(default_factory=Faults)
    jobs: dict[int, Job] = field(default_factory=dict)
    next_number: int = 1

    def submit(self, request: Request) -> tuple[Job, list[str]]:
        """Enter a job, or each task of an array, and return the first with what sbatch complains of.

        A refused one is kept as a record, as SLURM does.
        """
        complaints = scheduler.refusal(request, self.partitions[request.partition], self.nodes)
        base = self.next_number
        for task in request.tasks or (None,):
            job = Job(self.next_number, request, submitted_at=time.time(), task=task)
            job.array = None if task is None else base
            job.spool = self.spool / f"job{job.number:05d}"
            if complaints:
                job.state, job.reason, job.exit_signal, job.ended_at = "FAILED", "BadConstraints", 1, job.submitted_at
            self.next_number += 1
            self.jobs[job.number] = job
            self.journal.write(job)
        self.schedule()
        return self.jobs[base], complaints

    def visible(self) -> list[Job]:
        """Return the jobs that the controller still knows, in order of their numbers."""
        oldest = time.time() - self.min_job_age_s
        return [job for job in self.jobs.values() if job.ended_at is None or job.ended_at >= oldest]

    def schedule(self) -> None:
        """Start what can start; a smaller job may pass a larger one that waits for room."""
        now = time.time()
        is_blocked: set[str] = set()
        running = Counter(job.array for job in self.jobs.values() if job.state == "RUNNING" and job.array is not None)
        for job in [job for job in self.jobs.values() if job.state == "PENDING"]:
            partition = self.partitions[job.request.partition]
            job.reason = scheduler.wait_reason(job, partition, self.nodes, now=now, running=running)
            if job.reason:
                continue
            chosen = scheduler.place(job.request, partition, self.nodes)
            if chosen:
                scheduler.take(job, chosen)
                self._start(job, now)
                running[job.family] += 1
            else:
                job.reason = "Priority" if partition.name in is_blocked else "Resources"
                is_blocked.add(partition.name)

    def _start(self, job: Job, now: float) -> None:
        job.state, job.reason, job.started_at = "RUNNING", "None", now
        job.ends_at = now + job.request.limit_min * 60
        job.was_warned, job.fate = False, ""
        self.journal.write(job)
        self.tasks.create_task(self._run(job))

    async def _run(self, job: Job) -> None:
        try:
            process = await processes.start(job, {**job.request.environment, **self._own_environment(job)})
        except OSError:
            self._end(job, "FAILED", reason="JobLaunchFailure", exit_signal=LOG_FAILED_SIGNAL)
            return
        if job.fate:  # it was ended while it started
            processes.kill(job)
        code = await process.wait()
        processes.kill(job)  # what the script has left behind
        self._ended(job, code)

    def _ended(self, job: Job, code: int) -> None:
        match job.fate:
            case "":
                self._ended_by_itself(job, code)
            case "OUT_OF_MEMORY":
                self._end(job, "OUT_OF_MEMORY", reason="OutOfMemory", exit_signal=OUT_OF_MEMORY_SIGNAL)
            case "NODE_FAIL":
                self._lost(job)
            case "TIMEOUT":
                self._end(job, "TIMEOUT", reason="TimeLimit", exit_signal=signal.SIGTERM)
            case fate if fate == "REQUEUED" or (fate == "PREEMPTED" and job.request.can_requeue):
                self._requeue(job)
            case fate:
                self._end(job, fate, reason="None", exit_signal=signal.SIGTERM)

    def _ended_by_itself(self, job: Job, code: int) -> None:
        if code == 0:
            self._end(job, "COMPLETED", reason="None")
        elif code > 0:
            self._end(job, "FAILED", reason="NonZeroExitCode", exit_code=code)
        else:
            self._end(job, "FAILED", reason="JobLaunchFailure", exit_signal=-code)

    def _lost(self, job: Job) -> None:
        if not job.request.can_requeue:
            self._end(job, "NODE_FAIL", reason="NodeDown")
            return
        self._requeue(job)

    def _requeue(self, job: Job) -> None:
        scheduler.give_back(job, self.nodes)
        job.state, job.reason, job.fate, job.session, job.nodes = "PENDING", "BeginTime", "", None, ()
        job.eligible_at, job.restarts = time.time() + REQUEUE_DELAY_S, job.restarts + 1
        self.journal.write(job)

    def _end(self, job: Job, state: str, *, reason: str, exit_code: int = 0, exit_signal: int = 0) -> None:
        if job.state == "RUNNING":
            scheduler.give_back(job, self.nodes)
        job.state, job.reason, job.ended_at, job.session = state, reason, time.time(), None
        job.exit_code, job.exit_signal = exit_code, exit_signal
        self.journal.write(job)
        self.schedule()

    def _own_environment(self, job: Job) -> dict[str, str]:
        gpus = ",".join(map(str, job.gpus[: job.request.gpus]))
        own = {
            **self.environment,
            "SLURM_JOB_ID": str(job.number),
            "SLURM_JOBID": str(job.number),
            "SLURM_JOB_NAME": job.request.name,
            "SLURM_JOB_PARTITION": job.request.partition,
            "SLURM_JOB_NODELIST": ",".join(job.nodes),
            "SLURM_JOB_NUM_NODES": str(len(job.nodes)),
            "SLURM_CPUS_PER_TASK": str(max(1, job.request.cpus // job.request.ranks_per_node)),
            "SLURM_NTASKS": str(job.request.ranks_per_node * len(job.nodes)),
            "SLURM_CPUS_ON_NODE": str(job.request.cpus),
            "SLURM_CLUSTER_NAME": self.name,
            "SLURM_SUBMIT_DIR": job.request.directory,
            "SLURM_RESTART_COUNT": str(job.restarts),
        }
        if job.array is not None:
            own |= {"SLURM_ARRAY_JOB_ID": str(job.array), "SLURM_ARRAY_TASK_ID": str(job.task)}
        return {**own, "SLURM_JOB_GPUS": gpus, "ROCR_VISIBLE_DEVICES": gpus} if gpus else own

    def cancel(self, job: Job) -> None:
        """Cancel the job; one that has ended is left alone."""
        if job.state == "PENDING":
            job.ended_by = os.getuid()
            self._end(job, "CANCELLED", reason="None")
        elif job.state == "RUNNING":
            job.ended_by = os.getuid()
            self._end_processes(job, "CANCELLED")

    def signal(self, job: Job, number: int, *, only_script: bool) -> None:
        """Send a signal to what runs."""
        if job.state == "RUNNING" and not job.fate:
            processes.send(job, number, only_script=only_script)

    def requeue(self, job: Job) -> None:
        """End what runs and let it wait again, as an admin does."""
        if job.state == "RUNNING" and not job.fate:
            job.fate = "REQUEUED"
            processes.kill(job)

    def preempt(self, job: Job) -> None:
        """End the job for one of higher priority; it waits again if it may."""
        self._end_processes(job, "PREEMPTED")

    def lose(self, node: Node, reason: str) -> None:
        """Take the node down with everything on it."""
        node.is_down, node.reason = True, reason
        for job in self.jobs.values():
            if job.state == "RUNNING" and node.name in job.nodes:
                job.fate = "NODE_FAIL"
                processes.kill(job)

    def exhaust(self, job: Job) -> None:
        """End the job as one that has used more memory than it had asked for."""
        job.fate = "OUT_OF_MEMORY"
        processes.kill(job)

    def _end_processes(self, job: Job, fate: str) -> None:
        if job.fate:
            return
        job.fate = fate
        processes.send(job, signal.SIGCONT)
        processes.send(job, signal.SIGTERM)
        asyncio.get_running_loop().call_later(self.kill_wait_s, processes.kill, job)

    async def watch(self) -> None:
        """Keep watch over time limits and memory, for ever."""
        while True:
            await asyncio.sleep(TICK_S)
            running = {
                job.session: job
                for job in self.jobs.values()
                if job.state == "RUNNING" and not job.fate and job.session is not None
            }
            used = processes.usage_of(running.keys()) if running else {}
            for session, job in running.items():
                self._watch_time(job, time.time())
                taken = used.get(session, {}).values()
                memory_bytes = sum(one.resident_bytes for one in taken)
                job.peak_bytes = max(job.peak_bytes, memory_bytes)
                job.cpu_s = max(job.cpu_s, sum(one.cpu_s for one in taken))
                if memory_bytes > job.request.memory_mib * 2**20:
                    self.exhaust(job)
            if any(job.state == "PENDING" for job in self.jobs.values()):
                self.schedule()

    def _watch_time(self, job: Job, now: float) -> None:
        if job.ends_at is None:
            return
        if now >= job.ends_at:
            self._end_processes(job, "TIMEOUT")
        elif job.request.warn_signal and not job.was_warned and now >= job.ends_at - job.request.warn_s:
            job.was_warned = True
            number = signal.Signals[f"SIG{job.request.warn_signal}"]
            processes.send(job, number, only_script=True)

    def close(self) -> None:
        """End every job, as a cluster that loses power does."""
        for job in self.jobs.values():
            if job.state == "RUNNING":
                job.fate = "NODE_FAIL"
                processes.kill(job)
