"""The desk beside the sandbox's page, in a real browser over the whole world: tour, X-ray, phone, keyboard, doors."""

import json
import urllib.error
import urllib.request
from collections.abc import Iterator

import pytest

from tests.support.browser import PHONE
from tests.support.desk import Place, running

playwright = pytest.importorskip("playwright.sync_api")
expect = playwright.expect

SLOW_MS = 60_000
WIDER = """[...document.querySelectorAll("main *, #desk *")].filter((each) => !each.closest(".wide, pre")
    && each.getBoundingClientRect().right > innerWidth + 1).map((each) => each.outerHTML.slice(0, 200))"""


@pytest.fixture(scope="module")
def place(tmp_path_factory) -> Iterator[Place]:
    """Bring a whole world up."""
    with running(tmp_path_factory.mktemp("desk") / "state") as up:
        yield up


def test_stops_are_done_for_one_and_seen(at_desk, place):
    """One press files, claims, fails and acknowledges as three people; the stops are ticked and the page goes along."""
    page = at_desk()
    expect(page.locator("[data-stop]")).to_have_count(11)
    page.get_by_role("button", name="See the incident").click()
    expect(page.locator(".stop-more")).to_contain_text("File a requirement, Claim it, Launch a run that fails")
    page.get_by_role("button", name="Do it for me").click()

    for stop in ("file", "claim", "fail", "incident"):
        expect(page.locator(f"[data-stop={stop}]")).to_have_class("done", timeout=SLOW_MS)
    expect(page.locator("#knob")).to_contain_text("4/11")
    expect(page.locator("#me")).to_contain_text("Somchai")
    expect(page.locator("#title")).to_contain_text("ops")
    assert any("RUN-1 failed" in text for text in place.texts("ops"))


def test_one_is_taken_to_a_stop_and_what_is_done_by_hand_is_ticked(at_desk, place):
    """Take me there is the right person in the right channel with the command begun; the run then counts as seen."""
    page = at_desk()
    expect(page.get_by_role("button", name="Launch a good run")).to_have_attribute("aria-expanded", "true")
    page.get_by_role("button", name="Take me there").click()

    expect(page.locator("#me")).to_contain_text("Anan")
    expect(page.locator("#title")).to_contain_text("training")
    expect(page.locator("#text")).to_have_value("/train launch")

    place.has_a_long_run()

    expect(page.locator("[data-stop=train]")).to_have_class("done", timeout=SLOW_MS)


def test_a_claim_is_followed_through_the_xray(at_desk):
    """The press, its answer, the sbatch that came of it with its exit code, and the fact with who caused it."""
    page = at_desk()
    page.get_by_role("tab", name="X-ray").click()
    wire, words = page.locator(".wire"), page.get_by_label("Filter the wire")
    words.fill("claim:req-1")
    expect(wire.locator("summary:visible").filter(has_text="INTERACTION_CREATE · claim:REQ-1")).to_have_count(2)
    words.fill("/callback")
    expect(wire.locator("summary:visible").filter(has_text="POST /interactions/…/callback").first).to_be_visible()
    words.fill("sbatch --")
    sbatch = wire.locator("summary:visible").filter(has_text="sbatch --parsable").last
    expect(sbatch.locator(".ok")).to_have_text("0")
    sbatch.press("Enter")
    expect(wire.locator("details[open]")).to_contain_text("Answered")
    page.get_by_role("button", name="Cluster").click()
    expect(wire.locator("summary:visible")).to_have_count(0)

    page.get_by_role("tab", name="Cluster").click()
    expect(page.locator("#panel-cluster")).to_contain_text("gpu1")
    expect(page.locator("#panel-cluster td").filter(has_text="failed")).to_be_visible()

    page.get_by_role("tab", name="Cloud").click()
    expect(page.locator("#panel-cloud")).to_contain_text("No endpoint has been made yet.")

    page.get_by_role("tab", name="Bot").click()
    claimed = page.locator("#panel-bot tr").filter(has_text="requirement.claimed")
    expect(claimed).to_contain_text("anan")
    expect(page.locator("#panel-bot tr").filter(has_text="cluster.submit").last).to_contain_text("done")


def test_no_secret_is_seen_through_the_xray(place):
    """Neither the bot's token nor the cloud's secret is in what the desk shows."""
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
