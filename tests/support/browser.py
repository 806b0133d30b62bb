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
FORGET = "location.origin === 'null' || [localStorage, sessionStorage].forEach((one) => one.clear())"
"""An empty page has no storage."""


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


class Windows:
    """Keeps windows from one test to the next: to open one costs as much as what most tests do in it.

    A window is a context with one page. Between two tests it stands at an empty page and has nothing stored, so that
    the next visit finds what a new window would find.
    """

    def __init__(self, browser: Any) -> None:
        self._browser = browser
        self._free: dict[bool, list[Any]] = {True: [], False: []}

    def take(self, *, has_touch: bool) -> Any:
        """Return the page of a window that nobody uses."""
        if self._free[has_touch]:
            return self._free[has_touch].pop()
        context = self._browser.new_context(reduced_motion="reduce", has_touch=has_touch, is_mobile=has_touch)
        page = context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        return page

    def give_back(self, page: Any, *, has_touch: bool) -> None:
        """Empty a window and keep it; what was opened from its page is closed."""
        for other in page.context.pages:
            if other is not page:
                other.close()
        page.unroute_all()
        page.evaluate(FORGET)
        page.goto("about:blank")
        self._free[has_touch].append(page)


class Visits:
    """Opens pages, each in a window of its own, and listens to what their consoles say."""

    def __init__(self, windows: Windows) -> None:
        self.complaints: list[str] = []
        self._windows = windows
        self._taken: list[tuple[Any, bool]] = []

    def open(self, url: str, *, viewport: dict[str, int] = DESK, has_touch: bool = False) -> Any:
        """Return a page at the address."""
        page = self._windows.take(has_touch=has_touch)
        self._taken.append((page, has_touch))
        page.set_viewport_size(viewport)
        page.on("console", self._hear_console)
        page.on("pageerror", self._hear_error)
        page.goto(url)
        return page

    def close(self) -> None:
        """Leave all pages."""
        for page, has_touch in self._taken:
            self._windows.give_back(page, has_touch=has_touch)
            page.remove_listener("console", self._hear_console)
            page.remove_listener("pageerror", self._hear_error)

    def _hear_console(self, said: Any) -> None:
        if said.type in ("error", "warning"):
            self.complaints.append(said.text)

    def _hear_error(self, error: Any) -> None:
        self.complaints.append(str(error))


@contextmanager
def visits(windows: Windows) -> Iterator[Visits]:
    """Give what opens pages; afterwards they are left, and nothing was complained of."""
    opened = Visits(windows)
    yield opened
    opened.close()

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
