"""The tour in a whole world, to a live model: by hand and done for one, with things done beside it.

Its last two stops, to measure and to retrain, are done by hand in test_desk_in_production.py.
"""

from typing import Any

import pytest

from tests.support.browser import PHONE
from tests.support.crew import QUICK, REQUIREMENT
from tests.support.desk import COUNTED, DONE_LIMIT_MS, eventually, push

playwright = pytest.importorskip("playwright.sync_api")
expect = playwright.expect

SLOW_MS = 60_000


@pytest.mark.timeout(900)
def test_each_stop_is_done_by_hand_or_for_one_and_ticked(at_desk, fresh):
    """Every stop has its button; what is seen in Discord is ticked; the page goes along as whoever does it.

    A newer requirement, and a newer run that was cancelled, are not taken for the tour's; a double press begins one
    thing; and what needs a model that takes traffic says so before there is one.

    The requirement is for the quick recipe, which only counts: test_story.py takes the same steps with one that ships.
    """
    fresh.knows(QUICK)
    fresh.say("nok", "requirements", "REQ-7 · no card\n**Claimed** · claimed by <@1>")
    page = at_desk()
    each_has_its_button(page)
    nothing_takes_traffic(page)
    four_stops_by_hand(page)

    assert 2 == fresh.filed()
    done_for_one(page, "watch", 6, "Anan", "training", also="Launch a good run")
    newer = fresh.launched()
    eventually(lambda: [job["state"] for job in fresh.jobs_of(newer)] == ["RUNNING"])
    fresh.cancel(newer)
    expect(opened(page, "approve").locator(".stop-more")).to_contain_text("Audit the model, Propose a rollout")
    done_for_one(page, "audit", 7, "Kanya", "audit", presses=2)
    eventually(lambda: fresh.shows("training", "RUN-2 ·", "model version"))
    two_more_stops_by_hand(page)

    assert "wait for it" not in page.locator("body").inner_text()
    assert [] == [stop["failure"] for stop in fresh.get("_world/tour")["stops"] if stop["failure"]]
    assert fresh.shows("deployments", "DEP-1", "req-1")
    assert fresh.shows("announcements", "🎉", "is live")


def test_on_a_phone_the_desk_gives_way_to_where_one_is_taken(at_desk):
    """It covers the whole page, so it closes; the knob brings it back, at the same stop."""
    page = at_desk(viewport=PHONE, has_touch=True)
    page.locator("#knob").tap()
    title = page.get_by_role("button", name="File a requirement")
    if title.get_attribute("aria-expanded") == "false":  # it is open where it is the next one
        title.tap()
    page.get_by_role("button", name="Take me there").tap()

    expect(page.locator("#desk")).to_be_hidden()
    expect(page.locator("#title")).to_contain_text("requirements")
    expect(page.locator("#text")).to_be_in_viewport()
    page.locator("#knob").tap()
    expect(page.get_by_role("button", name="Take me there")).to_be_in_viewport()


def each_has_its_button(page) -> None:
    """See that nothing is done yet, whatever people write, and that each of the stops can be done for one."""
    stops = page.locator("[data-stop]")
    expect(stops).to_have_count(11)
    expect(page.locator("#knob")).to_contain_text("0/11")
    for number in range(11):
        if number:  # the first is open
            stops.nth(number).locator(".stop-title").click()
        expect(stops.nth(number).get_by_role("button", name="Do it for me")).to_be_visible()


def nothing_takes_traffic(page) -> None:
    """See what is said of the cloud, and by the troubles that need customers, before there is a model."""
    page.get_by_role("tab", name="Trouble").click()
    for key in ("drift", "normal"):
        push(page, key, "No model takes traffic yet")
    page.get_by_role("tab", name="X-ray").click()
    page.get_by_role("tab", name="Cloud").click()
    expect(page.locator("#panel-cloud")).to_contain_text("No endpoint has been made yet.")
    page.get_by_role("tab", name="Tour").click()


def four_stops_by_hand(page) -> None:
    """Begin each with Take me there: it has the right person, channel and command."""
    opened(page, "file")
    taken_there(page, "Malee", "requirements", "/requirement file")
    use(page, "requirement file", dataset=COUNTED)
    for label, text in REQUIREMENT.items():
        page.get_by_role("dialog").get_by_label(label).fill(text)
    page.get_by_role("dialog").get_by_role("button", name="Submit").click()
    ticked(page, "file", 1)

    page.get_by_role("button", name="Claim", exact=True).click()
    expect(page.locator(".message.ephemeral").last).to_contain_text("needs the duty")
    opened(page, "claim")
    taken_there(page, "Anan", "requirements", "")
    page.get_by_role("button", name="Claim", exact=True).click()
    ticked(page, "claim", 2)

    opened(page, "fail")
    taken_there(page, "Anan", "training", "/train launch")
    launch(page, "RUN-1", "learning_rate=1000")
    ticked(page, "fail", 3)

    opened(page, "incident")
    taken_there(page, "Somchai", "ops", "")
    page.get_by_role("button", name="Acknowledge").click()
    ticked(page, "incident", 4)


def two_more_stops_by_hand(page) -> None:
    """Propose the audited model and approve its rollout, which goes live, each with a reason."""
    opened(page, "propose")
    taken_there(page, "Anan", "deployments", "/deploy propose")
    use(page, "deploy propose", run="2")
    reasoned(page, "The forms pile up.")
    ticked(page, "propose", 8)

    opened(page, "approve")
    taken_there(page, "Somchai", "deployments", "")
    page.get_by_role("button", name="Approve", exact=True).click()
    reasoned(page, "Quiet hours, and the audit is fresh.")
    ticked(page, "approve", 9)


def reasoned(page, reason: str) -> None:
    """Give the reason that a form asks for."""
    page.get_by_role("dialog").get_by_label("Reason").fill(reason)
    page.get_by_role("dialog").get_by_role("button", name="Submit").click()


def opened(page, stop: str) -> Any:
    """Open a stop, unless it is open because it is the next one, and return its row."""
    row = page.locator(f"[data-stop={stop}]")
    if not row.locator(".stop-more").is_visible():
        row.locator(".stop-title").click()
    return row


def taken_there(page, person: str, channel: str, command: str) -> None:
    """Press Take me there at the stop that is open."""
    page.get_by_role("button", name="Take me there").click()

    expect(page.locator("#me")).to_contain_text(person)
    expect(page.locator("#title")).to_contain_text(channel)
    expect(page.locator("#text")).to_have_value(command)


def use(page, command: str, **options: str) -> None:
    """Choose the command that is begun in the box, fill in its options, and send it."""
    page.get_by_role("option").filter(has=page.get_by_text(f"/{command}", exact=True)).click()
    for name, value in options.items():
        chip = page.locator(".chip").filter(has=page.get_by_text(name, exact=True)).locator("input")
        if not chip.is_visible():
            page.locator(".chip.more").click()
        chip.click()
        page.keyboard.type(value)
        expect(page.locator("#suggest-hint")).not_to_contain_text("Loading options…")
        if page.get_by_role("option").first.is_visible():
            page.get_by_role("option").first.click()
    page.keyboard.press("Enter")


def launch(page, run: str, parameters: str) -> None:
    """Plan a run by the command that is begun, and press Launch on its card."""
    use(page, "train launch", requirement="1", cpus="1", memory_gib="4", parameters=parameters)
    card = page.locator(".message").filter(has_text=f"{run} ·")
    expect(card).to_contain_text("It would start", timeout=SLOW_MS)
    card.get_by_role("button", name="Launch").click()


def ticked(page, stop: str, count: int) -> None:
    """Wait until the stop is done, and this many are."""
    expect(page.locator(f"[data-stop={stop}]")).to_have_class("done", timeout=DONE_LIMIT_MS)
    expect(page.locator("#knob")).to_contain_text(f"{count}/11")


def done_for_one(page, stop: str, count: int, person: str, channel: str, *, also: str = "", presses: int = 1) -> None:
    """Have a stop done, and those before it, which it says; the page is with whoever does it."""
    row = opened(page, stop)
    expect(row.locator(".stop-more")).to_contain_text(also)
    row.get_by_role("button", name="Do it for me").click(click_count=presses)
    ticked(page, stop, count)

    expect(page.locator("#me")).to_contain_text(person)
    expect(page.locator("#title")).to_contain_text(channel)
