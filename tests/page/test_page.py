"""The sandbox's page in a real browser, with a real discord.py bot behind it."""

import json
import re
import sys

import pytest

from tests.support.browser import PHONE
from tests.support.page_town import ROOT, Process, type_keys

playwright = pytest.importorskip("playwright.sync_api")
expect = playwright.expect

WIDER = """[...document.querySelectorAll("main *")]
    .filter((each) => each.getBoundingClientRect().right > innerWidth + 1).map((each) => each.outerHTML)"""


def test_a_card_is_drawn_with_its_picture_and_its_button_changes_it(visit):
    """Components V2: container, accent, picture with its description; a press edits it, as is said below."""
    page = visit("anan")
    type_keys(page, "/card", "Enter", "Enter")
    card = page.locator(".container").last

    expect(card.locator(".h3")).to_have_text("RUN-31 is running")
    expect(card.get_by_alt_text("Loss over epochs")).to_be_visible()
    expect(page.locator(".origin").last).to_have_text("Anan used /card")
    assert card.evaluate("each => getComputedStyle(each).borderLeftColor") == "rgb(230, 126, 34)"
    assert (
        card.get_by_alt_text("Loss over epochs").evaluate("each => each.decode().then(() => each.naturalWidth)") == 320
    )

    page.get_by_role("button", name="Cancel").last.click()

    expect(page.locator(".container").last).to_contain_text("Cancelled by @Anan")
    expect(page.locator(".message").last.locator(".container + .edited")).to_be_visible()


def test_a_select_menu_is_used_with_the_keyboard(visit):
    """The menu opens by an arrow, moves by arrows, and what was chosen reaches the bot."""
    page = visit("anan", channel="general")
    type_keys(page, "/card", "Enter", "Enter")
    page.get_by_role("combobox", name="Move to a partition").focus()

    for key in ("ArrowDown", "ArrowDown", "Enter"):
        page.keyboard.press(key)

    expect(page.locator(".container")).to_contain_text("Moved to long")


def test_a_command_with_completion_is_run_by_keyboard_and_only_its_person_sees_the_answer(visit):
    """Palette, live completion, a number beyond its range, the ephemeral answer; another person has no such message."""
    page = visit("anan")
    type_keys(page, "/tr la", "Enter", "fra")
    expect(page.get_by_role("option", name="REQ-13 fraud")).to_be_visible()
    run_on = page.keyboard
    run_on.press("Enter")
    run_on.press("Tab")
    run_on.type("9")
    run_on.press("Enter")

    expect(page.locator("#suggest")).to_contain_text("gpus: This must be 1 to 8.")

    run_on.press("Backspace")
    run_on.type("4")
    run_on.press("Enter")
    answer = page.locator(".message.ephemeral")

    expect(answer).to_contain_text("REQ-13 trains on 4.")
    expect(answer).to_contain_text("Only you can see this")

    page.get_by_role("link", name="Be Kanya").click()

    expect(page.locator("#me")).to_contain_text("Kanya")
    expect(page.locator(".message.ephemeral")).to_have_count(0)

    page.go_back()

    expect(page.locator("#me")).to_contain_text("Anan")
    page.get_by_role("button", name="Dismiss message").click()
    expect(answer).to_have_count(0)


def test_a_form_says_what_is_wrong_and_is_sent(visit, tmp_path):
    """Errors stand beside their fields; then text, choice, menu and file all reach the bot."""
    paper = tmp_path / "why.txt"
    paper.write_text("because", encoding="utf-8")
    page = visit("malee", channel="requirements")
    type_keys(page, "/requirement file ", "Enter")
    form = page.get_by_role("dialog", name="File a requirement")
    expect(form.get_by_label("Title")).to_be_focused()
    form.get_by_label("Title").fill("abc")
    form.get_by_role("button", name="Submit").click()

    expect(form.locator(".failure").first).to_have_text("Write at least 5 characters.")

    form.get_by_label("Title").fill("Churn of customers")
    form.get_by_label("Batch").check()
    form.get_by_role("combobox").click()
    form.get_by_role("option", name="telco-8").click()
    form.get_by_label("Paper").set_input_files(paper)
    form.get_by_role("button", name="Submit").click()

    expect(form).to_have_count(0)
    expect(page.locator(".message").last).to_contain_text("Filed: Churn of customers / batch / telco-8 / ['why.txt']")


def test_a_bot_that_does_not_answer_is_said_so(visit):
    """Discord waits three seconds, then says that the application did not respond."""
    page = visit("nok", channel="general")
    type_keys(page, "/silence", "Enter", "Enter")

    expect(page.locator(".pending")).to_contain_text("Sending command…")
    expect(page.locator(".pending")).to_contain_text("The application did not respond")


def test_a_press_without_an_answer_is_said_beside_it(visit):
    """The button waits, then its message says that the interaction failed."""
    page = visit("nok", channel="deployments")
    type_keys(page, "/card", "Enter", "Enter")
    page.get_by_role("button", name="Deaf").click()

    expect(page.get_by_role("button", name="Deaf")).to_have_attribute("aria-busy", "true")
    expect(page.locator(".message .failure")).to_have_text("This interaction failed")


def test_a_deferred_answer_thinks_until_it_is_there(visit):
    """The bot is seen thinking; its answer takes that place."""
    page = visit("preecha", channel="deployments")
    type_keys(page, "/think", "Enter", "Enter")

    expect(page.locator(".thinking")).to_contain_text("is thinking…")

    type_keys(page, "/finish", "Enter", "Enter")

    expect(page.locator(".message").filter(has_text="The answer is 42.")).to_be_visible()
    expect(page.locator(".thinking")).to_have_count(0)


def test_two_windows_are_two_people_and_unread_channels_are_marked(visit):
    """What one writes the other sees at once; in another channel it is marked as unread until it is opened."""
    malee, somchai = visit("malee", channel="ops"), visit("somchai", channel="general")
    malee.locator("#text").fill("**Look** at <@1100000000000000304>")
    malee.keyboard.press("Enter")

    expect(malee.locator(".message").last.locator("strong")).to_have_text("Look")
    expect(somchai.get_by_role("button", name="ops unread")).to_be_visible()

    somchai.get_by_role("button", name="ops unread").click()

    expect(somchai.locator(".message").last).to_contain_text("Look at @Somchai")
    expect(somchai.get_by_role("button", name="ops unread")).to_have_count(0)


def test_a_phone_shows_everything_without_scrolling_sideways(visit):
    """At 390 pixels the channels are in a drawer, and nothing is wider than the screen."""
    page = visit("kanya", channel="monitoring", viewport=PHONE)
    type_keys(page, "/card", "Enter", "Enter")
    expect(page.locator(".container")).to_be_visible()

    assert page.evaluate("document.documentElement.scrollWidth") == 390
    assert page.evaluate(WIDER) == []

    page.get_by_role("button", name="Channels").click()
    page.get_by_role("button", name="announcements").click()

    expect(page.locator("#title")).to_contain_text("announcements")
    expect(page.locator(".empty")).to_contain_text("Nothing here yet.")


def test_whoever_opened_the_page_first_sees_the_bot_come_and_a_sandbox_that_was_restarted(window, tmp_path):
    """An empty channel says when the bot is there; a lost line is said so, and then what the new sandbox knows."""
    argv = [sys.executable, "-m", "sandbox.discord", "--state", str(tmp_path), "--page", str(ROOT / "sandbox/page")]
    described = tmp_path / "discord.json"
    with Process(argv, described.exists):
        port = json.loads(described.read_text(encoding="utf-8"))["http_port"]
        page = window.open(f"http://127.0.0.1:{port}/")
        expect(page.locator("#bot")).to_have_class("offline")
        expect(page.locator(".empty")).to_contain_text("The bot is offline")

        with Process([sys.executable, str(ROOT / "tests/page/page_bot.py"), str(described)], lambda: True):
            expect(page.locator(".empty")).to_contain_text("Type / below")
    described.unlink()

    expect(page.locator("#bot")).to_have_class(re.compile("lost"))

    with Process([*argv, "--port", str(port)], described.exists):
        expect(page.locator("#bot")).to_have_class("offline", timeout=15000)
        page.locator("#text").fill("Here again")
        page.keyboard.press("Enter")

        expect(page.locator(".message")).to_contain_text("Here again")
        page.goto("about:blank")
    assert [] == [one for one in window.complaints if "ERR_" not in one]  # the browser's own, of a line that is lost
    window.complaints.clear()


def test_nothing_can_be_used_before_the_page_knows_the_world(town, window):
    """While the snapshot is on its way, typing and pressing do nothing; then they work."""
    held = []
    page = window.open("about:blank", viewport=PHONE)
    page.route("**/_client/state*", lambda route: held.append(route))  # noqa: PLW0108 - Playwright marks the function
    with page.expect_request("**/_client/state*"):
        page.goto(f"{town['url']}?as={town['people']['anan']}&channel={town['channels']['training']}")
    box, drawer = page.locator("#text"), page.get_by_role("button", name="Channels")
    expect(box).to_be_disabled()
    expect(drawer).to_be_disabled()
    page.keyboard.press("/")
    held[0].continue_()
    box.fill("/")
    expect(page.get_by_role("option").first).to_be_visible()
    box.fill("")
    drawer.click()

    expect(page.get_by_role("button", name="announcements")).to_be_visible()
