"""Those who take the road on the page: what they do by nothing but the keyboard, and what they take for private."""

import pytest

from tests.support.browser import a_page, in_a_thread
from tests.support.hands import Hand, Keyboard

pytest.importorskip("playwright.async_api")


def test_each_kind_of_control_is_reached_by_tab(town):
    """A command with options, a button, another person and channel, a form with text, choice, menu and Submit.

    What the hands take for a private answer is what the page shows to nobody else.
    """

    async def used() -> None:
        keys = Keyboard()
        async with a_page(town["url"]) as page:
            await page.locator("#bot.online").wait_for()
            anan, malee = Hand(page, "Anan", keys), Hand(page, "Malee", keys)
            launched = await anan.slash("train launch", channel="general", requirement="fra", gpus=4)
            card = await anan.slash("card", channel="general")
            await keys.press(page, page.get_by_role("button", name="Cancel"))
            await page.locator(".container").filter(has_text="Cancelled by @Anan").wait_for()
            form = await malee.slash("requirement file", channel="requirements")
            fields = page.get_by_role("dialog")
            await keys.focus(page, fields.get_by_label("Title"))
            await page.keyboard.type("Churn of customers")
            await keys.focus(page, fields.get_by_label("Batch"))
            await page.keyboard.press("Space")
            await keys.focus(page, fields.get_by_role("combobox"))
            for key in ("ArrowDown", "ArrowDown", "Enter"):
                await page.keyboard.press(key)
            await keys.press(page, fields.get_by_role("button", name="Submit"))
            await page.locator(".message").filter(has_text="Filed: Churn of customers / batch / telco-").wait_for()

        assert "REQ-13 trains on 4." in launched.text
        assert ("answered", True) == (launched.state, launched.is_private)
        assert ("answered", False) == (card.state, card.is_private)
        assert "modal" == form.state

    in_a_thread(used())
