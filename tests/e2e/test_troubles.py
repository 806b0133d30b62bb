"""The desk's troubles on purpose, in a real browser over the whole world: each is felt, said, lifted and borne.

Those of the cluster and the cloud, and what people are told of them, are in test_desk_in_production.py.
"""

import re
import time
from collections.abc import Callable, Iterator

import pytest

from tests.support.browser import PHONE
from tests.support.desk import Place, eventually, running

playwright = pytest.importorskip("playwright.sync_api")
expect = playwright.expect


@pytest.fixture(scope="module")
def place(tmp_path_factory) -> Iterator[Place]:
    """Bring a whole world up, with a claimed requirement and a run on the cluster."""
    with running(tmp_path_factory.mktemp("desk") / "state") as up:
        up.do("claim")
        up.has_a_long_run()
        yield up


def _failed_for(place: Place, words: str) -> bool:
    return any(re.search(rf"RUN-\d+ failed.*{words}", text, re.DOTALL) for text in place.texts("ops"))


def _cards_answered(place: Place, since: float, status: str) -> bool:
    return any(one["status"] == status and "PATCH" in one["what"] for one in place.wire("rest", since=since))


SWITCHES: dict[str, tuple[Callable[[Place, float], object], Callable[[Place, float], object]]] = {
    "discord_429": (
        lambda place, since: place.has_a_long_run() and _cards_answered(place, since, "429"),
        lambda place, since: _cards_answered(place, since, "200"),
    ),
    "node": (
        lambda place, _: _failed_for(place, "lost"),
        lambda place, _: all(node["state"] == "idle" for node in place.get("_world/cluster")["nodes"]),
    ),
    "bot_held": (lambda place, _: not place.is_online(), lambda place, _: place.is_online()),
    "discord_down": (lambda place, _: not place.is_online(), lambda place, _: place.is_online()),
}
"""What shows that the trouble is there, and that it is over."""


@pytest.mark.parametrize("key", SWITCHES)
def test_a_trouble_is_switched_on_felt_and_lifted(at_desk, place, key):
    """Each switch shows how it stands, breaks what it says, and the bot answers afterwards."""
    if key == "node":
        place.has_a_long_run()
    page = at_desk()
    page.get_by_role("tab", name="Trouble").click()
    switch = page.locator(f"[data-trouble={key}]").get_by_role("switch")
    is_felt, is_over = SWITCHES[key]
    began = time.time()
    switch.press("Space")
    expect(switch).to_have_attribute("aria-checked", "true")
    eventually(lambda: is_felt(place, began))
    expect(switch).to_be_enabled()

    lifted = time.time()
    switch.press("Space")
    expect(switch).to_have_attribute("aria-checked", "false")
    eventually(lambda: is_over(place, lifted))

    eventually(lambda: place.is_online() and place.use("nok", "status") == "answered")


PUSHES: dict[str, tuple[str, Callable[[Place, float], object]]] = {
    "job_killed": ("was ended: kill", lambda place, _: _failed_for(place, "0:9")),
    "job_memory": ("was ended: out of memory", lambda place, _: _failed_for(place, "memory")),
    "discord_cut": (
        "was closed",
        lambda place, since: any(one["what"] == "RESUMED" for one in place.wire("gateway", since=since)),
    ),
    "bot_killed": (
        "SIGKILL",
        lambda place, since: any(one["what"] == "READY" for one in place.wire("gateway", since=since)),
    ),
    "drift": ("No model takes traffic yet", lambda _, __: True),
    "normal": ("No model takes traffic yet", lambda _, __: True),
}
"""What is said, and what shows that it was done."""


@pytest.mark.parametrize("key", PUSHES)
def test_a_trouble_is_pushed_and_the_bot_bears_it(at_desk, place, key):
    """Each push says what it did, does it, and the bot answers afterwards; what cannot be done now says why."""
    if key.startswith("job"):
        place.has_a_long_run()
    said, is_done = PUSHES[key]
    began = time.time()
    page = at_desk()
    page.get_by_role("tab", name="Trouble").click()
    page.locator(f"[data-trouble={key}]").get_by_role("button").click()

    expect(page.locator(f"[data-trouble={key}] .said")).to_contain_text(said)
    eventually(lambda: is_done(place, began))
    eventually(lambda: place.is_online() and place.use("nok", "status") == "answered")


def test_a_trouble_is_switched_on_and_off_on_a_phone(at_desk, place):
    """By taps, at 390 pixels: the desk lies over the page, its last switch is reached, and then the page is back."""
    page = at_desk(viewport=PHONE, has_touch=True)
    page.locator("#knob").tap()
    page.get_by_role("tab", name="Trouble").tap()
    switch = page.locator("[data-trouble=bot_held]").get_by_role("switch")
    for is_on in (True, False):
        expect(switch).to_be_enabled()
        switch.tap()
        expect(switch).to_have_attribute("aria-checked", str(is_on).lower())
        expect(switch).to_be_in_viewport()
        eventually(lambda is_on=is_on: place.is_online() != is_on)
    page.get_by_role("button", name="Close the desk").tap()

    expect(page.locator("#desk")).to_be_hidden()
    expect(page.locator("#bot")).to_have_class("online")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_everything_is_lifted_at_once(at_desk, place):
    """Lift all turns every switch off."""
    for key in ("controller", "discord_429", "azure_503", "node"):
        place.post(f"_world/troubles/{key}", {"on": True})
    page = at_desk()
    page.get_by_role("tab", name="Trouble").click()
    expect(page.locator(".trouble.on")).to_have_count(4)
    page.get_by_role("button", name="Lift all").click()

    expect(page.locator(".trouble.on")).to_have_count(0)
    assert [] == [one["key"] for one in place.get("_world/troubles")["troubles"] if one["is_on"]]
