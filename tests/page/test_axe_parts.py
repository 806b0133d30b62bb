"""axe finds nothing serious on what our own cards seldom show: every field, embeds, spoilers, all menus, forums."""

import pytest

from tests.support.axe import WIDTHS, blemishes
from tests.support.browser import PHONE
from tests.support.page_town import as_bot, begun, tell, type_keys

playwright = pytest.importorskip("playwright.sync_api")
expect = playwright.expect

FORMS = {
    "requirement file": ("radio", "input[type=file]", "[role=combobox]"),
    "who": ("checkbox", "input[type=checkbox]", "[role=combobox]"),
    "team": ("textbox", "textarea", "[role=combobox]"),
}
"""By command: a role and a place that its form has, and what opens its menu."""


NEWEST = ".message:not(:has(~ .message))"


@WIDTHS
def test_a_form_s_fields_can_be_used_by_everyone(visit, viewport):
    """As it opens; and with what is wrong in it, a file chosen and a menu open; the page below it once."""
    page = visit("preecha", channel="general", viewport=viewport)
    found = []
    for command, (role, place, menu) in FORMS.items():
        type_keys(page, f"/{command}", "Enter", "Enter")
        form = page.get_by_role("dialog")
        expect(form.get_by_role(role).first).to_be_visible()
        expect(form.locator(place).first).to_be_visible()
        found += blemishes(page, within=None if command == next(iter(FORMS)) else "dialog")
        form.get_by_role("button", name="Submit").click()
        expect(form.locator(".failure:not(:empty)").first).to_be_visible()
        for upload in form.locator("input[type=file]").all():
            upload.set_input_files({"name": "paper.txt", "mimeType": "text/plain", "buffer": b"x"})
        form.locator(menu).first.click()
        expect(form.get_by_role("option").first).to_be_visible()
        found += blemishes(page, within="dialog")
        page.keyboard.press("Escape")
        form.get_by_role("button", name="Cancel").click()
        expect(form).to_have_count(0)

    assert [] == found


SHOWN = {
    "embed": (".embed .field", None),
    "attach": (".spoiler", "Spoiler: press to read"),
    "parts": (".veiled", "Spoiler"),
    "menus": (".menu-face", "Who"),
}
"""By command: what its message shows, and what is pressed in it."""


@WIDTHS
def test_what_messages_show_can_be_read_by_everyone(visit, viewport):
    """As it stands, and once what is covered or closed in it is open; the page around it once."""
    page = visit("kanya", channel="monitoring", viewport=viewport)
    found = []
    for command, (place, press) in SHOWN.items():
        type_keys(page, f"/{command}", "Enter", "Enter")
        message = page.locator(NEWEST)
        expect(message.locator(place).first).to_be_visible()
        found += blemishes(page, within=None if command == next(iter(SHOWN)) else NEWEST)
        if press:
            cover = message.get_by_label(press, exact=True)
            cover.or_(message.get_by_role("button", name=press, exact=True)).first.click()
            found += blemishes(page, within=NEWEST)

    assert [] == found


@WIDTHS
def test_a_picture_over_the_page_can_be_read_by_everyone(visit, viewport):
    """It has its words and can be left."""
    page = visit("kanya", channel="ops", viewport=viewport)
    type_keys(page, "/attach", "Enter", "Enter")
    page.locator(".message").last.get_by_role("button", name="Enlarge: Loss, plainly").click()
    expect(page.get_by_role("dialog")).to_be_visible()

    assert [] == blemishes(page)


@WIDTHS
def test_a_forum_can_be_read_by_everyone(visit, town, viewport):
    """Empty; with posts that are new, tagged, archived; and one of them opened."""
    forum = f"ideas-{viewport['width']}"
    tell(town, "admin", op="create_forum", channel=forum, tags=["metrics"])
    page = visit("kanya", channel="general", viewport=viewport)
    if viewport == PHONE:
        page.get_by_role("button", name="Channels", exact=True).click()
    page.get_by_role("button", name=forum).click()
    expect(page.locator(".empty")).to_be_visible()
    found = blemishes(page)
    old = begun(town, forum, "Old", "one", tags=("metrics",))
    begun(town, forum, "New", "two", tags=("metrics",))
    as_bot(town, "PATCH", f"/channels/{old}", {"archived": True})
    expect(page.locator(".post").last).to_contain_text("archived")
    found += blemishes(page, within="main")
    page.locator(".post").first.get_by_role("button").click()
    expect(page.locator(".message")).to_have_count(1)
    found += blemishes(page, within="main")

    assert [] == found
