"""Headless Chromium from the distribution, and visits to the sandbox's page that nothing may be complained of in."""

import asyncio
from collections.abc import AsyncIterator, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

from tests.support import need

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
DESK = {"width": 1280, "height": 800}
PHONE = {"width": 390, "height": 844}
PATIENCE_MS = 10_000


def _is_needed() -> None:
    if not CHROMIUM.exists():
        need.lacking("chromium at /usr/bin/chromium")


@contextmanager
def chromium() -> Iterator[Any]:
    """Run the browser."""
    _is_needed()
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - only where there is a browser

    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=str(CHROMIUM), args=list(FLAGS))
        yield browser
        browser.close()


class Visits:
    """Opens pages, each in a window of its own, and listens to what their consoles say."""

    def __init__(self, browser: Any) -> None:
        self.browser = browser
        self.complaints: list[str] = []
        self.contexts: list[Any] = []

    def open(self, url: str, *, viewport: dict[str, int] = DESK, has_touch: bool = False) -> Any:
        """Return a page at the address."""
        context = self.browser.new_context(
            viewport=viewport, reduced_motion="reduce", has_touch=has_touch, is_mobile=has_touch
        )
        self.contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        page.on("console", lambda said: self._heard(said.text) if said.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: self._heard(str(error)))
        page.goto(url)
        return page

    def _heard(self, text: str) -> None:
        self.complaints.append(text)


@contextmanager
def visits(browser: Any) -> Iterator[Visits]:
    """Give what opens pages; afterwards they are closed, and nothing was complained of."""
    opened = Visits(browser)
    yield opened
    for context in opened.contexts:
        context.close()

    assert [] == opened.complaints


def in_a_thread(work: Coroutine[Any, Any, None]) -> None:
    """Do what needs a loop of asyncio's where Chromium runs: its own loop is the one of the tests' thread."""
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, work).result()


@asynccontextmanager
async def a_page(url: str) -> AsyncIterator[Any]:
    """Open a page in a Chromium of its own; afterwards nothing may have been complained of in its console."""
    _is_needed()
    from playwright.async_api import async_playwright  # noqa: PLC0415 - only where there is a browser

    complaints: list[str] = []
    async with async_playwright() as play:
        browser = await play.chromium.launch(executable_path=str(CHROMIUM), args=list(FLAGS))
        page = await browser.new_page(
            viewport={"width": DESK["width"], "height": DESK["height"]}, reduced_motion="reduce"
        )
        page.set_default_timeout(30_000)
        page.on("console", lambda said: complaints.append(said.text) if said.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        await page.goto(url)
        yield page
        await browser.close()

    assert [] == complaints
