"""A sheet of pictures: those of a group side by side in columns, each with its name under it, as a small PNG."""

import io
from collections.abc import Mapping
from typing import Any

from PIL import Image, ImageDraw, ImageFont

COMMON_COLOURS = 64
GROUND, TITLE_COLOUR, NAME_COLOUR = "#1e1f22", "#f2f3f5", "#b5bac1"
GAP_PX, TITLE_PX, NAME_PX = 48, 44, 28
TITLE_ROOM_PX, NAME_ROOM_PX, NAME_GAP_PX = 72, 44, 6


def sheet(title: str, pictures: Mapping[str, Image.Image]) -> Image.Image:
    """Return the pictures by name under their title, each in the column that is shortest by then."""
    width = max(picture.width for picture in pictures.values())
    room = {name: picture.height + NAME_ROOM_PX + GAP_PX for name, picture in pictures.items()}
    column_count = max(1, min(len(pictures), round((sum(room.values()) / width) ** 0.5)))
    bottoms = [GAP_PX + TITLE_ROOM_PX] * column_count
    places: dict[str, tuple[int, int]] = {}
    for name in pictures:
        column = bottoms.index(min(bottoms))
        places[name] = (GAP_PX + column * (width + GAP_PX), bottoms[column])
        bottoms[column] += room[name]
    whole = Image.new("RGB", (GAP_PX + column_count * (width + GAP_PX), max(bottoms)), GROUND)
    pen = ImageDraw.Draw(whole)
    pen.text((GAP_PX, GAP_PX), title, TITLE_COLOUR, ImageFont.load_default(TITLE_PX))
    for name, (left, top) in places.items():
        whole.paste(pictures[name], (left, top))
        pen.text((left, top + pictures[name].height + NAME_GAP_PX), name, NAME_COLOUR, ImageFont.load_default(NAME_PX))
    return whole


def png(picture: Image.Image | bytes) -> bytes:
    """Return the picture as a small PNG: with a palette."""
    whole = picture if isinstance(picture, Image.Image) else Image.open(io.BytesIO(picture)).convert("RGB")
    written = io.BytesIO()
    whole.quantize(palette=_palette(whole), dither=Image.Dither.NONE).save(written, "PNG", optimize=True)
    return written.getvalue()


def _palette(picture: Image.Image) -> Image.Image:
    """Return the commonest colours as they are, so that no ground changes, and others for signs and charts."""
    counted = picture.getcolors(picture.width * picture.height) or []
    common: list[Any] = [colour for _, colour in sorted(counted, reverse=True)[:COMMON_COLOURS]]
    spread = picture.quantize(256 - COMMON_COLOURS, method=Image.Quantize.MAXCOVERAGE).getpalette() or []
    palette = Image.new("P", (1, 1))
    palette.putpalette([*(part for colour in common for part in colour), *spread])
    return palette
