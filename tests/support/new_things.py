"""Things as they are before they are opened, and what they point to."""

from dataclasses import replace
from typing import Any

from bot.core.values import Kind, Thing
from bot.lifecycle import RULES
from bot.ports import Store
from tests.gallery.things import THINGS

POINTED_TO = (
    Kind.REQUIREMENT,
    Kind.RUN,
    Kind.MODEL,
    Kind.EVALUATION,
    Kind.AUDIT,
    Kind.ROLLOUT,
    Kind.MONITOR,
)


async def add_what_is_pointed_to(store: Store) -> None:
    """Add the first thing of each kind that others point to."""
    async with store.writing() as tx:
        for one in POINTED_TO:
            await tx.add(new(one))


def new(kind: Kind) -> Thing:
    """Return a thing as it is before it is added; what it belongs to are the first of their kinds."""
    thing = THINGS[kind]
    pointers: dict[str, Any] = {name: 1 for name in RULES[kind].links if getattr(thing, name) is not None}
    return replace(thing, number=0, **pointers)
