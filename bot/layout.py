"""A card as Discord's Components V2: the one place that knows how cards look there."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from io import BytesIO
from math import ceil
from zlib import crc32

import discord

from bot.core.cards import Button, ButtonStyle, Card, File, Tone
from bot.core.text import clip

TEXT_LIMIT = 4000
"""Characters of all texts of a Components V2 message, by Discord's documentation."""
EDGE_LIMIT = 400
"""Of the headline and of the footer: the paragraphs have the room."""
ALT_TEXT_LIMIT = 1024
BUTTONS_IN_ROW = 5
ID_FLOOR = 2**30

COLOURS: Mapping[Tone, int] = {
    Tone.NEUTRAL: 0x80848E,
    Tone.BUSY: 0x5865F2,
    Tone.GOOD: 0x23A559,
    Tone.WARNING: 0xF0B232,
    Tone.BAD: 0xF23F43,
}
STYLES: Mapping[ButtonStyle, discord.ButtonStyle] = {
    ButtonStyle.PRIMARY: discord.ButtonStyle.primary,
    ButtonStyle.SECONDARY: discord.ButtonStyle.secondary,
    ButtonStyle.SUCCESS: discord.ButtonStyle.success,
    ButtonStyle.DANGER: discord.ButtonStyle.danger,
}


def fitted(card: Card, *, limit: int = TEXT_LIMIT) -> Card:
    """Return the card with its longest paragraphs clipped until all its text fits Discord's limit.

    What is cut then is in the file that the card has for it, and the card says so.
    """
    card = replace(card, headline=clip(card.headline, EDGE_LIMIT), footer=clip(card.footer, EDGE_LIMIT))
    paragraphs = list(card.paragraphs)
    room = limit - len(card.headline) - len(card.footer) - 20  # the marks around headline and footer
    if card.whole is not None and sum(map(len, paragraphs)) > room:
        paragraphs.append(card.whole_note)
        card = replace(card, files=(*card.files, card.whole), whole=None)
    while (over := sum(map(len, paragraphs)) - room) > 0:
        longest = max(range(len(paragraphs)), key=lambda index: len(paragraphs[index]))
        text = paragraphs[longest]
        paragraphs[longest] = _clip_markup(text, max(len(text) // 2, len(text) - over))
    return replace(card, paragraphs=paragraphs)


_CODE_SIGN = re.compile(r"(?<!\\)`")


def _clip_markup(text: str, limit: int) -> str:
    if text.endswith("```"):  # a fence that is cut has to be closed again
        return clip(text.removesuffix("```").rstrip(), limit - 4) + "\n```"
    whole_lines = text[: limit - 2].rpartition("\n")[0]  # within a line the cut may fall into a piece of code
    if len(whole_lines) > limit // 2:
        return f"{whole_lines}\n…"
    within_a_line = clip(text, limit - 1)
    is_in_code = len(_CODE_SIGN.findall(within_a_line)) % 2
    return f"{within_a_line}`" if is_in_code else within_a_line


def view_of(card: Card) -> discord.ui.LayoutView:
    """Return the card as a layout. It is stopped: its buttons are served by their ids, not by this object."""
    card = fitted(card)
    view = discord.ui.LayoutView(timeout=None)
    container: discord.ui.Container[discord.ui.LayoutView] = discord.ui.Container(
        accent_colour=COLOURS[card.tone], id=number_of(card.mark)
    )
    container.add_item(discord.ui.TextDisplay(f"### {card.headline}"))
    for paragraph in card.paragraphs:
        container.add_item(discord.ui.TextDisplay(paragraph))
    if card.pictures:
        container.add_item(
            discord.ui.MediaGallery(
                *(
                    discord.MediaGalleryItem(f"attachment://{file.name}", description=clip(file.alt_text, 256) or None)
                    for file in card.pictures
                )
            )
        )
    for file in card.files:
        container.add_item(discord.ui.File(f"attachment://{file.name}"))
    if card.footer:
        container.add_item(discord.ui.TextDisplay(f"-# {card.footer}"))
    for row in _rows(card.buttons):
        container.add_item(row)
    view.add_item(container)
    view.stop()
    return view


def number_of(mark: str) -> int | None:
    """Return a mark as the id of a component, of 32 bits and above those that Discord deals out; None without one.

    Source:
        https://discord.com/developers/docs/components/reference#anatomy-of-a-component
    """
    return ID_FLOOR + crc32(mark.encode()) % ID_FLOOR if mark else None


def _rows(buttons: Sequence[Button]) -> Iterator[discord.ui.ActionRow[discord.ui.LayoutView]]:
    width = ceil(len(buttons) / ceil(len(buttons) / BUTTONS_IN_ROW)) if buttons else 1  # six are three and three
    for start in range(0, len(buttons), width):
        yield discord.ui.ActionRow(
            *(
                discord.ui.Button(label=clip(button.label, 80), custom_id=button.id, style=STYLES[button.style])
                for button in buttons[start : start + width]
            )
        )


def files_of(card: Card) -> list[discord.File]:
    """Return the card's pictures and files for sending."""
    card = fitted(card)
    return [_file(file) for file in (*card.pictures, *card.files)]


def _file(file: File) -> discord.File:
    return discord.File(
        BytesIO(file.content), filename=file.name, description=clip(file.alt_text, ALT_TEXT_LIMIT) or None
    )
