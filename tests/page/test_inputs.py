"""Every menu and field that discord.py 2.7 has, threads, and what one may not do, on the page in a real browser."""

import pytest

from tests.support.browser import PHONE
from tests.support.page_town import tell, type_keys

playwright = pytest.importorskip("playwright.sync_api")
expect = playwright.expect

MENUS = {
    "Which role": ("@Auditor", "roles: Auditor"),
    "Where": ("#ops", "channels: ops"),
    "Anyone": ("@Ops", "anyone: Ops"),
}
BEYOND = """(form) => [form, ...form.querySelectorAll("*")].filter((each) => {
    const { left, right } = each.getBoundingClientRect();
    return right > innerWidth + 1 || left < -1;
}).map((each) => each.outerHTML)"""


def choose(place, name: str, *options: str) -> None:
    """Open a menu and choose."""
    place.get_by_role("combobox", name=name).click()
    for option in options:
        place.get_by_role("option", name=option).click()


def test_menus_of_people_roles_and_channels_reach_the_bot(visit):
    """What is chosen comes with its names; of people two, which is sent when the menu closes."""
    page = visit("anan", channel="general")
    type_keys(page, "/menus", "Enter", "Enter")
    choose(page, "Who", "Malee", "Kanya")
    page.keyboard.press("Escape")

    expect(page.locator(".message").last).to_contain_text("people: malee and kanya")

    for name, (option, said) in MENUS.items():
        choose(page, name, option)
        expect(page.locator(".message").last).to_contain_text(said)


def test_a_form_of_boxes_people_and_channels_reaches_the_bot(visit):
    """Words between fields; a group asks for one at least and two at most; a person and a channel."""
    page = visit("preecha", channel="monitoring")
    type_keys(page, "/who", "Enter", "Enter")
    form = page.get_by_role("dialog", name="Who and where")
    expect(form.locator("strong")).to_have_text("all")
    form.get_by_role("button", name="Submit").click()

    expect(form.locator(".failure:not(:empty)")).to_have_count(3)

    for box in ("Bias", "Drift", "Speed", "I am sure"):
        form.get_by_label(box).check()
    choose(form, "Reviewer", "Kanya")
    choose(form, "Channel", "#audit")
    form.get_by_role("button", name="Submit").click()

    expect(form.locator(".failure:not(:empty)")).to_have_text("Choose at most 2.")

    form.get_by_label("Speed").uncheck()
    form.get_by_role("button", name="Submit").click()

    expect(page.locator(".message").last).to_contain_text("['bias', 'drift'] / True / kanya / audit")


def test_a_form_of_long_text_role_and_anyone_reaches_the_bot(visit):
    """A paragraph comes with its default and description, and keeps its lines."""
    page = visit("kanya", channel="audit")
    type_keys(page, "/team", "Enter", "Enter")
    form = page.get_by_role("dialog", name="A team")
    expect(form).to_contain_text("In your words")
    expect(form.get_by_label("Why")).to_have_value("Because")
    form.get_by_label("Why").fill("one\ntwo")
    choose(form, "Role", "@Auditor")
    choose(form, "Anyone", "Nok")
    form.get_by_role("button", name="Submit").click()

    expect(page.locator(".message").last).to_contain_text(r"'one\ntwo' / Auditor / nok")


def test_a_form_is_filled_in_and_sent_on_a_phone(visit):
    """By taps, at 390 pixels: each field and Submit are reached, nothing is wider than the screen, the bot answers."""
    page = visit("malee", channel="ops", viewport=PHONE, has_touch=True)
    page.locator("#text").tap()
    page.locator("#text").fill("/requirement fi")
    page.get_by_role("option", name="/requirement file").tap()
    page.get_by_role("button", name="Send /requirement file").tap()
    form = page.get_by_role("dialog", name="File a requirement")
    form.get_by_role("button", name="Submit").tap()
    expect(form.locator(".failure:not(:empty)").first).to_be_visible()
    form.get_by_label("Title").fill("Churn of customers")
    form.get_by_label("Online").tap()
    form.get_by_role("combobox").tap()
    form.get_by_role("option", name="telco-7").tap()
    form.get_by_label("Paper").set_input_files({"name": "why.txt", "mimeType": "text/plain", "buffer": b"because"})

    assert [] == form.evaluate(BEYOND)

    form.get_by_role("button", name="Submit").tap()

    expect(form).to_have_count(0)
    expect(page.locator(".message").last).to_contain_text("Filed: Churn of customers / online / telco-7 / ['why.txt']")


def test_a_thread_is_opened_and_written_in_and_its_news_are_marked(visit):
    """It stands below its channel and on its message; another person sees it at once, as unread."""
    malee, nok = visit("malee", channel="requirements"), visit("nok", channel="general")
    type_keys(malee, "/discuss", "Enter", "Enter")

    expect(nok.get_by_role("button", name="Why it drifts unread")).to_be_visible()

    malee.locator(".message").last.get_by_role("button", name="Why it drifts").click()
    expect(malee.locator("#title")).to_contain_text("Why it drifts")
    expect(malee.locator(".message").last.locator("strong")).to_have_text("look")
    malee.locator("#text").fill("I see.")
    malee.keyboard.press("Enter")
    nok.get_by_role("button", name="Why it drifts unread").click()

    expect(nok.locator(".message").last).to_contain_text("I see.")


def test_a_command_for_few_is_in_the_palette_of_those_only(visit):
    """Discord hides a command from who lacks its default permissions; Ops may manage messages here, Nok may not."""
    nok, somchai = visit("nok"), visit("somchai")
    for page in (nok, somchai):
        page.locator("#text").fill("/s")
    expect(somchai.get_by_role("option", name="/sweep")).to_be_visible()

    expect(nok.get_by_role("option", name="/silence")).to_be_visible()
    expect(nok.get_by_role("option", name="/sweep")).to_have_count(0)


def test_only_one_s_own_messages_can_be_deleted_by_who_does_not_keep_order(visit):
    """Nok has no button on Malee's message; Malee and Ops have, and it goes for everyone."""
    malee, nok, somchai = (visit(person, channel="announcements") for person in ("malee", "nok", "somchai"))
    malee.locator("#text").fill("To be deleted")
    malee.keyboard.press("Enter")
    for page in (malee, nok, somchai):
        expect(page.locator(".message")).to_have_count(1)

    expect(nok.get_by_role("button", name="Delete message")).to_have_count(0)
    expect(malee.get_by_role("button", name="Delete message")).to_have_count(1)
    for _ in ("asks", "does"):
        somchai.get_by_role("button", name="Delete message").press("Enter")
    for page in (malee, nok, somchai):
        expect(page.locator(".message")).to_have_count(0)


def test_on_a_touch_screen_nothing_is_deleted_that_was_not_seen(visit):
    """A tap where Delete would stand only shows it; the next ones ask and do."""
    page = visit("malee", channel="announcements", viewport=PHONE, has_touch=True)
    page.locator("#text").fill("To be kept a while")
    page.keyboard.press("Enter")
    message, remove = page.locator(".message"), page.get_by_role("button", name="Delete message")
    expect(remove).to_have_count(1)
    box = remove.bounding_box()
    where = (box["x"] + box["width"] / 2, box["y"] + box["height"] - 3)

    page.touchscreen.tap(*where)
    expect(message.locator(".tools")).to_have_css("opacity", "1")
    expect(remove).to_have_text("Delete")
    for _ in ("asks", "does"):
        remove.tap()

    expect(message).to_have_count(0)


def test_where_one_may_not_write_the_box_says_so(visit, town):
    """An overwrite takes the right to write in one channel; the box is off there and on elsewhere."""
    target = town["people"]["nok"]
    tell(town, "fault", kind="forbid", channel="deployments", permission="send_messages", target=target)
    page = visit("nok", channel="deployments")

    expect(page.locator("#text")).to_be_disabled()
    expect(page.get_by_placeholder("You may not write here")).to_be_visible()

    page.get_by_role("button", name="training").click()

    expect(page.locator("#text")).to_be_enabled()
