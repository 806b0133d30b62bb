"""The desk beside the page in a real browser over the whole world: X-ray, phone, keyboard, doors."""

import json
import urllib.error
import urllib.request
from functools import partial

import pytest

from sandbox.desk.bot_facts import read_facts
from tests.support.browser import PHONE
from tests.support.desk import eventually

playwright = pytest.importorskip("playwright.sync_api")
expect = playwright.expect

WIDER = """[...document.querySelectorAll("main *, #desk *")].filter((each) => !each.closest(".wide, pre")
    && each.getBoundingClientRect().right > innerWidth + 1).map((each) => each.outerHTML.slice(0, 200))"""


def test_a_claim_is_followed_through_the_xray(at_desk, place):
    """The presses, their answers, the sbatch that came of it with its exit code, and the fact with who caused it."""
    place.has_failed()
    number = place.filed()
    for person in ("malee", "anan"):  # she has not the duty
        eventually(partial(place.press, person, "Claim", channel="requirements", on=f"REQ-{number} ·"))
    run = place.launched(requirement=number)
    page = at_desk()
    page.get_by_role("tab", name="X-ray").click()
    wire, words = page.locator(".wire"), page.get_by_label("Filter the wire")
    words.fill(f"claim:req-{number}")
    pressed = wire.locator("summary:visible").filter(has_text=f"INTERACTION_CREATE · claim:REQ-{number}")
    expect(pressed).to_have_count(2)
    words.fill("/callback")
    expect(wire.locator("summary:visible").filter(has_text="POST /interactions/…/callback").first).to_be_visible()
    words.fill("sbatch --")
    taken = page.locator(".ok").filter(has_text="0")  # one that was refused is another test's
    sbatch = wire.locator("summary:visible").filter(has_text="sbatch --parsable").filter(has=taken).last
    expect(sbatch).to_be_visible()
    sbatch.press("Enter")
    expect(wire.locator("details[open]")).to_contain_text("Answered")
    page.get_by_role("button", name="Cluster").click()
    expect(wire.locator("summary:visible")).to_have_count(0)

    page.get_by_role("tab", name="Cluster").click()
    expect(page.locator("#panel-cluster")).to_contain_text("gpu1")
    expect(page.locator("#panel-cluster td").filter(has_text="failed").first).to_be_visible()

    page.get_by_role("tab", name="Bot").click()
    claimed = page.locator("#panel-bot tr").filter(has_text="requirement.claimed").first
    expect(claimed).to_contain_text("anan")
    expect(page.locator("#panel-bot tr").filter(has_text="cluster.submit").last).to_contain_text("done")
    place.cancel(run)


def test_facts_that_cannot_be_read_are_not_shown_as_none(at_desk, tmp_path):
    """The view says so, and has no empty tables that would say that nothing has happened."""
    page = at_desk()
    unread = read_facts(tmp_path / "slipway.db") | {"is_running": True, "people": {}}
    page.route("**/_world/bot", lambda route: route.fulfill(json=unread))
    page.get_by_role("tab", name="X-ray").click()
    page.get_by_role("tab", name="Bot").click()

    expect(page.locator("#panel-bot").get_by_role("status")).to_contain_text("There is no database file slipway.db")
    expect(page.locator("#panel-bot section:visible")).to_have_count(0)


def test_no_secret_is_seen_through_the_xray(place):
    """Neither the bot's token nor the cloud's secret is in what the desk shows."""
    if not any("IDENTIFY" in one["what"] for one in place.wire("gateway", since=0)):  # the wire keeps what is new
        place.restarted()
    token = json.loads((place.state / "discord/discord.json").read_text(encoding="utf-8"))["token"]
    secret = json.loads((place.state / "azure/azure.json").read_text(encoding="utf-8"))["client_secret"]
    shown = json.dumps([place.get(f"_world/{view}") for view in ("wire", "cluster", "cloud", "bot")])

    assert "IDENTIFY" in shown
    assert token not in shown
    assert secret not in shown


def test_a_file_goes_through_the_front_door(at_desk, tmp_path):
    """Uploads and downloads pass the desk as they are; what people uploaded keeps the sandbox that it is served in."""
    paper = tmp_path / "paper.txt"
    paper.write_text("Thai: กขค", encoding="utf-8")
    page = at_desk()
    page.get_by_role("button", name="general").click()
    page.locator("#attach").set_input_files(paper)
    page.keyboard.press("Enter")
    link = page.locator(".message").last.get_by_role("link")
    expect(link).to_contain_text("paper.txt")

    got = page.request.get(page.url.partition("?")[0].rstrip("/") + link.get_attribute("href"))

    assert (got.text(), got.headers["content-security-policy"]) == ("Thai: กขค", "sandbox")


def test_a_phone_shows_the_desk_over_the_page(at_desk):
    """At 390 pixels the desk is closed at first, covers the page when opened, and nothing is wider than the screen."""
    page = at_desk(viewport=PHONE)
    expect(page.locator("#desk")).to_be_hidden()
    assert (page.evaluate("document.documentElement.scrollWidth"), page.evaluate(WIDER)) == (390, [])

    page.get_by_role("button", name="Desk").click()
    for tab in ("Tour", "Trouble", "X-ray", "Cluster", "Cloud", "Bot", "Wire"):
        page.get_by_role("tab", name=tab, exact=True).click()
        expect(page.get_by_role("tab", name=tab, exact=True)).to_have_attribute("aria-selected", "true")
        assert (page.evaluate("document.documentElement.scrollWidth"), page.evaluate(WIDER)) == (390, []), tab

    page.keyboard.press("Escape")
    expect(page.locator("#desk")).to_be_hidden()
    expect(page.locator("#knob")).to_be_focused()


def test_the_keyboard_reaches_the_desk(at_desk):
    """The knob opens it with the focus in it, arrows move between tabs, and Tab goes on to what is shown."""
    page = at_desk()
    page.locator("#knob").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#desk")).to_be_hidden()
    page.keyboard.press("Enter")
    expect(page.get_by_role("tab", name="Tour")).to_be_focused()
    page.keyboard.press("ArrowLeft")

    expect(page.get_by_role("tab", name="Trouble")).to_be_focused()
    expect(page.get_by_role("button", name="Lift all")).to_be_visible()
    first = page.get_by_role("switch").first
    expect(first).to_be_visible()
    for _ in range(6):  # how many stops stand before it depends on what is switched
        if not first.evaluate("one => one === document.activeElement"):
            page.keyboard.press("Tab")
    expect(first).to_be_focused()


@pytest.mark.parametrize("headers", [{"Host": "evil.example"}, {"Origin": "http://evil.example"}])
def test_other_pages_are_kept_out(place, headers):
    """A page of another origin, or another name for this address, can neither look nor act."""
    request = urllib.request.Request(f"{place.url}_world/troubles/lift", b"{}", headers)
    with pytest.raises(urllib.error.HTTPError, match="403"):
        urllib.request.urlopen(request, timeout=5)


def test_the_page_takes_everything_from_its_own_origin(place):
    """The whole policy holds for page and desk: no plug-in, no other base, no form that leaves, no frame around it."""
    with urllib.request.urlopen(place.url, timeout=5) as response:
        policy = dict(part.strip().split(" ", 1) for part in response.headers["Content-Security-Policy"].split(";"))

    assert policy == {
        "default-src": "'self'",
        "img-src": "'self' data:",
        "object-src": "'none'",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'none'",
    }
