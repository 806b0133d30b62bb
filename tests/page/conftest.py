"""What the tests in a browser share: the browser, and visits to a page."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.support.browser import DESK, Visits, chromium, visits
from tests.support.page_town import page_town

SEEN_LIMIT_MS = 30_000
"""What is expected on a page may take this long: where other tests run too, five seconds are not enough."""


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Run Chromium for a file of tests: longer would leave its loop running beside those of asyncio."""
    pytest.importorskip("playwright.sync_api").expect.set_options(timeout=SEEN_LIMIT_MS)
    with chromium() as running:
        yield running


@pytest.fixture
def window(browser) -> Iterator[Visits]:
    """Open pages; afterwards nothing may have been complained of in the console."""
    with visits(browser) as opened:
        yield opened


@pytest.fixture(scope="module")
def town(tmp_path_factory) -> Iterator[dict[str, Any]]:
    """Start a sandbox with a small bot and give what it says of itself."""
    with page_town(tmp_path_factory.mktemp("discord")) as described:
        yield described


@pytest.fixture
def visit(town, window) -> Callable[..., Any]:
    """Open the page as somebody in a channel."""

    def begin(
        person: str, *, channel: str = "training", viewport: dict[str, int] = DESK, has_touch: bool = False
    ) -> Any:
        url = f"{town['url']}?as={town['people'][person]}&channel={town['channels'][channel]}"
        page = window.open(url, viewport=viewport, has_touch=has_touch)
        from playwright.sync_api import expect  # noqa: PLC0415 - only where there is a browser

        expect(page.locator("#bot")).to_have_class("online")
        return page

    return begin


@pytest.fixture
def at_desk(place, window) -> Callable[..., Any]:
    """Open the page of a whole world, with the desk beside it."""

    def begin(*, viewport: dict[str, int] = DESK, has_touch: bool = False) -> Any:
        page = window.open(place.url, viewport=viewport, has_touch=has_touch)
        from playwright.sync_api import expect  # noqa: PLC0415 - only where there is a browser

        expect(page.locator("#knob")).to_contain_text("/11")
        return page

    return begin


@pytest.fixture
def panel(at_desk) -> Any:
    """Open the page with the desk at its troubles."""
    page = at_desk()
    page.get_by_role("tab", name="Trouble").click()
    return page
