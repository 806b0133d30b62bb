"""What the tests in a browser share: the browser, a small town, a whole world, and visits to their pages."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.browser import DESK, Visits, Windows, chromium, visits
from tests.support.desk import Place, eventually, running
from tests.support.page_town import cleared, page_town

SEEN_LIMIT_MS = 30_000
"""What is expected on a page may take this long: where other tests run too, five seconds are not enough."""
HERE = Path(__file__).parent


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put those that need a fresh world before others of this folder: the shared world is fresh only once.

    In any other order they bring up one of their own.
    """
    places = [place for place, item in enumerate(items) if item.path.is_relative_to(HERE)]
    ours = sorted((items[place] for place in places), key=lambda item: "fresh" not in getattr(item, "fixturenames", ()))
    for place, item in zip(places, ours, strict=True):
        items[place] = item


@pytest.fixture(scope="package")
def browser() -> Iterator[Any]:
    """Run Chromium. Its loop runs until it is closed, so no test of this folder may have one of asyncio's here."""
    pytest.importorskip("playwright.sync_api").expect.set_options(timeout=SEEN_LIMIT_MS)
    with chromium() as running_one:
        yield running_one


@pytest.fixture(scope="package")
def windows(browser) -> Windows:
    """Keep the browser's windows."""
    return Windows(browser)


@pytest.fixture
def window(windows) -> Iterator[Visits]:
    """Open pages; afterwards nothing may have been complained of in the console."""
    with visits(windows) as opened:
        yield opened


@pytest.fixture(scope="package")
def small_town(tmp_path_factory) -> Iterator[dict[str, Any]]:
    """Start a sandbox with a small bot and give what it says of itself."""
    with page_town(tmp_path_factory.mktemp("discord")) as described:
        yield described


@pytest.fixture
def town(small_town) -> dict[str, Any]:
    """Give the small town as it was when it came up."""
    cleared(small_town)
    return small_town


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


@pytest.fixture(scope="package")
def world(tmp_path_factory) -> Iterator[Place]:
    """Bring a whole world up."""
    with running(tmp_path_factory.mktemp("world") / "state") as up:
        yield up


@pytest.fixture
def place(world) -> Iterator[Place]:
    """Give the whole world, in which others may have done anything; afterwards it is mended."""
    yield world
    world.lift()
    eventually(world.is_online)


@pytest.fixture(scope="module")
def no_run_is_left(world) -> Iterator[None]:
    """End what still trains when a file's tests are done: each second that a run is open, the bot asks after it."""
    yield
    for run in {int(job["name"].split("-")[2]) for job in world.jobs("RUNNING")}:
        world.cancel(run)


@pytest.fixture
def fresh(world, tmp_path) -> Iterator[Place]:
    """Give a whole world in which nobody has done anything: the shared one while that is so, else one of its own."""
    if not world.query("SELECT number FROM requirements"):
        yield world
        return
    with running(tmp_path / "state") as own:
        yield own


@pytest.fixture
def at_desk(request, window) -> Callable[..., Any]:
    """Open the page of a whole world, with the desk beside it."""

    def begin(*, viewport: dict[str, int] = DESK, has_touch: bool = False) -> Any:
        of = request.getfixturevalue("fresh" if "fresh" in request.fixturenames else "place")
        page = window.open(of.url, viewport=viewport, has_touch=has_touch)
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
