"""The suite of operations on Azure ML: the sandbox's, by the unmodified SDK."""

import socket
from pathlib import Path

import pytest

from bot.adapters.azure.endpoints import AzureEndpoints
from bot.suites.operations import problems_of_operation
from tests.support.azure import Cloud
from tests.support.operations import rollouts_outside

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_rollouts_on_azure(cloud: Cloud, azure: AzureEndpoints, tmp_path: Path):
    """Their deployments are made, fail with their model and are taken back; while nothing answers none of them ends."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    away = AzureEndpoints(cloud.settings(https_proxy=f"http://127.0.0.1:{port}", timeout_s=2.0))
    async with rollouts_outside(tmp_path, azure, away) as outside:
        problems = await problems_of_operation(outside)
    await away.close()

    assert [] == problems
