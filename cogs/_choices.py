"""What slash commands take and offer: numbers of things, and what fits what is typed, as many as Discord takes."""

from collections.abc import Collection, Iterable

from discord import app_commands

from bot.app import App
from bot.domain.model import Requirement, Run, Stage
from bot.domain.text import clip
from bot.services import recipes, things

Number = app_commands.Range[int, 1]
"""Of a thing, as 12 in REQ-12."""
DEFAULT_RECIPE = "image_classifier"
TRAINABLE = (Stage.CLAIMED.value, Stage.FULFILLED.value)
MOST = 25
NAME_LIMIT = 100


def matching(values: Iterable[str], typed: str) -> list[app_commands.Choice[str]]:
    """Return the values that contain what is typed."""
    fitting = [value for value in values if typed.lower() in value.lower()]
    return [app_commands.Choice(name=clip(value, NAME_LIMIT), value=value) for value in fitting[:MOST]]


async def recipe_choices(app: App) -> list[str]:
    """Return the names of the recipes that can be launched."""
    async with app.store.reading() as tx:
        return list(await recipes.known(tx, app.recipes))


async def trainable_choices(app: App, typed: str) -> list[app_commands.Choice[int]]:
    """Return the requirements that models can be trained for."""
    return await requirement_choices(app, typed, stages=TRAINABLE)


async def requirement_choices(app: App, typed: str, *, stages: Collection[str]) -> list[app_commands.Choice[int]]:
    """Return the requirements at any or at these stages that fit what is typed."""
    found = await things.search(app.store, Requirement, typed, by=("title",), stages=stages)
    return numbered((item.number, f"REQ-{item.number} {item.title}") for item in found)


async def run_choices(
    app: App, typed: str, *, stages: Collection[str] = (), sweep: int | None = None
) -> list[app_commands.Choice[int]]:
    """Return the runs that fit what is typed: those of a sweep, or those of none."""
    found = await things.search(app.store, Run, typed, by=("stage", "hypothesis"), stages=stages, sweep=sweep)
    return numbered((run.number, f"RUN-{run.number} {run.stage.value} · {run.hypothesis}".strip(" ·")) for run in found)


def numbered(items: Iterable[tuple[int, str]]) -> list[app_commands.Choice[int]]:
    """Return numbered things as choices."""
    return [app_commands.Choice(name=clip(name, NAME_LIMIT), value=number) for number, name in items]
