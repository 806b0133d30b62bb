"""Cards beside one for each stage: what a stage may look like besides, messages that are sent once, and extremes."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from bot.core.judging import Target
from bot.core.said import ENGLISH
from bot.core.values import Kind, Stage
from bot.core.view import View
from bot.things.audit.card import verdict
from bot.things.requirement.decisions import TEXT_LIMIT
from bot.things.rollout.card import announcement
from tests.gallery.exhibit import Exhibit
from tests.gallery.things import REQUIREMENT, RUN, SUCCEEDED, view_of
from tests.support.drawing import draw
from tests.support.extremes import Extreme, around

S = Stage
THAI_TITLE = "ระบบอ่านตัวเลขลายมือบนแบบฟอร์มกระดาษของฝ่ายบัญชี เพื่อลดเวลาการพิมพ์และความผิดพลาดในการบันทึก"
EMOJI = "👩🏽‍🔬🇹🇭👨‍👩‍👧‍👦✨"
LONG = "ทุกวันพนักงานต้องพิมพ์ตัวเลขจากแบบฟอร์มกระดาษสองพันใบด้วยมือ และหนึ่งในห้าสิบใบผิด "
A_HUNDRED = Extreme((LONG,), 200, 100, marks=("", ""))
LONGEST_NAMES = Extreme((LONG, EMOJI), 4000, 100, has_long_names=True, marks=("", ""))
TYPED = "*bold*, _slanted_, `code`, > quote, # head, ||spoiler||, @everyone, <@1>, [link](https://example.com)"


def of_requirement() -> Iterator[Exhibit]:
    """Yield requirements as people may write them."""
    long, signs = (LONG * 20)[:TEXT_LIMIT], ("*_`~|[]< " * 200)[:TEXT_LIMIT]
    targets = tuple(Target(f"recall_of_class_number_{number}", True, 0.8) for number in range(12))
    wordy = replace(REQUIREMENT, title=THAI_TITLE, problem=long, value=long, constraints=signs, targets=targets)
    yield _exhibit("a long Thai title, and more than 4 000 characters", view_of(Kind.REQUIREMENT, S.FILED), wordy)
    unbroken = replace(REQUIREMENT, title="W" * 100, problem="x" * TEXT_LIMIT, value=TYPED)
    yield _exhibit("words without a blank, and signs of markup", view_of(Kind.REQUIREMENT, S.FILED), unbroken)
    happy = replace(REQUIREMENT, title=f"Sort parcels by label {EMOJI}", constraints="")
    yield _exhibit("emoji", view_of(Kind.REQUIREMENT, S.FILED), happy)


def of_monitor() -> Iterator[Exhibit]:
    """Yield a monitor with more measures than a card has room for."""
    yield Exhibit("a hundred measures", draw(around(Kind.MONITOR, S.WATCHING, A_HUNDRED)))


def of_audit() -> Iterator[Exhibit]:
    """Yield an audit with more to look at than a card has room for."""
    yield Exhibit("a hundred checks", draw(around(Kind.AUDIT, S.CHANGES_REQUESTED, A_HUNDRED)))


def of_rollout() -> Iterator[Exhibit]:
    """Yield a rollout of whose reasons much was written."""
    yield Exhibit("long reasons, longest names", draw(around(Kind.ROLLOUT, S.LIVE, LONGEST_NAMES)))


def of_recommendation() -> Iterator[Exhibit]:
    """Yield a recommendation by a hundred findings."""
    yield Exhibit("a hundred findings", draw(around(Kind.RECOMMENDATION, S.OPEN, A_HUNDRED)))


def of_recipe() -> Iterator[Exhibit]:
    """Yield a recipe with sixty parameters."""
    yield Exhibit("sixty parameters, longest names", draw(around(Kind.RECIPE, S.REGISTERED, LONGEST_NAMES)))


def sent_once() -> Iterator[Exhibit]:
    """Yield the messages that are no thing's card: verdicts and the announcement."""
    for stage in (S.APPROVED, S.CHANGES_REQUESTED, S.REJECTED):
        yield Exhibit(f"verdict: {stage}", verdict(view_of(Kind.AUDIT, stage, run=RUN), ENGLISH))
    live = view_of(Kind.ROLLOUT, S.LIVE, run=SUCCEEDED)
    yield Exhibit("announcement", announcement(live, ENGLISH))
    wordy = replace(REQUIREMENT, title=f"{THAI_TITLE} {EMOJI}", problem=LONG * 12)
    long = view_of(Kind.ROLLOUT, S.LIVE, requirement=wordy, run=replace(SUCCEEDED, metrics={}))
    yield Exhibit("announcement, long", announcement(long, ENGLISH))


def _exhibit(name: str, view: View[Any], thing: Any) -> Exhibit:
    return Exhibit(name, draw(replace(view, thing=thing)))


VARIANTS: dict[Kind, Callable[[], Iterator[Exhibit]]] = {
    Kind.REQUIREMENT: of_requirement,
    Kind.AUDIT: of_audit,
    Kind.ROLLOUT: of_rollout,
    Kind.RECOMMENDATION: of_recommendation,
    Kind.RECIPE: of_recipe,
    Kind.MONITOR: of_monitor,
}
