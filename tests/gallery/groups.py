"""The gallery's groups, in the order of its page: a kind each with all its stages, then messages and replies."""

from functools import cache

from bot.core.values import Kind, Stage
from bot.domain.lifecycle import RULES
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
    stages = [Exhibit(stage.value, draw(view_of(kind, stage)), _chart(kind, stage)) for stage in stages_of(kind)]
    return Group(
        kind.name.lower(),
        f"{kind.name.capitalize()} ({kind}-n)",
        (*stages, *VARIANTS.get(kind, tuple)()),
        is_redrawn=True,
    )


def _chart(kind: Kind, stage: Stage) -> Chart | None:
    """Return the chart on the card of a thing at this stage."""
    match kind:
        case Kind.RUN if stage in (Stage.RUNNING, Stage.SUCCEEDED):
            return charts.curve()
        case Kind.MONITOR | Kind.RECOMMENDATION:
            return charts.drift(is_drifted=kind is Kind.RECOMMENDATION)
        case _:
            return None
