"""Recipes: those that ship, those of the config, and those that people register, found in one place."""

import tomllib
from collections.abc import Mapping, Sequence

from pydantic import ValidationError

from bot.core.record import Record
from bot.core.said import Said
from bot.core.text import typed
from bot.core.values import Actor, Stage
from bot.errors import Refused
from bot.ports import Reader
from bot.recipe_table import RecipeTable
from bot.section import Problem, problems
from bot.things.recipe import decisions, words
from bot.things.recipe.model import RecipeVersion
from bot.things.recipe.recipe import Recipe

MOST = 500
FILE_LIMIT_BYTES = 64 * 1024
MOST_PROBLEMS = 10
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
        raise Refused(words.GONE(name=typed(name)))
    raise Refused(words.NO_SUCH(name=typed(name), known=tuple(found)))


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
    raise Refused(words.NONE_READS(dataset=typed(dataset), known=read))


def recipe_of(version: RecipeVersion) -> Recipe:
    """Return a registered version as a recipe."""
    return RecipeTable.model_validate_json(version.definition).recipe(version.full_name)


async def register(record: Record, name: str, text: str, *, standing: Recipes, by: Actor) -> RecipeVersion:
    """Register a recipe from a TOML table; the same name again is its next version.

    Raises:
        Refused: the name is taken, or the table cannot be used, with each thing that is wrong.
    """
    decisions.check_name(name, standing=standing)
    return await decisions.register(record, name, _read(text).model_dump_json(), by=by)


def _read(text: str) -> RecipeTable:
    try:
        return RecipeTable.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise Refused(words.NO_TOML(error=str(error))) from None
    except ValidationError as error:
        raise Refused(unusable(list(problems(error)))) from None


def unusable(found: Sequence[Problem]) -> Said:
    """Return what is wrong with a table, as many lines as one reads."""
    return words.UNUSABLE(wrong=[_told(problem) for problem in found[:MOST_PROBLEMS]])


def _told(problem: Problem) -> Said:
    match problem.said:
        case None:
            wrong: Said | str = words.NO_SUCH_SETTING()
        case Said() as said:
            wrong = said
        case other:
            wrong = str(other)
    return words.WRONG_AT(key=problem.key, wrong=wrong) if problem.key else words.WRONG(wrong=wrong)
