"""Forums on the page: their posts as a list, with tags and news; a post is opened, read and answered like a thread."""

import json
import urllib.request

import pytest

from tests.support.browser import DESK, PHONE
from tests.support.page_town import as_bot, begun, said, tell, type_keys

playwright = pytest.importorskip("playwright.sync_api")
expect = playwright.expect


def go(page, channel: str) -> None:
    """Open a channel by the left column, which is a drawer on a phone."""
    if page.viewport_size == PHONE:
        page.get_by_role("button", name="Channels", exact=True).click()
    page.locator("#channels").get_by_role("button", name=channel).click()


def test_a_forum_that_is_opened_appears_at_once_and_says_that_it_is_empty(visit, town):
    """It holds posts and no box to write in; the first post takes the place of the sentence while one looks."""
    page = visit("preecha", channel="monitoring")
    tell(town, "admin", op="create_forum", channel="questions")
    page.get_by_role("button", name="questions").click()

    expect(page.get_by_placeholder("Posts hold the messages here")).to_be_disabled()
    expect(page.locator(".empty")).to_contain_text("No posts yet.")

    begun(town, "questions", "First of all", "Hello?")

    expect(page.locator(".post")).to_contain_text("First of all")
    expect(page.locator(".empty")).to_have_count(0)


@pytest.mark.parametrize("viewport", [pytest.param(DESK, marks=pytest.mark.repetition), PHONE], ids=["desk", "phone"])
def test_a_forum_lists_its_posts_and_a_post_is_read_and_answered(visit, town, viewport):
    """The latest first, with tags, beginning, answers and news; opened and answered by keyboard; then it is read."""
    forum = f"ideas-{viewport['width']}"
    tell(town, "admin", op="create_forum", channel=forum, tags=["metrics", "data", "later"])
    begun(town, forum, "Which recall?", "Of ||secret|| rows, **all** of them?", tags=("metrics", "data"))
    begun(
        town, forum, "ปรับปรุงแบบจำลองการจัดประเภทรีวิวของลูกค้าให้รองรับภาษาถิ่นทั่วประเทศไทย 👩‍👩‍👧‍👦", "x " * 900, person="malee"
    )
    page = visit("kanya", channel="general", viewport=viewport)
    go(page, forum)
    posts = page.locator(".post")

    expect(posts).to_have_count(2)
    expect(posts.nth(0)).to_contain_text("👩‍👩‍👧‍👦")
    expect(posts.nth(1)).to_contain_text("Which recall?")
    expect(posts.nth(1).locator(".post-tag")).to_have_text(["metrics", "data"])
    expect(posts.nth(1)).to_contain_text("Nok: Of ▇▇▇ rows, all of them?")
    expect(posts.nth(1)).to_contain_text("0 answers")
    expect(page.get_by_role("button", name="Which recall? unread").last).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")

    posts.nth(1).get_by_role("button").press("Enter")
    expect(page.locator(".message")).to_contain_text("rows, all of them?")
    expect(page.locator("#title")).to_contain_text("Which recall?")
    page.locator("#text").fill("Yes.")
    page.keyboard.press("Enter")
    expect(page.locator(".message").last).to_contain_text("Yes.")
    page.locator("#title").get_by_role("button", name=forum).click()

    expect(posts.nth(0)).to_contain_text("Which recall?")
    expect(posts.nth(0)).to_contain_text("1 answer ·")
    expect(posts.nth(0).locator(".dot")).to_have_count(0)
    expect(posts.nth(1).locator(".dot")).to_have_count(1)


def test_news_in_a_post_show_in_the_list_as_they_come(visit, town):
    """An answer of somebody else marks the post and brings it up; a new name shows, and an archived post goes last."""
    tell(town, "admin", op="create_forum", channel="reports")
    old = begun(town, "reports", "Old", "one")
    new = begun(town, "reports", "New", "two")
    page = visit("kanya", channel="general")
    page.get_by_role("button", name="reports").click()
    names = page.locator(".post-title")
    for name in ("New", "Old"):
        page.locator(".post").get_by_role("button", name=name).click()
        page.locator("#title").get_by_role("button").click()
    expect(page.locator(".post .dot")).to_have_count(0)

    said(town, "nok", old, "three")

    expect(names).to_have_text(["Old", "New"])
    expect(page.locator(".post").nth(0).locator(".dot")).to_have_count(1)

    as_bot(town, "PATCH", f"/channels/{new}", {"name": "Newest"})
    as_bot(town, "PATCH", f"/channels/{old}", {"archived": True})

    expect(names).to_have_text(["Newest", "Old"])
    expect(page.locator(".post").nth(1)).to_contain_text("archived")


def test_a_post_of_the_bot_is_listed_and_opened(visit, town):
    """With the tag that the bot gave it; and nothing of this was against Discord's description."""
    page = visit("preecha", channel="monitoring")
    tell(town, "admin", op="create_forum", channel="asked", tags=["metric"])
    type_keys(page, "/ask", "Enter", "Enter")
    expect(page.locator(".message").last).to_contain_text("Asked in #Which metric? as True.")
    page.get_by_role("button", name="asked").click()

    expect(page.locator(".post-tag")).to_have_text("metric")

    page.locator(".post").get_by_role("button", name="Which metric?").click()

    expect(page.locator(".message")).to_contain_text("Recall or precision?")
    with urllib.request.urlopen(f"{town['url']}_client/violations", timeout=5) as response:
        assert [] == json.load(response)["violations"]
