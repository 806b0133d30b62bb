"""Hangs the groups in the sandbox's Discord, a thread each, and takes each exhibit's picture in headless Chromium."""

import io
import tempfile
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import discord
from PIL import Image, ImageChops
from playwright.async_api import Browser, Locator, Page, async_playwright

from bot.core.cards import Card
from bot.layout import files_of, view_of
from sandbox.person import Town
from tests.gallery.curator import Curator, curator
from tests.gallery.exhibit import Exhibit, Group
from tests.gallery.pictures import framed
from tests.gallery.sheets import GROUND
from tests.gallery.things import NOW
from tests.support.browser import CHROMIUM, FLAGS
from tests.support.discord_town import ALL_RIGHTS, ROOT, discord_sandbox, url_of

WIDTHS_PX = (1280, 390)
HEIGHT_PX = 800
GAP_PX = 24
MARGIN_PX = 10
HANGS_IN = "general"
VISITOR = "nok"
OVERFLOW = """() => [...document.querySelectorAll("main *, dialog *")].filter((one) => !one.closest("pre"))
    .filter((one) => one.getBoundingClientRect().right > innerWidth).map((one) => one.outerHTML.slice(0, 200))"""
PICTURES_THERE = """() => Promise.all([...document.images].map((one) => {
    one.loading = "eager";
    return one.decode();
}))"""
STOP_THE_CLOCK = """() => document.querySelectorAll(".message header time")
    .forEach((one) => { one.textContent = "Today at 9:41 AM"; })"""
"""A picture of the same is the same, whenever it is taken."""


class Overflow(Exception):  # what it is
    """Something on a card is wider than its place."""


async def photograph(groups: tuple[Group, ...]) -> AsyncIterator[tuple[Group, Mapping[str, Image.Image]]]:
    """Yield for each group the pictures of its exhibits by name, the desk's view beside the phone's."""
    with tempfile.TemporaryDirectory() as folder:
        options = (*ALL_RIGHTS, "--page", str(ROOT / "sandbox" / "page"))
        with discord_sandbox(Path(folder) / "discord", options=options) as described:
            async with curator(described, groups) as bot, Town(url_of(described)) as town, _chromium() as browser:
                for group in groups:
                    thread, places = await _hung(bot, town, group)
                    url = f"{url_of(described)}/?as={described['people'][VISITOR]}&channel={thread}"
                    views = [await _views(browser, url, group, places, width) for width in WIDTHS_PX]
                    pairs = zip(group.exhibits, zip(*views, strict=True), strict=True)
                    yield group, {one.name: _beside(pair) for one, pair in pairs}


async def _hung(bot: Curator, town: Town, group: Group) -> tuple[int, Sequence[str]]:
    """Hang a group in a thread of its own; return the thread's id, and for each exhibit its message's."""
    thread = await bot.place(HANGS_IN).create_thread(name=group.title, type=discord.ChannelType.public_thread)
    visitor, places = town.person(VISITOR), []
    before: Exhibit | None = None
    for place, one in enumerate(group.exhibits):
        bot.showing = one
        if isinstance(one.shown, Card) and not group.is_private:
            await visitor.say(str(thread.id), one.name)  # so that the bot's next message has its name above it
            places.append(str(await _posted(thread, one, before)))
            before = one if group.is_redrawn else None
        elif one.command:
            reply = await visitor.slash(one.command, channel=str(thread.id))
            assert reply.message is not None, reply.text
            places.append(str(reply.message["id"]))
        else:
            message = await thread.send(one.name, view=bot.button(group, place))
            reply = await visitor.click(str(thread.id), f"{place}")
            places.append(str(reply.message["id"]) if reply.message else str(message.id))
    return thread.id, places


async def _posted(thread: discord.Thread, one: Exhibit, before: Exhibit | None) -> int:
    """Post a card as it comes about: as it was before, then edited."""
    card = framed(one)
    assert isinstance(card, Card)
    earlier = before.shown if before is not None else None
    if not isinstance(earlier, Card):
        return (await thread.send(view=view_of(card), files=files_of(card))).id
    message = await thread.send(view=view_of(earlier), files=files_of(earlier))
    await message.edit(view=view_of(card), attachments=files_of(card))
    return message.id


@asynccontextmanager
async def _chromium() -> AsyncIterator[Browser]:
    async with async_playwright() as play:
        browser = await play.chromium.launch(executable_path=str(CHROMIUM), args=list(FLAGS))
        yield browser
        await browser.close()


async def _views(browser: Browser, url: str, group: Group, places: Iterable[str], width: int) -> Sequence[Image.Image]:
    """Return how each exhibit looks in a window of that width, high enough for all of it. Raises Overflow."""
    page = await browser.new_page(viewport={"width": width, "height": HEIGHT_PX}, reduced_motion="reduce")
    await page.clock.set_fixed_time(NOW)
    await page.goto(url)
    await page.locator(".message").first.wait_for()
    await page.evaluate(PICTURES_THERE)
    await page.evaluate(STOP_THE_CLOCK)
    hidden = await page.evaluate(
        "document.getElementById('scroll').scrollHeight - document.getElementById('scroll').clientHeight"
    )
    await page.set_viewport_size({"width": width, "height": HEIGHT_PX + hidden})
    views = []
    for one, place in zip(group.exhibits, places, strict=True):
        message = page.locator(f"#m{place}")
        shown = message if isinstance(one.shown, Card) or not callable(one.shown) else await _opened(page, message, one)
        views.append(await _taken(shown))
        if shown is not message:
            await shown.get_by_role("button", name="Cancel").click()
    if wide := await page.evaluate(OVERFLOW):
        raise Overflow(f"{url} at {width} pixels: {wide}")
    await page.close()
    return views


async def _opened(page: Page, message: Locator, one: Exhibit) -> Locator:
    """Open a form, and try to send it where that is what is shown."""
    await message.get_by_role("button").last.click()
    form = page.get_by_role("dialog")
    await form.wait_for()
    if one.is_sent:
        await form.get_by_role("button", name="Submit").click()
        await form.locator("[aria-invalid=true]").first.wait_for()
    await page.evaluate("document.activeElement.blur()")  # a caret that blinks is not always there
    return form


async def _taken(place: Locator) -> Image.Image:
    return _cropped(Image.open(io.BytesIO(await place.screenshot())).convert("RGB"))


def _cropped(picture: Image.Image) -> Image.Image:
    """Return the picture without the empty part at its right, and without the rows at its edges that it shares."""
    picture = picture.crop((0, 1, picture.width, picture.height - 1))
    ground = Image.new("RGB", picture.size, picture.getpixel((picture.width - 1, 0)))
    box = ImageChops.difference(picture, ground).getbbox()
    return picture.crop((0, 0, min(picture.width, box[2] + MARGIN_PX), picture.height)) if box else picture


def _beside(views: Sequence[Image.Image]) -> Image.Image:
    """Return the views side by side."""
    width = sum(view.width for view in views) + GAP_PX * (len(views) - 1)
    whole = Image.new("RGB", (width, max(view.height for view in views)), GROUND)
    left = 0
    for view in views:
        whole.paste(view, (left, 0))
        left += view.width + GAP_PX
    return whole
