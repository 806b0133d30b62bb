"""The whole road as people take it: on the page, in a real browser, by mouse and by nothing but the keyboard."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from sandbox.road import SEEN_LIMIT_S, STEPS, Road
from tests.support import need
from tests.support.browser import CHROMIUM, DESK, FLAGS
from tests.support.crew import crew
from tests.support.hands import Fingers, Hand, Keyboard, Mouse
from tests.support.page_town import page_town

playwright = pytest.importorskip("playwright.async_api")

LEFT_OUT = ("failed", "acknowledged", "retraining")
"""Other tests show these by the same driver; here they would only take time."""
LIMIT_S = 900


@asynccontextmanager
async def a_page(url: str) -> AsyncIterator[Any]:
    """Open a page; afterwards nothing may have been complained of in its console."""
    if not CHROMIUM.exists():
        need.lacking("chromium at /usr/bin/chromium")
    complaints: list[str] = []
    async with playwright.async_playwright() as play:
        browser = await play.chromium.launch(executable_path=str(CHROMIUM), args=list(FLAGS))
        page = await browser.new_page(viewport=DESK, reduced_motion="reduce")
        page.set_default_timeout(30_000)
        page.on("console", lambda said: complaints.append(said.text) if said.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        await page.goto(url)
        yield page
        await browser.close()

    assert [] == complaints


@pytest.mark.timeout(LIMIT_S)
@pytest.mark.parametrize("fingers", [Mouse(), Keyboard()], ids=["mouse", "keyboard"])
async def test_a_model_comes_from_a_wish_to_a_watched_endpoint(tmp_path, fingers: Fingers):
    """File, claim, launch, watch, audit, deploy, announcement and drift chart, changing persons on the page."""
    async with crew(tmp_path / "state") as up, a_page(up.world.page) as page:
        road = Road(up.world, up.town, hands=lambda key: Hand(page, key.capitalize(), fingers))
        for step in STEPS:
            if step.key not in LEFT_OUT:
                await step.act(road)
        chart = page.get_by_alt_text("Histograms of").last
        await chart.wait_for()

        assert 1600 == await chart.evaluate("(one) => one.decode().then(() => one.naturalWidth)")
        for channel, card in (("requirements", "REQ-1"), ("audit", "AUD-1")):
            await road.person("nok").sees(channel, card, within_s=SEEN_LIMIT_S)
            assert "needs the duty" not in await page.locator("#messages").inner_text()


async def test_a_private_answer_is_told_from_one_that_everyone_sees(tmp_path):
    """What the road takes for private is what the page shows to nobody else."""
    with page_town(tmp_path) as town:
        async with a_page(town["url"]) as page:
            await page.locator("#bot.online").wait_for()
            anan = Hand(page, "Anan", Mouse())
            private = await anan.slash("finish", channel="general")
            public = await anan.slash("card", channel="general")

    assert (private.state, private.is_private) == ("answered", True)
    assert (public.state, public.is_private) == ("answered", False)
