"""Fixtures of the sandbox's Azure and of the adapter that talks to it."""

from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio

from bot.adapters.endpoints_azure import AzureEndpoints
from tests.support.azure import Cloud, running_azure


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """Run the sandbox's Azure for a file of tests."""
    with running_azure(tmp_path_factory.mktemp("azure")) as running:
        yield running


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def azure(cloud: Cloud) -> AsyncIterator[AzureEndpoints]:
    """Return one adapter for all tests of a file that do not end it."""
    adapter = AzureEndpoints(cloud.settings())
    yield adapter
    await adapter.close()
