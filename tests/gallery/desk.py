"""The README's picture: the sandbox as a newcomer sees it while a run trains, with the tour beside it."""

import re
import tempfile
from pathlib import Path

from tests.gallery.page import PAGE
from tests.gallery.sheets import png
from tests.support.browser import chromium
from tests.support.desk import eventually, running

KEY = "page"
PICTURE = PAGE.parent / "page.png"
WINDOW = {"width": 1280, "height": 860}
SEEN_BY = "anan"
EPOCHS = 600
HALF_WAY = re.compile(r"[3-9]\d% · epoch")
WATCHED_MS = 300_000
OWN_WORDS = "A small network is enough for 8 x 8 pixels."


def photograph() -> bytes:
    """Walk the tour of the whole sandbox to its fifth stop, and return the page while that run trains."""
    with tempfile.TemporaryDirectory() as folder, running(Path(folder) / "state") as place, chromium() as browser:
        place.do("incident")
        wish = {"requirement": 1, "cpus": 1, "memory_gib": 4, "parameters": f"epochs={EPOCHS}", "hypothesis": OWN_WORDS}
        assert "answered" == place.use(SEEN_BY, "train launch", channel="training", **wish)
        eventually(lambda: place.press(SEEN_BY, "Launch", channel="training"))
        state = place.get(f"_client/state?as={SEEN_BY}")
        channel = next(one["id"] for one in state["channels"] if one["name"] == "training")
        page = browser.new_page(viewport=WINDOW, reduced_motion="reduce")
        page.goto(f"{place.url}?as={state['me']['id']}&channel={channel}")
        while page.get_by_role("button", name="Dismiss message").count():  # what was said to Anan alone is read by now
            page.get_by_role("button", name="Dismiss message").first.click()
            page.wait_for_timeout(200)
        page.locator(".message").filter(has_text=HALF_WAY).get_by_alt_text("Curves of").wait_for(timeout=WATCHED_MS)
        page.locator("[data-stop=train].done").wait_for(timeout=WATCHED_MS)
        page.evaluate("document.getElementById('scroll').scrollTo(0, 1e6)")
        return png(page.screenshot())
