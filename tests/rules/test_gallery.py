"""docs/gallery.md shows every kind at every stage, is as the gallery would write it, and no picture is stale."""

from dataclasses import replace
from pathlib import Path

from PIL import Image

from bot.core.values import Kind
from bot.domain.cards import Card
from bot.domain.lifecycle import STEPS
from tests.gallery.groups import groups
from tests.gallery.page import PAGE, PICTURES, drawn, kept, page, picture_of

MOST_HEIGHT_PX = 2600
MOST_BYTES, MOST_BYTES_OF_ALL = 400_000, 6_000_000


def test_the_page_is_fresh():
    """Whoever adds a kind, a stage or a reply runs `make gallery` and looks at it."""
    assert page() == PAGE.read_text(encoding="utf-8")


def test_no_picture_is_older_than_what_it_shows():
    """Whoever changes what is drawn or said runs `make gallery` and looks at it; a failure names what has changed."""
    now, then = drawn(groups()), kept()
    stale = sorted(name for name in now.keys() | then.keys() if now.get(name) != then.get(name))

    assert [] == stale, "run `make gallery`"


def test_every_stage_of_every_kind_is_named_above_its_picture():
    """The stages are those of the lifecycle's tables."""
    sections = {part.partition(" (")[0].upper(): part for part in PAGE.read_text(encoding="utf-8").split("\n## ")[1:]}
    forgotten = [
        (kind.name, stage.value)
        for kind in Kind
        for stage in STEPS[kind].values()
        if f"**{stage.value}**" not in sections.get(kind.name, "")
    ]

    assert [] == forgotten


def test_no_two_exhibits_of_a_group_look_alike():
    """What is called by another name shows something else: a variant is not its plain stage over again."""
    for group in groups():
        shown = [
            (repr(replace(one.shown, files=())) if isinstance(one.shown, Card) else one.digest(), one.is_sent)
            for one in group.exhibits
        ]

        assert len(shown) == len(set(shown)), group.key


def test_every_exhibit_has_its_picture_and_there_is_no_other():
    """One that was renamed leaves none behind."""
    wanted = {picture_of(group, one) for group in groups() for one in group.exhibits}

    assert wanted == set(PICTURES.rglob("*.png"))


def test_the_pictures_stay_small():
    """None is too high to be looked at, none is heavy, and together they are below 6 MB."""
    sizes = {path.name: path.stat().st_size for path in PICTURES.rglob("*.png")}
    heights = {path.name: _height_px(path) for path in PICTURES.rglob("*.png")}

    assert [] == [name for name, height in heights.items() if height > MOST_HEIGHT_PX]
    assert [] == [name for name, size in sizes.items() if size > MOST_BYTES]
    assert MOST_BYTES_OF_ALL > sum(sizes.values())


def _height_px(path: Path) -> int:
    with Image.open(path) as picture:
        return picture.height
