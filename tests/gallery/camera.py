"""Hangs the groups in the sandbox's Discord, a thread each, and takes their pictures in headless Chromium."""

import io
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import discord
from discord import app_commands
from PIL import Image, ImageChops
from playwright.async_api import Browser, async_playwright

from bot.domain.cards import Card
from bot.layout import files_of, show, view_of
from sandbox.person import Town
from tests.gallery.exhibit import Exhibit, Group
from tests.support.browser import CHROMIUM, FLAGS
from tests.support.discord_town import ROOT, Bot, discord_sandbox, online, url_of

WIDTHS_PX = (1280, 390)
HEIGHT_PX = 800
COMMON_COLOURS = 64
GROUND = "#313338"
GAP_PX = 24
MARGIN_PX = 10
HANGS_IN = "general"
VISITOR = "nok"
OVERFLOW = """() => [...document.querySelectorAll("main *")].filter((one) => !one.closest("pre"))
    .filter((one) => one.getBoundingClientRect().right > innerWidth).map((one) => one.outerHTML.slice(0, 200))"""


PICTURES_THERE = """() => Promise.all([...document.images].map((one) => {
    one.loading = "eager";
    return one.decode();
}))"""


class Overflow(Exception):  # what it is
    """Something on a card is wider than its place."""


async def photograph(groups: tuple[Group, ...]) -> Mapping[str, bytes]:
    """Return a PNG for each group, the desk's view beside the phone's."""
    with tempfile.TemporaryDirectory() as folder:
        options = ("--page", str(ROOT / "sandbox" / "page"))
        with discord_sandbox(Path(folder) / "discord", options=options) as described:
            async with _curator(described, groups) as bot, Town(url_of(described)) as town, _chromium() as browser:
                taken = {}
                for group in groups:
                    thread = await _hung(bot, town, group)
                    query = f"?as={described['people'][VISITOR]}&channel={thread}"
                    views = [await _view(browser, url_of(described) + "/" + query, width) for width in WIDTHS_PX]
                    taken[group.key] = _beside(views)
                return taken


@asynccontextmanager
async def _curator(described: dict[str, Any], groups: tuple[Group, ...]) -> AsyncIterator[Bot]:
    """Connect a bot that answers `/exhibit` with a card for private eyes."""
    bot = Bot(described)
    shown = {f"{group.key} {place}": one for group in groups for place, one in enumerate(group.exhibits)}

    @bot.tree.command(description="Show an exhibit")
    @app_commands.describe(name="group and place")
    async def exhibit(interaction: discord.Interaction, name: str) -> None:
        answer = _framed(shown[name])
        if isinstance(answer, Card):
            await show(interaction, answer)
        else:
            await interaction.response.send_message(answer, ephemeral=True)

    async with online(bot):
        await bot.sync()
        yield bot


def _framed(exhibit: Exhibit) -> Card | str:
    if exhibit.picture is None or isinstance(exhibit.shown, str):
        return exhibit.shown
    return replace(exhibit.shown, pictures=(exhibit.picture(),))


async def _hung(bot: Bot, town: Town, group: Group) -> int:
    """Hang a group in a thread of its own and return the thread's id."""
    thread = await bot.place(HANGS_IN).create_thread(name=group.title, type=discord.ChannelType.public_thread)
    for place, one in enumerate(group.exhibits):
        if group.is_private:
            await town.person(VISITOR).slash("exhibit", channel=str(thread.id), name=f"{group.key} {place}")
        else:
            card = _framed(one)
            assert isinstance(card, Card)
            await thread.send(view=view_of(card), files=files_of(card))
    return thread.id


@asynccontextmanager
async def _chromium() -> AsyncIterator[Browser]:
    async with async_playwright() as play:
        browser = await play.chromium.launch(executable_path=str(CHROMIUM), args=list(FLAGS))
        yield browser
        await browser.close()


async def _view(browser: Browser, url: str, width: int) -> Image.Image:
    """Return the channel in a window that is high enough for all of it. Raises Overflow."""
    page = await browser.new_page(viewport={"width": width, "height": HEIGHT_PX}, reduced_motion="reduce")
    await page.goto(url)
    await page.locator(".message").first.wait_for()
    await page.evaluate(PICTURES_THERE)
    hidden = await page.evaluate(
        "document.getElementById('scroll').scrollHeight - document.getElementById('scroll').clientHeight"
    )
    await page.set_viewport_size({"width": width, "height": HEIGHT_PX + hidden})
    if wide := await page.evaluate(OVERFLOW):
        raise Overflow(f"{url} at {width} pixels: {wide}")
    taken = Image.open(io.BytesIO(await page.locator("#messages").screenshot())).convert("RGB")
    await page.close()
    return _cropped(taken)


def _cropped(picture: Image.Image) -> Image.Image:
    """Return the picture without the empty part at its right."""
    ground = Image.new("RGB", picture.size, picture.getpixel((picture.width - 1, 0)))  # type: ignore[arg-type]
    box = ImageChops.difference(picture, ground).getbbox()
    return (
        picture.crop((0, box[1], min(picture.width, box[2] + MARGIN_PX), min(picture.height, box[3] + MARGIN_PX)))
        if box
        else picture
    )


def _beside(views: list[Image.Image]) -> bytes:
    """Return the views side by side as a small PNG."""
    width = sum(view.width for view in views) + GAP_PX * (len(views) - 1)
    whole = Image.new("RGB", (width, max(view.height for view in views)), GROUND)
    left = 0
    for view in views:
        whole.paste(view, (left, 0))
        left += view.width + GAP_PX
    written = io.BytesIO()
    whole.quantize(palette=_palette(whole), dither=Image.Dither.NONE).save(written, "PNG", optimize=True)
    return written.getvalue()


def _palette(picture: Image.Image) -> Image.Image:
    """Return the commonest colours as they are, so that no ground changes, and others for signs and charts."""
    counted = picture.getcolors(picture.width * picture.height) or []
    common = [colour for _, colour in sorted(counted, reverse=True)[:COMMON_COLOURS]]
    spread = picture.quantize(256 - COMMON_COLOURS, method=Image.Quantize.MAXCOVERAGE).getpalette() or []
    palette = Image.new("P", (1, 1))
    palette.putpalette([*(part for colour in common for part in colour), *spread])  # type: ignore[misc]
    return palette
