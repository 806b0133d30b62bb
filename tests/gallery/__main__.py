"""python -m tests.gallery [key …]: writes docs/gallery.md with its pictures, and the README's; all, or the named."""

import asyncio
import json
import sys
from pathlib import Path

from tests.gallery import desk
from tests.gallery.camera import photograph
from tests.gallery.groups import groups
from tests.gallery.page import DRAWN, PAGE, PICTURES, drawn, kept, name_of, page, picture_of


def main(keys: list[str]) -> None:
    """Write the page and the pictures, and take away pictures of what is not there any more."""
    everything = groups()
    hung = tuple(group for group in everything if not keys or group.key in keys)
    for name, taken in asyncio.run(photograph(hung)).items():
        _write(PICTURES / f"{name}.png", taken)
    wanted = {picture_of(group, one) for group in everything for one in group.exhibits}
    for old in set(PICTURES.rglob("*.png")) - wanted:
        old.unlink()
    names = {name_of(group, one) for group in everything for one in group.exhibits}
    known = {name: digest for name, digest in (kept() | drawn(hung)).items() if name in names}
    DRAWN.write_text(json.dumps(known, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    PAGE.write_text(page(), encoding="utf-8")
    if not keys or desk.KEY in keys:
        _write(desk.PICTURE, desk.photograph())


def _write(path: Path, picture: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(picture)
    print(f"{path.name}: {len(picture) / 1000:.0f} kB")


main(sys.argv[1:])
