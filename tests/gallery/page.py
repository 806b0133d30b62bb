"""Writes docs/gallery.md and the text drawings below docs/gallery: `python -m tests.gallery.page`; a test compares."""

from collections.abc import Mapping
from difflib import unified_diff
from pathlib import Path

from tests.gallery.drawings import drawing_of
from tests.gallery.exhibit import Group
from tests.gallery.groups import groups

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "gallery.md"
DRAWINGS = PAGE.parent / "gallery"
HEAD = """# Gallery

Every card, form and reply of the bot as text: item by item what Discord is sent, drawn from plain data through the
bot's own code. `make docs` brings the drawings up to date, and a test fails until then, so each change of what the bot
says is seen in its commit. A line or file that is very long is shown by its beginning, its end and its length.

`make gallery` photographs the same on the sandbox's page, on a desk (1280 pixels wide) and beside it on a phone (390),
into `build/gallery/`: a sheet of pictures for each row of this table. It needs Chromium. Pictures are not kept in git,
but for the README's, which `make readme-picture` takes anew.

| drawing | shows |
|---|---|
"""


def pages() -> Mapping[Path, str]:
    """Return the text of each file."""
    return {PAGE: page(), **{path_of(group): drawing_of(group) for group in groups()}}


def page() -> str:
    """Return the text of docs/gallery.md."""
    return HEAD + "".join(_row(group) for group in groups())


def path_of(group: Group) -> Path:
    """Return where the group's drawing is."""
    return DRAWINGS / f"{group.key}.txt"


def kept() -> Mapping[Path, str]:
    """Return the text of each file that is there."""
    return {path: path.read_bytes().decode() for path in (PAGE, *sorted(DRAWINGS.iterdir()))}


def changes(then: Mapping[Path, str], now: Mapping[Path, str]) -> str:
    """Return what differs, as one reads it in a commit; empty when nothing does."""
    return "\n".join(
        line
        for path in sorted(then.keys() | now.keys())
        for line in unified_diff(
            then.get(path, "").split("\n"),
            now.get(path, "").split("\n"),
            f"{path.relative_to(ROOT)}, as it is kept",
            "as the code draws it",
            lineterm="",
        )
    )


def write() -> None:
    """Write all files, and take away drawings of what is not there any more."""
    now = pages()
    DRAWINGS.mkdir(exist_ok=True)
    for path, text in now.items():
        path.write_bytes(text.encode())
    for old in set(DRAWINGS.iterdir()) - now.keys():
        old.unlink()


def _row(group: Group) -> str:
    names = " · ".join(one.name for one in group.exhibits)
    return f"| [{group.title}]({path_of(group).relative_to(PAGE.parent)}) | {names} |\n"


if __name__ == "__main__":
    write()
