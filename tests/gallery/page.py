"""The text of docs/gallery.md: every group with its picture and what it shows. A test compares it with the file."""

from pathlib import Path

from tests.gallery.exhibit import Group
from tests.gallery.groups import groups

PAGE = Path(__file__).resolve().parents[2] / "docs" / "gallery.md"
PICTURES = PAGE.parent / "gallery"
HEAD = """# Gallery

Every card and reply of the bot as the sandbox's page shows it, on a desk (1280 pixels wide) and beside it on a phone
(390). Drawn by `make gallery` from plain data through the bot's own drawing and the sandbox's Discord; whoever changes
a card looks at it here. A test fails when a stage of `lifecycle.md` has no card on this page.
"""


def page() -> str:
    """Return the whole page."""
    return HEAD + "".join(_section(group) for group in groups())


def picture_of(group: Group) -> Path:
    """Return where the group's picture is."""
    return PICTURES / f"{group.key}.png"


def _section(group: Group) -> str:
    names = ", ".join(f"*{exhibit.name}*" for exhibit in group.exhibits)
    shown = ", ".join(exhibit.name for exhibit in group.exhibits)
    private = " Only the one who asked sees them." if group.is_private else ""
    path = picture_of(group).relative_to(PAGE.parent)
    return f"\n## {group.title}\n\nFrom top to bottom: {names}.{private}\n\n![{group.title}: {shown}]({path})\n"
