"""What slash commands take and offer: numbers of things, and what fits what is typed, as many as Discord takes."""

from collections.abc import Iterable

from discord import app_commands

from bot.app import App
from bot.domain.model import Requirement, Stage
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
    newest = await things.newest(app.store, Requirement, stages=TRAINABLE)
    return number_choice([(item.number, f"REQ-{item.number} {item.title}") for item in newest], typed)


def number_choice(items: Iterable[tuple[int, str]], typed: object) -> list[app_commands.Choice[int]]:
    """Return the numbered things whose name contains what is typed."""
    text = str(typed).lower()
    fitting = [(number, name) for number, name in items if text in name.lower()]
    return [app_commands.Choice(name=clip(name, NAME_LIMIT), value=number) for number, name in fitting[:MOST]]
