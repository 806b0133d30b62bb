"""The same real training, ordered again and again: however it was stopped, its final weights tell."""

import subprocess
import sys
from typing import Any

import pytest

from bot.adapters.slurm.cluster import SlurmCluster
from bot.ports import Job, JobStatus, Observation, Order
from bot.things.run.model import Resources
from tests.support.cluster import ended
from tests.support.once import once
from tests.support.payload import PAYLOAD, result_of, write_spec
from tests.support.waiting import eventually_awaited

ASKED = Resources("gpu", nodes=1, gpus=1, cpus=1, memory_gib=4, time_limit_min=20)
CONTENTS: dict[str, Any] = {"dataset": "digits", "parameters": {"epochs": 20, "precision": "bf16"}, "seed": 7}
"""Three seconds of training: long enough to be stopped in."""
RECIPE = "image_classifier"
WITHIN_S = 300.0


def order(number: int, attempt: int = 1, *, resume_from: str | None = None) -> Order:
    """Return an order of the training."""
    return Order(f"slipway-run-{number}-{attempt}", RECIPE, CONTENTS, ASKED, resume_from=resume_from)


@pytest.fixture(scope="session")
def whole(tmp_path_factory: pytest.TempPathFactory) -> object:
    """Return the hash of the final weights when nothing stops it, and no cluster starts it."""

    def trained() -> bytes:
        directory = tmp_path_factory.mktemp("whole")
        spec = write_spec(directory, recipe=RECIPE, **CONTENTS)
        subprocess.run([sys.executable, PAYLOAD / f"{RECIPE}.py", spec], check=True, capture_output=True)
        return str(result_of(directory)["fingerprint"]["weights"]).encode()

    return once(tmp_path_factory, "whole", trained).decode()


async def weights_of(cluster: SlurmCluster, job: Job) -> object:
    """Return the hash of the final weights of a run that ends well."""
    observation = await ended(cluster, job, within_s=WITHIN_S)
    assert observation.status is JobStatus.COMPLETED, await cluster.log_tail(job.key, lines=20)
    return (await cluster.result(job.key)).fingerprint["weights"]


async def has_trained(cluster: SlurmCluster, job: Job) -> None:
    """Wait until there is something to go on from."""

    async def trains() -> Observation | None:
        seen = (await cluster.observe([job]))[job.key]
        assert not seen.status.is_final, await cluster.log_tail(job.key, lines=20)
        return seen if seen.progress is not None and seen.progress.epoch > 1 else None

    await eventually_awaited(trains, within_s=WITHIN_S)
