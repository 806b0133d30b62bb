"""docs/gallery.md shows every kind at every stage, and is as the gallery would write it."""

from dataclasses import replace

from bot.domain.lifecycle import STEPS
from bot.domain.model import Kind
from tests.gallery.groups import groups
from tests.gallery.page import PAGE, page, picture_of


def test_the_page_is_fresh():
    """Whoever adds a kind, a stage or a reply runs `make gallery` and looks at it."""
    assert page() == PAGE.read_text(encoding="utf-8")


def test_every_stage_of_every_kind_is_named_beside_its_picture():
    """The stages are those of the lifecycle's tables."""
    sections = {part.partition(" (")[0].upper(): part for part in PAGE.read_text(encoding="utf-8").split("\n## ")[1:]}
    forgotten = [
        (kind.name, stage.value)
        for kind in Kind
        for stage in STEPS[kind].values()
        if f"*{stage.value}*" not in sections.get(kind.name, "")
    ]

    assert [] == forgotten


def test_no_two_exhibits_of_a_group_look_alike():
    """What is called by another name shows something else: a variant is not its plain stage over again."""
    twins = [
        (group.key, one.name, other.name)
        for group in groups()
        for place, one in enumerate(group.exhibits)
        for other in group.exhibits[:place]
        if replace(one.shown, files=()) == replace(other.shown, files=())
    ]

    assert [] == twins


def test_every_group_has_its_picture_and_all_of_them_stay_small():
    """Each is there, and together they are below 6 MB."""
    sizes = [picture_of(group).stat().st_size for group in groups()]

    assert 6_000_000 > sum(sizes)
