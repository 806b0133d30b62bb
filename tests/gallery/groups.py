"""The gallery's groups, in the order of its page: a kind each with all its stages, then messages and replies."""

from collections.abc import Callable, Mapping
from functools import cache, partial

from bot.core.values import Kind, Stage
from bot.domain.cards import File
from bot.domain.drawing import draw
from tests.gallery import pictures, replies
from tests.gallery.answers import answers
from tests.gallery.exhibit import Exhibit, Group
from tests.gallery.forms import forms
from tests.gallery.things import stages_of, view_of
from tests.gallery.variants import VARIANTS, sent_once

CHARTS: Mapping[tuple[Kind, Stage], Callable[[], File]] = {
    **{(Kind.RUN, stage): pictures.curve for stage in (Stage.RUNNING, Stage.SUCCEEDED)},
    **{(Kind.MONITOR, stage): partial(pictures.drift, is_drifted=False) for stage in stages_of(Kind.MONITOR)},
    **{
        (Kind.RECOMMENDATION, stage): partial(pictures.drift, is_drifted=True)
        for stage in stages_of(Kind.RECOMMENDATION)
    },
}
"""The cards that have a picture."""


@cache
def groups() -> tuple[Group, ...]:
    """Return all of them."""
    return (
        *(_of_kind(kind) for kind in Kind),
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
    stages = [Exhibit(stage.value, draw(view_of(kind, stage)), CHARTS.get((kind, stage))) for stage in stages_of(kind)]
    return Group(
        kind.name.lower(),
        f"{kind.name.capitalize()} ({kind}-n)",
        (*stages, *VARIANTS.get(kind, tuple)()),
        is_redrawn=True,
    )
