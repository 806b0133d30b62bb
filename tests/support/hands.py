"""A person before the page in a real browser: one window, by mouse or by nothing but the keyboard."""

import asyncio
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from sandbox.person import NotSeen

ANSWER_LIMIT_S = 10.0
POLL_S = 0.05
MOST_STOPS = 250
"""Presses of Tab until something is reached; the page has fewer places than that."""
OUTCOME = """([known, isForm]) => {
    const form = document.querySelector("dialog.modal");
    const wrong = form?.querySelector("form > .failure:not([hidden]), [aria-invalid=true]");
    if (form && (!isForm || wrong)) return [isForm ? "failed" : "modal", form.innerText];
    const failure = document.querySelector(".pending .failure, .message .failure, #suggest .failure");
    if (failure) return ["failed", failure.innerText];
    const isPrivate = (one) => one.matches(".ephemeral");
    const news = [...document.querySelectorAll(".message")].filter((one) => !known.includes(one.id));
    const answer = news.find(isPrivate) ?? news.find((one) => one.querySelector("p.origin"));
    return answer && !answer.querySelector(".thinking") ? ["answered", answer.innerText, isPrivate(answer)] : null;
}"""
"""An answer is a message for one's own eyes, or one for everyone that says whose command it answers."""
STANDS = "(one) => one === document.activeElement ? 'focused' : one.isConnected ? 'there' : 'gone'"
SHOWN = "[...document.querySelectorAll('.message')].map((one) => one.id)"


class Fingers(Protocol):
    """How things on the page are reached."""

    async def focus(self, page: Any, place: Any) -> None:
        """Bring the keyboard to a field."""
        ...

    async def press(self, page: Any, place: Any) -> None:
        """Press a button."""
        ...


class Mouse:
    """Points and clicks; text is typed where it has clicked."""

    async def focus(self, page: Any, place: Any) -> None:  # noqa: ARG002 - the other way needs it
        """Click into a field."""
        await place.click()

    async def press(self, page: Any, place: Any) -> None:  # noqa: ARG002 - the other way needs it
        """Click a button."""
        await place.click()


class Keyboard:
    """Goes from place to place by Tab, and presses Enter."""

    async def focus(self, page: Any, place: Any) -> None:
        """Press Tab until the place has the focus."""
        element = await place.element_handle()
        for _ in range(MOST_STOPS):
            stands = await element.evaluate(STANDS)
            if stands == "focused":
                return
            if stands == "gone":  # it was drawn anew; to look for it at each stop costs as much as to go there
                element = await place.element_handle()
            else:
                await page.keyboard.press("Tab")
        raise NotSeen(f"{place} cannot be reached by Tab.")

    async def press(self, page: Any, place: Any) -> None:
        """Reach a button and press Enter."""
        await self.focus(page, place)
        await page.keyboard.press("Enter")


@dataclass(frozen=True)
class Answer:
    """What came of an act, as the page shows it."""

    state: str
    text: str
    is_private: bool
    hand: "Hand"

    async def submit(self, values: Mapping[str, str]) -> "Answer":
        """Fill in the form that is open, and send it."""
        if self.state != "modal":
            raise NotSeen(f"No form is open; the answer was {self.state}: {self.text!r}.")
        return await self.hand.fill_in(values)


@dataclass(frozen=True)
class Hand:
    """Somebody on the page; whoever acts becomes that person first, and opens the channel."""

    page: Any
    name: str
    """As on the buttons of people, such as `Anan`."""
    fingers: Fingers

    async def slash(self, command: str, *, channel: str, **options: str | int) -> Answer:
        """Type a command, choose it, fill in its options, send it."""
        await self._stand_in(channel)
        known = await self.page.evaluate(SHOWN)
        await self.fingers.focus(self.page, self.page.locator("#text"))
        await self.page.keyboard.type(f"/{command}")
        await self._choose(f"/{command}")
        for name, value in options.items():
            await self._option(name, str(value))
        await self.page.keyboard.press("Enter")
        return await self._outcome(known)

    async def click(self, channel: str, label: str, *, containing: str) -> Answer:
        """Press a button on the newest message that has it and contains the text."""
        await self._stand_in(channel)
        known = await self.page.evaluate(SHOWN)
        button = self.page.get_by_role("button", name=label, exact=True)
        message = self.page.locator(".message").filter(has_text=_word(containing)).filter(has=button).last
        await self.fingers.press(self.page, message.get_by_role("button", name=label, exact=True))
        return await self._outcome(known)

    async def sees(self, channel: str, text: str, *, within_s: float, of: str = "") -> None:
        """Wait until a message says it, of this thing if one is named. Raises NotSeen."""
        from playwright.async_api import TimeoutError as TooLate  # noqa: PLC0415 - only where there is a browser

        await self._stand_in(channel)
        shown = self.page.locator(".message").filter(has_text=_word(text)).filter(has_text=_word(of)).last
        try:
            await shown.wait_for(timeout=within_s * 1000)
        except TooLate as error:
            there = await self.page.locator("#messages").inner_text()
            raise NotSeen(f"{self.name} does not see {text!r} in #{channel}. There is:\n{there}") from error

    async def fill_in(self, values: Mapping[str, str]) -> Answer:
        """Fill in the open form, and send it."""
        known = await self.page.evaluate(SHOWN)
        form = self.page.get_by_role("dialog")
        for label, text in values.items():
            await self.fingers.focus(self.page, form.get_by_label(label))
            await self.page.keyboard.insert_text(text)  # as a keyboard for Thai would
        await self.fingers.press(self.page, form.get_by_role("button", name="Submit"))
        return await self._outcome(known, is_form=True)

    async def _stand_in(self, channel: str) -> None:
        """Be this person, in this channel."""
        if self.name not in await self.page.locator("#me").inner_text():
            await self.fingers.press(self.page, self.page.get_by_role("link", name=f"Be {self.name}"))
            await self.page.locator("#me").filter(has_text=self.name).wait_for()
        if not (await self.page.locator("#title").inner_text()).endswith(channel):
            await self.fingers.press(self.page, self.page.locator("#channels .channel").filter(has_text=channel))
            await self.page.locator("#title").filter(has_text=channel).wait_for()

    async def _choose(self, label: str) -> None:
        """Take the suggestion with this label; a command that is the only one left may have been taken by itself."""
        row = self.page.get_by_role("option").filter(has=self.page.get_by_text(label, exact=True)).first
        await row.wait_for()
        if isinstance(self.fingers, Mouse):
            await row.click()
        else:
            await self.page.keyboard.press("Enter")
        await self.page.locator("#chips").wait_for()

    async def _option(self, name: str, value: str) -> None:
        """Type an option's value, and take what is offered for it."""
        chip = self.page.locator(".chip").filter(has=self.page.get_by_text(name, exact=True)).locator("input")
        if not await chip.is_visible():
            await self.fingers.press(self.page, self.page.locator(".chip.more"))
        await self.fingers.focus(self.page, chip)
        await self.page.keyboard.type(value)
        hint, row = self.page.locator("#suggest-hint"), self.page.get_by_role("option").first
        await hint.filter(has_not_text="Loading options…").wait_for()
        if not await row.is_visible():
            return
        if isinstance(self.fingers, Mouse):
            await row.click()
        else:
            await self.page.keyboard.press("Enter")

    async def _outcome(self, known: list[str], *, is_form: bool = False) -> Answer:
        """Wait for the form, the answer or the failure that comes of an act. Raises NotSeen."""
        deadline = time.monotonic() + ANSWER_LIMIT_S
        while (found := await self.page.evaluate(OUTCOME, [known, is_form])) is None:
            if time.monotonic() > deadline:
                raise NotSeen(f"Nothing came of what {self.name} did.")
            await asyncio.sleep(POLL_S)
        state, text, *is_private = found
        return Answer(state, text, is_private == [True], self)


def _word(text: str) -> re.Pattern[str]:
    """Return what finds the text, but not `REQ-1` in `REQ-12`."""
    return re.compile(re.escape(text) + (r"(?!\d)" if text[-1:].isdigit() else ""))
