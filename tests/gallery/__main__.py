"""python -m tests.gallery [key …]: writes docs/gallery.md and its pictures, all of them or those that are named."""

import asyncio
import sys

from tests.gallery.camera import photograph
from tests.gallery.groups import groups
from tests.gallery.page import PAGE, PICTURES, page, picture_of


def main() -> None:
    """Write the page and the pictures."""
    hung = tuple(group for group in groups() if not sys.argv[1:] or group.key in sys.argv[1:])
    taken = asyncio.run(photograph(hung))
    PICTURES.mkdir(exist_ok=True)
    for group in hung:
        picture_of(group).write_bytes(taken[group.key])
        print(f"{picture_of(group).name}: {len(group.exhibits)} cards, {len(taken[group.key]) / 1000:.0f} kB")
    PAGE.write_text(page(), encoding="utf-8")


main()
