"""Fixtures of the sandbox's Azure and of the adapter that talks to it: one of each for all tests of a process."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from bot.adapters.azure.endpoints import AzureEndpoints
from tests.support.azure import Cloud, running_azure


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def cloud(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Cloud]:
    """Run the sandbox's Azure. At its end nothing may have been said that is outside of Microsoft's description."""
    with running_azure(tmp_path_factory.mktemp("azure")) as running:
        yield running
        assert [] == (await running.get("/violations"))["violations"]


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def azure(cloud: Cloud) -> AsyncIterator[AzureEndpoints]:
    """Return one adapter for all tests that do not end it."""
    adapter = AzureEndpoints(cloud.settings())
    yield adapter
    await adapter.close()
