"""What creators register and retire."""

import re
from collections.abc import Collection

from bot.core.record import Record
from bot.core.text import typed
from bot.core.values import Actor
from bot.errors import Refused
from bot.things.recipe import words
from bot.things.recipe.model import RecipeVersion
from bot.things.recipe.rules import RecipeEvent

_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")


def check_name(name: str, *, standing: Collection[str]) -> None:
    """Raise Refused for what is no name of a recipe, or of one that ships or stands in the config."""
    if not _NAME.fullmatch(name):
        raise Refused(words.NO_NAME(name=typed(name)))
    if name in standing:
        raise Refused(words.NAME_TAKEN(name=name))


async def register(record: Record, name: str, definition: str, *, by: Actor) -> RecipeVersion:
    """Register a recipe by its checked table, as JSON; the same name again is its next version."""
    async with record.decide(by) as decision:
        earlier = await decision.tx.select(RecipeVersion, name=name, limit=1)
        version = RecipeVersion(
            name=name,
            version=earlier[0].version + 1 if earlier else 1,
            definition=definition,
            registered_by=by.id,
        )
        return await decision.open(version, RecipeEvent.REGISTERED)


async def retire(record: Record, number: int, *, by: Actor) -> RecipeVersion:
    """Take a version out of use; runs that were ordered with it stay, and can be reproduced."""
    async with record.decide(by) as decision:
        return await decision.move(RecipeVersion, number, RecipeEvent.RETIRED)
