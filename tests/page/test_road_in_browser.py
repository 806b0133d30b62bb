"""The whole road as people take it: on the page, in a real browser, by mouse; and by nothing but the keyboard.

A repetition: test_tour.py takes six stops by mouse on this page, with the same bot, and test_story.py all steps.
"""

import functools
import json

import pytest

from sandbox.desk.road_facts import number_in
from sandbox.parts import Part
from sandbox.person import Town
from sandbox.road import SEEN_LIMIT_S, STEPS, Road
from sandbox.world import World
from tests.support.browser import a_page, in_a_thread
from tests.support.crew import QUICK
from tests.support.desk import Place
from tests.support.hands import Fingers, Hand, Keyboard, Mouse

pytest.importorskip("playwright.async_api")

LEFT_OUT = ("failed", "acknowledged", "drifted", "retraining")
"""Other tests show these by the same driver; here they would only take time."""
TO_BE_WATCHED = "pause_s=0.3"
"""The quick recipe's pause after an epoch, in which the card can be seen to move."""
LIMIT_S = 900


@pytest.mark.repetition
@pytest.mark.timeout(LIMIT_S)
@pytest.mark.parametrize("fingers", [Mouse(), Keyboard()], ids=["mouse", "keyboard"])
def test_a_model_comes_from_a_wish_to_a_watched_endpoint(place, fingers: Fingers):
    """File, claim, launch, watch, audit, deploy, announcement and chart of drift, changing persons on the page."""
    place.knows(QUICK)
    in_a_thread(taken(place, fingers))


async def taken(place: Place, fingers: Fingers) -> None:
    """Take the road, a requirement of its own, in a world where others may have done anything."""
    up = world_of(place)
    async with Town(up.page) as town, a_page(up.page) as page:
        facts = functools.partial(number_in, place.state / "slipway.db")
        road = Road(
            up,
            town,
            hands=lambda key: Hand(page, key.capitalize(), fingers),
            facts=facts,
            recipe=QUICK,
            parameters=TO_BE_WATCHED,
        )
        for step in STEPS:
            if step.key not in LEFT_OUT:
                await step.act(road)
        chart = page.get_by_alt_text("Histograms of").last
        await chart.wait_for()

        assert 1600 == await chart.evaluate("(one) => one.decode().then(() => one.naturalWidth)")
        for channel, kind in (("requirements", "REQ"), ("audit", "AUD")):
            await road.person("nok").sees(channel, await road.name(kind), within_s=SEEN_LIMIT_S)
            assert "needs the duty" not in await page.locator("#messages").inner_text()


def world_of(place: Place) -> World:
    """Return what is up there; its bot is not ours to start."""
    discord, slurm, azure = (
        json.loads((place.state / name / f"{name}.json").read_text()) for name in ("discord", "slurm", "azure")
    )
    return World(
        place.state,
        discord,
        slurm,
        azure,
        bot=Part("bot", (), place.state / "bot.log"),
        config=place.state / "config.toml",
    )
