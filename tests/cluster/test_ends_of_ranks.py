"""How a run of several ranks ends: at once by its first bad end, which is its cause; whoever saves may finish."""

import signal
from collections.abc import Sequence
from typing import Any

import pytest

from bot.adapters.slurm.cluster import SlurmCluster
from bot.ports import Job, JobStatus, Observation
from bot.services.causes import failure_of
from bot.things.run.causes import Cause
from tests.support.cluster import ENDLESS, WAIT, ended, order, started
from tests.support.need import lacking
from tests.support.waiting import eventually

AGAIN = pytest.mark.repetition
EACH = pytest.mark.parametrize("site", ["sandbox", "real", pytest.param("newer", marks=AGAIN)], indirect=True)
AT_ONCE_S = 30
"""With all that a loaded machine needs, and KillWait; it was as long as the slowest rank, or ten minutes."""
DEAF = ["take", ["SIGTERM", False]]
FAILING = [["wait", "ending"], ["exit", 1]]
KILLED = ["kill", int(signal.SIGKILL)]


def on(rank: int, *steps: Sequence[Any]) -> Sequence[Sequence[Any]]:
    """Return steps of one rank alone."""
    return [["on", [rank, *step]] for step in steps]


async def cause_of(cluster: SlurmCluster, job: Job, seen: Observation) -> Cause:
    """Return the class of failure that people are told."""
    tail, words = await cluster.log_tail(job.key, lines=200), await cluster.last_words(job.key)
    return failure_of(seen, log_tail=tail, last_words=words).kind


@EACH
@pytest.mark.parametrize(
    ("bad_end", "of_others", "code", "cause"),
    [
        pytest.param(["exit", 3], ENDLESS, "3:0", Cause.CODE, id="the others stop", marks=AGAIN),
        pytest.param(["exit", 87], [DEAF, *ENDLESS], "87:0", Cause.DIVERGED, id="the others have to be killed"),
        pytest.param(KILLED, FAILING, "137:0", Cause.OUT_OF_MEMORY, id="the others fail because of it", marks=AGAIN),
    ],
)
async def test_the_first_bad_end_ends_all_ranks_and_is_the_cause(cluster, bad_end, of_others, code, cause):
    """Ranks that would wait for ever would hold their GPUs; what becomes of them by the first is no cause."""
    wanted = order([*on(0, *of_others), *on(1, ["file", ["ending", ""]], bad_end)], gpus=2)
    job = await started(cluster, wanted)
    observation = await ended(cluster, job, within_s=AT_ONCE_S)

    assert (JobStatus.FAILED, f"exit code {code}") == (observation.status, observation.reason.split(", ")[-1])
    assert cause is await cause_of(cluster, job, observation)


@EACH
async def test_a_rank_that_takes_too_much_memory_is_told_as_that(site, cluster):
    """SLURM may call it an exit with 137, where the kernel's event is the job's and not the step's."""
    if not site.has_memory_limits:
        lacking("cgroup version 1, for SLURM to limit memory")
    job = await started(cluster, order([*on(1, ["eat_mib", 1300]), *ENDLESS], gpus=2))
    observation = await ended(cluster, job, within_s=AT_ONCE_S)

    assert Cause.OUT_OF_MEMORY is await cause_of(cluster, job, observation)


@EACH
async def test_ranks_that_end_well_take_no_others_along(site, cluster):
    """One that is done is waited for no less than before."""
    steps = [*on(1, ["file", ["rank-1-is-done", ""]]), *on(0, WAIT, ["file", ["done", ""]])]
    job = await started(cluster, order(steps, gpus=2))
    folder = site.run_folder(job.key)
    await eventually((folder / "rank-1-is-done").exists)
    (folder / "go").touch()
    observation = await ended(cluster, job)

    assert (JobStatus.COMPLETED, True) == (observation.status, (folder / "done").exists())


@EACH
@pytest.mark.parametrize(
    "of_the_other",
    [
        pytest.param([["tell", []], *ENDLESS], id="saved sooner", marks=AGAIN),
        pytest.param([["take", ["SIGUSR1", True]], ["tell", []], *ENDLESS], id="does not know the signal"),
        pytest.param([["leave_with", 1], ["tell", []], *ENDLESS], id="fails at it", marks=AGAIN),
    ],
)
async def test_whoever_saves_may_finish_when_all_are_told_to_stop(site, cluster, of_the_other):
    """Ranks leave at different moments, and some that have nothing to save die of the signal: no reason to hurry."""
    steps = [*on(0, ["save_slowly", 4], ["tell", []], *ENDLESS), *on(1, *of_the_other)]
    job = await started(cluster, order(steps, gpus=2))
    for rank in range(2):
        await eventually((site.run_folder(job.key) / f"told-{rank}.json").exists)
    await cluster.cancel(job, keep=True)
    observation = await ended(cluster, job)

    assert (site.run_folder(job.key) / "saved").exists()
    assert (JobStatus.CANCELLED, "saved and stopped when asked") == (observation.status, observation.reason)
