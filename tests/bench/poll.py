"""One round of following runs: CPU that it takes of the bot, over the adapter and the SSH line of a sandbox's SLURM.

The sandbox holds arrays of a thousand tasks, of which few run and the others wait, as on a full cluster. The last line
is the worst that could come: all of them run and each has new progress; only the parsers work there, on generated text.
"""

import asyncio
import time
import uuid
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from bot.adapters.slurm.cluster import SlurmCluster
from bot.adapters.slurm.states import missing, observations, queue_rows
from bot.adapters.sql.migrate import migrate
from bot.adapters.sql.store import SqlStore
from bot.app import App
from bot.config import DatabaseSettings, load
from bot.core.values import PersonId, Stage
from bot.plugins import record_of
from bot.ports import Job, JobStatus, Observation, Order, Task
from bot.things.recipe.recipe import Code
from bot.things.run.model import Resources, Run
from bot.things.run.readings import Progress
from jobs import follow_runs
from tests.support.databases import file_requirement
from tests.support.fakes import FakeCharts, FakeChat, FakeCluster, FakeEndpoints, FakeMeter, FakeRegistry
from tests.support.slurm import SandboxSite, running_sandbox_slurm

SIZES = (10, 100, 1000, 10_000)
ARRAY = 1000
ROUNDS = 5
EXAMPLE = Path(__file__).parents[2] / "config.example.toml"
LIMIT_S = 2.0
"""What a round of the largest size may take of the bot's CPU."""
PROGRESS = (
    '{"epoch": 1, "epochs": 4, "loss": 0.5, "metric": "accuracy", "value": 0.75, "elapsed_s": 2.0, "left_s": 6.0, '
    '"gpu_memory_gib": 12.5, "gpu_share": 0.93, "rows_per_s": 18000.0}'
)
RESTART = "none, after a restart"
ENDLESS = Code(("sleep", "3600"))


async def run(folder: Path) -> None:
    """Print a line for each number of runs."""
    with _sandbox(folder) as site:
        cluster = SlurmCluster(site.settings, folder)
        jobs = await _submitted(cluster, max(SIZES))
        print("| open runs | CPU of the bot, ms | wall, ms | seen as |")
        print("|---|---|---|---|")
        for size in SIZES:
            cpu_s, wall_s, seen = await _round(cluster, jobs[:size])
            told = ", ".join(f"{count} {status}" for status, count in seen.most_common())
            print(f"| {size} | {cpu_s * 1000:.0f} | {wall_s * 1000:.0f} | {told} |")
            assert cpu_s < LIMIT_S, f"a round of {size} takes {cpu_s:.1f} s of the bot's CPU"
        cpu_s = _all_running(max(SIZES))
        print(f"| {max(SIZES)} | {cpu_s * 1000:.0f} | | all running, each with progress; parsing only |")
        assert cpu_s < LIMIT_S, f"parsing takes {cpu_s:.1f} s"
        await cluster.close()
    print("\nThe same with what is done of it: the job's tick over a SQLite store, all runs running.\n")
    print("| open runs | whose progress is new | CPU of the bot, ms |")
    print("|---|---|---|")
    for fresh, cpu_s in await _ticks(folder, max(SIZES)):
        print(f"| {max(SIZES)} | {fresh} | {cpu_s * 1000:.0f} |")
        assert cpu_s < LIMIT_S, f"a round with news of {fresh} takes {cpu_s:.1f} s of the bot's CPU"


@dataclass
class FakeClusterThatRuns(FakeCluster):
    """A cluster that answers at once that all run, so that the bot's own part is what is measured."""

    epochs: dict[str, int] = field(default_factory=dict)

    async def observe(self, jobs: Collection[Job]) -> Mapping[str, Observation]:
        return {job.key: self._seen(self.epochs.get(job.key, 1)) for job in jobs}

    def _seen(self, epoch: int) -> Observation:
        return Observation(
            JobStatus.RUNNING, node="gpu1", progress=Progress(epoch, 100, 0.5, "accuracy", 0.75, 2.0, 6.0)
        )


async def _ticks(folder: Path, count: int) -> list[tuple[str, float]]:
    """Return CPU seconds of ticks in which so many runs have new progress."""
    settings = DatabaseSettings(url=f"sqlite:///{folder}/runs.db")
    migrate(settings)
    store = SqlStore.open(settings)
    await file_requirement(store)
    run = Run(
        requirement=1,
        ordered_by=PersonId(1),
        recipe="bench",
        dataset="digits",
        parameters={"epochs": 100, "learning_rate": 0.1},
        seed=1,
        hypothesis="",
        resources=Resources("gpu", nodes=1, gpus=1, cpus=1, memory_gib=1, time_limit_min=600),
        stage=Stage.RUNNING,
        node="gpu1",
    )
    async with store.writing() as tx:
        for number in range(count):
            await tx.add(replace(run, job_id=str(number)))
    told = FakeClusterThatRuns()
    app = App(
        settings=load(EXAMPLE), recipes={}, record=record_of(store), cluster=told, registry=FakeRegistry(),
        endpoints=FakeEndpoints(), meter=FakeMeter(), charts=FakeCharts(), chat=FakeChat(),
    )  # fmt: skip
    taken, tick = [], follow_runs.begun(app)
    keys = [f"slipway-run-{number}-1" for number in range(1, count + 1)]
    for words, fresh in (("all", 0), ("none", 0), (RESTART, 0), ("100", 100), ("1000", 1000)):
        if words is RESTART:
            tick = follow_runs.begun(app)
        told.epochs = {key: told.epochs.get(key, 1) + 1 for key in keys[:fresh]}
        before_s = time.process_time()
        await tick()
        taken.append((words, time.process_time() - before_s))
    await store.close()
    return taken


def _all_running(count: int) -> float:
    """Return CPU seconds for reading a round in which all jobs run."""
    jobs = [Job(f"slipway-run-{number}-1", str(number)) for number in range(count)]
    rows = (f"{job.job_id}\x1f{job.key}\x1fRUNNING\x1fNone\x1fgpu1\x1f0\x1f0\x1f0\x1f" for job in jobs)
    listed = "\n".join(rows)
    progress = "".join(f"==> {job.key}/progress.jsonl <==\n{PROGRESS}\n{PROGRESS}\n\n" for job in jobs)
    before_s = time.process_time()
    queued = queue_rows(listed)
    missing(jobs, queued)
    seen = observations(jobs, queued, f"@sacct\n@progress\n{progress}")
    taken_s = time.process_time() - before_s
    assert all(one.status is JobStatus.RUNNING and one.progress for one in seen.values())
    return taken_s


@contextmanager
def _sandbox(folder: Path) -> Iterator[SandboxSite]:
    with running_sandbox_slurm(folder / "slurm") as site:
        yield site


async def _submitted(cluster: SlurmCluster, count: int) -> list[Job]:
    jobs: list[Job] = []
    asked = Resources("gpu", nodes=1, gpus=1, cpus=1, memory_gib=1, time_limit_min=600)
    for _ in range(count // ARRAY):
        key = f"slipway-sweep-{uuid.uuid4().hex[:8]}"
        tasks = [Task(f"{key}-{index}", {}) for index in range(ARRAY)]
        job_id = await cluster.submit(Order(key, "bench", {}, asked, code=ENDLESS, tasks=tasks))
        jobs += [Job(task.key, f"{job_id}_{index}", name=key) for index, task in enumerate(tasks)]
    return jobs


async def _round(cluster: SlurmCluster, jobs: list[Job]) -> tuple[float, float, Counter[JobStatus]]:
    """Return CPU and wall seconds of the median of some rounds, and what was seen."""
    taken: list[tuple[float, float]] = []
    for _ in range(ROUNDS):
        cpu_s, wall_s = time.process_time(), time.perf_counter()
        seen = await cluster.observe(jobs)
        taken.append((time.process_time() - cpu_s, time.perf_counter() - wall_s))
    cpu_s, wall_s = sorted(taken)[ROUNDS // 2]
    return cpu_s, wall_s, Counter(one.status for one in seen.values())


if __name__ == "__main__":
    import tempfile

    with tempfile.TemporaryDirectory() as place:
        asyncio.run(run(Path(place)))
