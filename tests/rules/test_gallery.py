"""docs/gallery.md and its text drawings show every kind at every stage, and are what the code draws today."""

from dataclasses import replace

from bot.core.cards import Card
from bot.lifecycle import RULES, STEPS
from tests.gallery.drawings import drawn
from tests.gallery.exhibit import Exhibit
from tests.gallery.groups import groups
from tests.gallery.page import DRAWINGS, PAGE, ROOT, changes, kept, pages

MOST_BYTES_OF_ALL = 250_000
MOST_BYTES_OF_A_PICTURE = 100_000


def test_the_drawings_are_what_the_code_draws_today():
    """Whoever adds a kind, a stage or a reply, or changes what is said, brings them up to date and reads the change."""
    stale = changes(kept(), pages())

    assert "" == stale, f"run `make docs`, and read in git whether this is what you meant:\n{stale}"


def test_a_change_is_told_with_its_file_and_both_lines():
    """A file that is missing, or one too many, is a change too."""
    path = DRAWINGS / "run.txt"

    assert "" == changes({path: "a\n"}, {path: "a\n"})
    told = changes({path: "headline  RUN-31\n", PAGE: "old\n"}, {path: "headline  RUN-32\n"}).split("\n")
    assert {"--- docs/gallery/run.txt, as it is kept", "-headline  RUN-31", "+headline  RUN-32", "-old"} <= set(told)


def test_every_stage_of_every_kind_is_drawn():
    """The stages are those of the lifecycle's tables."""
    drawings = {kind: (DRAWINGS / f"{kind.name.lower()}.txt").read_text(encoding="utf-8") for kind in RULES}
    forgotten = [
        (kind.name, stage.value)
        for kind in RULES
        for stage in STEPS[kind].values()
        if f"\n[{stage.value}]\n" not in drawings[kind]
    ]

    assert [] == forgotten


def test_no_two_exhibits_of_a_group_look_alike():
    """What is called by another name shows something else: a variant is not its plain stage over again."""
    for group in groups():
        looks = [drawn(_without_files(one)) for one in group.exhibits]

        assert len(looks) == len(set(looks)), group.key


def _without_files(one: Exhibit) -> Exhibit:
    return replace(one, shown=replace(one.shown, files=())) if isinstance(one.shown, Card) else one


def test_the_drawings_stay_small():
    """What changes with each card is kept as text, and in little of it."""
    assert MOST_BYTES_OF_ALL > sum(len(text.encode()) for text in kept().values())


def test_the_only_pictures_in_the_docs_are_those_of_the_readme():
    """A picture is a whole new object of git with each change, so there are few of them, and small ones."""
    pictures = [path for path in (ROOT / "docs").rglob("*") if path.suffix in {".png", ".jpg", ".gif", ".webp", ".svg"}]
    readme = (ROOT / "README.md").read_text(encoding="utf-8")

    assert [] == [path.name for path in pictures if f"]({path.relative_to(ROOT)})" not in readme]
    assert [] == [path.name for path in pictures if path.stat().st_size > MOST_BYTES_OF_A_PICTURE]
