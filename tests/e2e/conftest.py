"""What the tests in a browser share: the browser, and visits to a page."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.browser import Visits, chromium, visits


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Run Chromium for a file of tests: longer would leave its loop running beside those of asyncio."""
    pytest.importorskip("playwright.sync_api")
    with chromium() as running:
        yield running


@pytest.fixture
def window(browser) -> Iterator[Visits]:
    """Open pages; afterwards nothing may have been complained of in the console."""
    with visits(browser) as opened:
        yield opened
