"""The cards of recipes: where the code is, what runs it, and its parameters with their ranges."""

from collections.abc import Iterator, Mapping, Sequence
from typing import cast

from bot.core.values import Stage
from bot.domain.cards import Button, ButtonStyle, Card
from bot.domain.drawing_lists import listed, with_room
from bot.domain.drawing_parts import View, field, head
from bot.domain.model import RecipeVersion
from bot.domain.recipes import Code, Parameter, Recipe
from bot.domain.secrets import redacted
from bot.domain.text import clip, is_blank, plain, quoted

SHOWN_PARAMETERS = 20
SHOWN_DATASETS = 12


def registered_card(view: View) -> Card:
    """Return the card of a registered version."""
    version = cast("RecipeVersion", view.thing)
    headline, tone, stage = head(view, f"{version.name}@{version.version}")
    said = list(_said(view.recipe)) if view.recipe else []
    is_new = version.stage is Stage.REGISTERED
    people = [] if is_new else [f"Registered by <@{version.registered_by}>"]  # the stage's line says it of a new one
    retire = Button("Retire", f"retire_recipe:RCP-{version.number}", ButtonStyle.DANGER)
    buttons = (retire,) if is_new else ()
    footer = f"Next: /train launch recipe:{plain(version.name)}" if buttons else ""
    return Card(headline, [stage, *said, *people], tone, buttons=buttons, footer=footer)


def recipe_card(recipe: Recipe) -> Card:
    """Return the card of any recipe, for somebody who asked for it."""
    return Card(f"Recipe {plain(recipe.name)}", list(_said(recipe)))


def recipe_list(known: Mapping[str, Recipe]) -> Card:
    """Return the recipes that can be launched, by the name to launch them by."""
    lines = [
        f"- **{name}** {plain(clip(recipe.title, 80))}" + (f" · `{recipe.name}`" if recipe.name != name else "")
        for name, recipe in known.items()
    ]
    return listed("Recipes", lines, empty="There is no recipe.")


def _said(recipe: Recipe) -> Iterator[str]:
    if not is_blank(recipe.title):
        yield plain(clip(recipe.title, 100))
    yield field("Code", "\n".join(_code(recipe.code)) if recipe.code else "ships with the bot")
    yield field("Datasets", _datasets(recipe.datasets) or "any that a requirement names")
    lines = [_parameter(name, one) for name, one in recipe.parameters.items()]
    yield field("Parameters", with_room(lines, shown=SHOWN_PARAMETERS) or "none")
    if recipe.retry.limit:
        causes = ", ".join(recipe.retry.causes)
        yield f"Tried again by itself up to {recipe.retry.limit} times after: {causes}"


def _datasets(names: Sequence[str]) -> str:
    left = len(names) - SHOWN_DATASETS
    return ", ".join(f"`{name}`" for name in names[:SHOWN_DATASETS]) + (f" and {left} more" if left > 0 else "")


def _code(code: Code) -> Iterator[str]:
    yield quoted(" ".join(code.command), limit=300)
    if code.repository:
        yield f"in {quoted(redacted(code.repository), limit=200)} at `{code.commit[:12]}`"
    if code.folder:
        yield f"in {quoted(code.folder, limit=200)}"
    where = code.environment
    parts = [f"module `{module}`" for module in where.modules]
    named = (("venv", where.venv), ("conda", where.conda), ("image", where.image))
    parts += [f"{name} {quoted(value, limit=200)}" for name, value in named if value]
    if parts:
        yield " · ".join(parts)


def _parameter(name: str, one: Parameter) -> str:
    allowed = plain(clip(one.allowed_said, 120))
    explained = f" — {plain(clip(one.help, 100))}" if one.help else ""
    return f"- `{name}` = {plain(clip(str(one.default), 120)) or 'empty'} ({allowed}){explained}"
