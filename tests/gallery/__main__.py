"""python -m tests.gallery [key …]: a sheet of pictures for each group, or the named; `page` takes the README's anew."""

import asyncio
import sys
from pathlib import Path

from tests.gallery import desk
from tests.gallery.camera import photograph
from tests.gallery.exhibit import Group
from tests.gallery.groups import groups
from tests.gallery.page import ROOT
from tests.gallery.sheets import png, sheet

SHEETS = ROOT / "build" / "gallery"


def main(keys: list[str]) -> None:
    """Draw what is wanted; a whole run leaves nothing else in `build/gallery`."""
    if not keys:
        for old in SHEETS.glob("*.png"):
            old.unlink()
    if hung := tuple(group for group in groups() if not keys or group.key in keys):
        asyncio.run(_hang(hung))
    if desk.KEY in keys:
        _write(desk.PICTURE, desk.photograph())


async def _hang(hung: tuple[Group, ...]) -> None:
    async for group, pictures in photograph(hung):
        _write(SHEETS / f"{group.key}.png", png(sheet(group.title, pictures)))


def _write(path: Path, picture: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(picture)
    print(f"{path.relative_to(ROOT)}: {len(picture) / 1000:.0f} kB")


main(sys.argv[1:])
