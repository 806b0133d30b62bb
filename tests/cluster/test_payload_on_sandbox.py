"""The real payload on the sandbox's SLURM: ranks on two nodes, started by the script and srun, train one model."""

import sys
from typing import Any

import pytest

from bot.adapters.slurm.cluster import SlurmCluster
from bot.core.values import Json
from bot.ports import JobStatus, Order
from bot.things.run.model import Resources
from bot.wiring import PAYLOAD
from tests.support.cluster import ended, started
from tests.support.trainings import WITHIN_S


@pytest.mark.repetition  # that ranks meet by what the script tells them, and that such ranks train, is proven apart
async def test_two_nodes_train_one_model(sandbox_site):
    """They meet by what the batch script tells them, and the result says how many they were."""
    asked = Resources("gpu", nodes=2, gpus=1, cpus=1, memory_gib=1, time_limit_min=20)
    contents: dict[str, Json] = {"dataset": "digits", "parameters": {"epochs": 1}, "seed": 7}
    cluster = SlurmCluster(sandbox_site.settings.model_copy(update={"python": sys.executable}), PAYLOAD)
    job = await started(cluster, Order("slipway-run-9-1", "image_classifier", contents, asked))
    seen = await ended(cluster, job, within_s=WITHIN_S)
    log = await cluster.log_tail(job.key, lines=20)
    assert seen.status is JobStatus.COMPLETED, log
    result = await cluster.result(job.key)
    words = await cluster.last_words(job.key)
    await cluster.close()

    environment: Any = result.fingerprint["environment"]
    assert environment["world_size"] == 2
    assert "by 2 ranks" in log
    assert (words["code"], words["rank"]) == (0, 0)
