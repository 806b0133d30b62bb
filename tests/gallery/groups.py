"""The gallery's groups, in the order of its page: a kind each with all its stages, then messages and replies."""

from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from typing import Any

from bot.core.said import ENGLISH
from bot.core.values import Kind, Stage
from bot.core.view import View
from bot.lifecycle import RULES
from bot.things.run.model import Run
from tests.gallery import charts, replies
from tests.gallery.answers import answers
from tests.gallery.charts import Chart
from tests.gallery.exhibit import Exhibit, Group
from tests.gallery.forms import forms
from tests.gallery.things import stages_of, view_of
from tests.gallery.variants import VARIANTS, sent_once
from tests.support.drawing import draw


@cache
def groups() -> tuple[Group, ...]:
    """Return all of them."""
    return (
        *(_of_kind(kind) for kind in RULES),
        Group("messages", "Messages that are sent once", tuple(sent_once())),
        Group("forms", "Forms", tuple(forms()), is_private=True),
        Group("status", "/status", tuple(replies.status()), is_private=True),
        Group("lists", "Lists", tuple(replies.lists()), is_private=True),
        Group("recipes", "Recipes", tuple(replies.recipes()), is_private=True),
        Group("cluster", "/cluster", tuple(replies.cluster()), is_private=True),
        Group("usage", "/cluster usage", tuple(replies.usage()), is_private=True),
        Group("comparison", "/train compare", tuple(replies.comparison()), is_private=True),
        Group("answers", "Plain answers", tuple(answers()), is_private=True),
    )


def _of_kind(kind: Kind) -> Group:
    return Group(
        kind.name.lower(),
        f"{kind.name.capitalize()} ({kind}-n)",
        (*_cards(kind), *VARIANTS.get(kind, tuple)()),
        is_redrawn=True,
    )


def _cards(kind: Kind) -> Iterator[Exhibit]:
    """Yield the card at each stage, then the further examples that the kind has of itself."""
    shown = set[Stage]()
    for stage in stages_of(kind):
        view = view_of(kind, stage)
        yield Exhibit(stage.value, draw(view), _chart(view))
    for sample in RULES[kind].samples:
        stage = sample.thing.stage
        if stage in shown:
            view = view_of(kind, stage, sample)
            yield Exhibit(sample.name, draw(view), _chart(view))
        shown.add(stage)


def _chart(view: View[Any]) -> Chart | None:
    """Return the chart on the card of a thing; a run's is drawn of its curve."""
    if isinstance(view.thing, Run):
        return charts.curve() if view.thing.stage in (Stage.RUNNING, Stage.SUCCEEDED) else None
    shown = view.chart
    return replace(charts.BY_PATH[shown.path](), alt_text=ENGLISH(shown.alt_text)) if shown else None
