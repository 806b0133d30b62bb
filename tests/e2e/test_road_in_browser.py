"""The whole road as people take it: on the page, in a real browser, by mouse and by nothing but the keyboard."""

import pytest

from sandbox.road import STEPS, Road
from tests.support import need
from tests.support.browser import CHROMIUM, DESK, FLAGS
from tests.support.crew import crew
from tests.support.hands import Fingers, Hand, Keyboard, Mouse

playwright = pytest.importorskip("playwright.async_api")

LEFT_OUT = ("failed", "acknowledged", "retraining")
"""Other tests show these by the same driver; here they would only take time."""
LIMIT_S = 300


@pytest.mark.timeout(LIMIT_S)
@pytest.mark.parametrize("fingers", [Mouse(), Keyboard()], ids=["mouse", "keyboard"])
async def test_a_model_comes_from_a_wish_to_a_watched_endpoint(tmp_path, fingers: Fingers):
    """File, claim, launch, watch, audit, deploy, announcement and drift chart, changing persons on the page."""
    if not CHROMIUM.exists():
        need.lacking("chromium at /usr/bin/chromium")
    complaints: list[str] = []
    async with crew(tmp_path / "state") as up, playwright.async_playwright() as play:
        browser = await play.chromium.launch(executable_path=str(CHROMIUM), args=list(FLAGS))
        page = await browser.new_page(viewport=DESK, reduced_motion="reduce")
        page.set_default_timeout(10_000)
        page.on("console", lambda said: complaints.append(said.text) if said.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        await page.goto(up.world.page)
        road = Road(up.world, up.town, hands=lambda key: Hand(page, key.capitalize(), fingers))
        for step in STEPS:
            if step.key not in LEFT_OUT:
                await step.act(road)
        chart = page.get_by_alt_text("Histograms of").last
        await chart.wait_for()

        assert 1600 == await chart.evaluate("(one) => one.decode().then(() => one.naturalWidth)")
        await browser.close()

    assert [] == complaints
