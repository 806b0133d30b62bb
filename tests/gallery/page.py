"""The text of docs/gallery.md: every exhibit with its picture; and what the pictures were drawn of, to be compared."""

import json
from collections.abc import Iterable
from pathlib import Path

from tests.gallery.exhibit import Exhibit, Group
from tests.gallery.groups import groups

PAGE = Path(__file__).resolve().parents[2] / "docs" / "gallery.md"
PICTURES = PAGE.parent / "gallery"
DRAWN = PICTURES / "drawn.json"
HEAD = """# Gallery

Every card, form and reply of the bot as the sandbox's page shows it, on a desk (1280 pixels wide) and beside it on a
phone (390). Drawn by `make gallery` from plain data through the bot's own drawing and the sandbox's Discord; whoever
changes a card looks at it here. Tests fail when a stage of `lifecycle.md` has no card on this page, and when a picture
is older than what it shows (`gallery/drawn.json` has a digest of that).
"""


def page() -> str:
    """Return the whole page."""
    return HEAD + "".join(_section(group) for group in groups())


def picture_of(group: Group, exhibit: Exhibit) -> Path:
    """Return where the exhibit's picture is."""
    return PICTURES / group.key / f"{exhibit.key}.png"


def name_of(group: Group, exhibit: Exhibit) -> str:
    """Return what the exhibit is called in `drawn.json`."""
    return f"{group.key}/{exhibit.key}"


def drawn(hung: Iterable[Group]) -> dict[str, str]:
    """Return the digest of each exhibit by its name."""
    return {name_of(group, one): one.digest() for group in hung for one in group.exhibits}


def kept() -> dict[str, str]:
    """Return what the pictures that are there were drawn of."""
    known: dict[str, str] = json.loads(DRAWN.read_text(encoding="utf-8")) if DRAWN.exists() else {}
    return known


def _section(group: Group) -> str:
    private = "\nOnly the one who asked sees them.\n" if group.is_private else ""
    return f"\n## {group.title}\n{private}" + "".join(_hung(group, one) for one in group.exhibits)


def _hung(group: Group, one: Exhibit) -> str:
    path = picture_of(group, one).relative_to(PAGE.parent)
    return f"\n**{one.name}**\n\n![{group.title}: {one.name}]({path})\n"
