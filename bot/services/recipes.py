"""Recipes: those that ship, those of the config, and those that people register, found in one place."""

import re
import tomllib
from collections.abc import Mapping

from pydantic import ValidationError

from bot.core.record import Record
from bot.core.values import Actor, Stage
from bot.domain.model import RecipeVersion
from bot.domain.recipes import Recipe
from bot.domain.text import quoted
from bot.errors import Refused
from bot.ports import Reader
from bot.recipe_table import RecipeTable
from bot.section import sentences
from bot.things.recipe.rules import RecipeEvent

MOST = 500
FILE_LIMIT_BYTES = 64 * 1024
_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
_IN_USE = (Stage.REGISTERED.value,)

Recipes = Mapping[str, Recipe]
"""By name. A registered one is named `name@version`, so that what a run was trained with can always be told."""


async def known(tx: Reader, standing: Recipes) -> dict[str, Recipe]:
    """Return all that can be launched, by the name to launch it with; of those registered the newest version."""
    found = dict(standing)
    for version in reversed(await tx.select(RecipeVersion, stages=_IN_USE, limit=MOST)):
        found[version.name] = recipe_of(version)
    return found


async def of_name(tx: Reader, name: str, standing: Recipes) -> Recipe | None:
    """Return the recipe that a run was ordered with, retired or not; None when the config has lost it."""
    base, at, number = name.partition("@")
    if not at:
        return standing.get(name)
    versions = await tx.select(RecipeVersion, name=base, version=int(number), limit=1) if number.isdecimal() else ()
    return next(map(recipe_of, versions), None)


async def to_launch(tx: Reader, name: str, standing: Recipes, *, dataset: str = "", version: str = "") -> Recipe:
    """Return the recipe of that name, with `@version` an older one; without a name that which reads the dataset.

    Raises:
        Refused: it is unknown or retired, or none reads the dataset.
    """
    found = await known(tx, standing)
    if not name:
        return reading(dataset, version, found)
    if name in found:
        return found[name]
    base, at, number = name.partition("@")
    if at and number.isdecimal():
        versions = await tx.select(RecipeVersion, name=base, version=int(number), stages=_IN_USE, limit=1)
        if versions:
            return recipe_of(versions[0])
    if await tx.select(RecipeVersion, name=base, limit=1):
        raise Refused(f"The recipe {quoted(name)} is retired or has no such version; see `/recipe list`.")
    raise Refused(f"There is no recipe {quoted(name)}; there is {', '.join(f'`{known}`' for known in found)}.")


def reading(dataset: str, version: str, found: Recipes) -> Recipe:
    """Return the first recipe that names the dataset, with this version if it can, else the first that takes any.

    Raises:
        Refused: no recipe reads it.
    """
    named = [each for each in found.values() if dataset in each.dataset_names]
    with_version = [each for each in named if version in each.versions_of(dataset)]
    fitting = [*with_version, *named, *(each for each in found.values() if not each.datasets)]
    if fitting:
        return fitting[0]
    read = sorted({one for each in found.values() for one in each.dataset_names})
    there_are = ", ".join(f"`{one}`" for one in read)
    raise Refused(
        f"No recipe reads the dataset {quoted(dataset)}; there are recipes for {there_are}. "
        "Register one that reads it with `/recipe register`."
    )


def recipe_of(version: RecipeVersion) -> Recipe:
    """Return a registered version as a recipe."""
    return RecipeTable.model_validate_json(version.definition).recipe(f"{version.name}@{version.version}")


async def register(record: Record, name: str, text: str, *, standing: Recipes, by: Actor) -> RecipeVersion:
    """Register a recipe from a TOML table; the same name again is its next version.

    Raises:
        Refused: the name is taken, or the table cannot be used, with each thing that is wrong.
    """
    if not _NAME.fullmatch(name):
        raise Refused(f"{quoted(name)} is no name of a recipe; use up to 40 small letters, digits and underlines.")
    if name in standing:
        raise Refused(f"The recipe `{name}` ships with the bot or stands in its config; choose another name.")
    table = _read(text)
    async with record.decide(by) as decision:
        earlier = await decision.tx.select(RecipeVersion, name=name, limit=1)
        version = RecipeVersion(
            name=name,
            version=earlier[0].version + 1 if earlier else 1,
            definition=table.model_dump_json(),
            registered_by=by.id,
        )
        return await decision.open(version, RecipeEvent.REGISTERED)


def _read(text: str) -> RecipeTable:
    try:
        return RecipeTable.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise Refused(f"The file is not valid TOML: {error}.") from None
    except ValidationError as error:
        wrong = "\n".join(f"- {line}" for line in sentences(error, unknown="`[recipes.…]` in config.example.toml")[:10])
        raise Refused(f"The recipe cannot be used:\n{wrong}") from None


async def retire(record: Record, number: int, *, by: Actor) -> RecipeVersion:
    """Take a version out of use; runs that were ordered with it stay, and can be reproduced."""
    async with record.decide(by) as decision:
        return await decision.move(RecipeVersion, number, RecipeEvent.RETIRED)
