"""axe finds nothing serious or critical on the sandbox's page, with cards, palette, form, tour, troubles and X-ray."""

from typing import Any

import pytest

from tests.support.axe import AGAIN, WIDTHS, blemishes
from tests.support.browser import DESK, PHONE

playwright = pytest.importorskip("playwright.sync_api")
expect = playwright.expect

CHANNELS = ("requirements", "training", "ops", "general")
LINES = 40


@pytest.fixture
def visit(place, window):
    """Open the page with its desk away, as somebody in a channel, where a run has failed."""
    place.has_failed()

    def begin(person: str, channel: str, *, viewport: dict):
        state = place.get(f"_client/state?as={person}")
        place_id = next(one["id"] for one in state["channels"] if one["name"] == channel)
        page = window.open(f"{place.url}?as={state['me']['id']}&channel={place_id}", viewport=viewport)
        expect(page.locator("#knob")).to_contain_text("/11")
        expect(page.locator("#bot")).to_have_class("online")  # the desk and the channel are drawn apart
        if viewport is DESK:
            page.locator("#knob").click()
        expect(page.locator("#desk")).to_be_hidden()
        return page

    return begin


@pytest.mark.parametrize(
    ("viewport", "channels"),
    [(DESK, CHANNELS), (PHONE, ["training"]), pytest.param(PHONE, CHANNELS, marks=AGAIN)],
    ids=["desk", "training-phone", "phone"],
)
def test_cards_and_channels_can_be_read_by_everyone(visit, viewport, channels):
    """Each channel with its cards, pictures and presses, and an empty one; the list of channels, on a phone too."""
    page = visit("nok", "announcements", viewport=viewport)
    found = []
    for channel in channels:
        is_first = channel == channels[0]
        if viewport is PHONE:
            page.get_by_role("button", name="Channels", exact=True).click()
        expect(page.get_by_role("button", name="announcements")).to_be_visible()
        if viewport is PHONE and is_first:
            found += [f"drawer: {one}" for one in blemishes(page)]
        page.locator("#channels").get_by_role("button", name=channel).click()
        expect(page.locator("#title")).to_contain_text(channel)
        expect(page.locator(".container, .empty").first).to_be_visible()
        found += [f"{channel}: {one}" for one in blemishes(page, within=None if is_first else "main")]

    assert [] == found


@WIDTHS
def test_commands_and_forms_can_be_used_by_everyone(visit, viewport):
    """The palette, a command's options with completion, and its form with what is wrong in it."""
    page = visit("malee", "requirements", viewport=viewport)
    page.locator("#text").fill("/req")
    expect(page.get_by_role("option").first).to_be_visible()
    found = blemishes(page, within="main")  # what is around it stands beside the cards too
    page.locator("#text").fill("/requirement file ")
    expect(page.get_by_role("option", name="digits")).to_be_visible()
    found += blemishes(page, within="main")
    page.get_by_role("option", name="digits").click()
    page.keyboard.press("Enter")
    form = page.get_by_role("dialog")
    form.get_by_role("button", name="Submit").click()
    expect(form.locator(".failure:not(:empty)").first).to_be_visible()
    found += blemishes(page, within="dialog")

    assert [] == found


@WIDTHS
def test_the_box_can_be_used_by_everyone(visit, viewport):
    """Files that wait, the people whom one may mention, and a sentence about what is too much."""
    page = visit("kanya", "general", viewport=viewport)
    files = [{"name": f"{place}.txt", "mimeType": "text/plain", "buffer": b"x"} for place in range(9)]
    page.locator("#attach").set_input_files(files)
    page.locator("#attach").set_input_files(files[:2])
    expect(page.locator(".toast")).to_contain_text("at most 10 files")
    page.locator("#text").fill("For @")
    expect(page.get_by_role("option", name="@Auditor")).to_be_visible()

    assert [] == blemishes(page)


def newest(route: Any) -> None:
    """Answer with the newest lines that crossed the wires: axe takes as long for each of them as for all the rest."""
    answer = route.fetch()
    route.fulfill(response=answer, json={"entries": answer.json()["entries"][-LINES:]})


@WIDTHS
def test_the_desk_can_be_used_by_everyone(visit, viewport):
    """The tour, the troubles, and each side of the X-ray, which begins with the wire: its newest lines are enough."""
    page = visit("anan", "training", viewport=viewport)
    page.route("**/_world/wire?*", newest)
    page.locator("#knob").click()
    found = []
    for tab in ("Tour", "Trouble", "X-ray", "Cluster", "Cloud", "Bot"):
        page.get_by_role("tab", name=tab, exact=True).click()
        expect(page.get_by_role("tab", name=tab, exact=True)).to_have_attribute("aria-selected", "true")
        if tab == "X-ray":
            expect(page.get_by_role("tab", name="Wire", exact=True)).to_have_attribute("aria-selected", "true")
            expect(page.locator(".wire summary").first).to_be_visible()
        found += [f"{tab}: {one}" for one in blemishes(page, within=None if tab == "Tour" else "#desk")]

    assert [] == found
