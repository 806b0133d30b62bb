"""Looking things up for people: by number, in lists, and for autocomplete."""

from collections.abc import Collection
from typing import TypeVar

from bot.core.record import no_such
from bot.core.values import Fact, Kind, Ref, Thing
from bot.errors import NotFound
from bot.lifecycle import RULES
from bot.ports import Reader, Store

T = TypeVar("T", bound=Thing)
PAGE = 5000
"""Things in one query."""
LIST_LIMIT = 25
"""What a list shows, and as many as Discord's autocomplete takes."""


async def get(store: Store, kind: type[T], number: int) -> T:
    """Return the thing. Raises NotFound with the way out."""
    async with store.reading() as tx:
        return await found(tx, kind, number)


async def found(tx: Reader, kind: type[T], number: int) -> T:
    """Return the thing within a transaction. Raises NotFound with the way out."""
    thing = await tx.find(kind, number)
    if thing is None:
        raise NotFound(no_such(RULES[kind.kind], number))
    return thing


async def newest(
    store: Store, kind: type[T], *, stages: Collection[str] = (), limit: int = LIST_LIMIT
) -> tuple[T, ...]:
    """Return the newest things of a kind, at any or at the given stages."""
    async with store.reading() as tx:
        return await tx.select(kind, stages=stages, limit=limit)


async def every(tx: Reader, kind: type[T], *, stages: Collection[str] = (), **equal: object) -> tuple[T, ...]:
    """Return all things of a kind whose columns equal the values, however many there are, the oldest first."""
    found_things: list[T] = []
    below: int | None = None
    while page := await tx.select(kind, limit=PAGE, stages=stages, below=below, **equal):
        found_things += page
        below = page[-1].number
    return tuple(reversed(found_things))


async def search(
    store: Store,
    kind: type[T],
    typed: object,
    *,
    by: Collection[str],
    number: str = "number",
    stages: Collection[str] = (),
    **equal: int | str | None,
) -> tuple[T, ...]:
    """Return the things that fit what is typed, among all of the kind, as many as autocomplete takes."""
    async with store.reading() as tx:
        return await tx.search(kind, str(typed), by=by, number=number, stages=stages, limit=LIST_LIMIT, **equal)


async def history(store: Store, kind: Kind, number: int) -> tuple[Fact, ...]:
    """Return the events of a thing, oldest first."""
    async with store.reading() as tx:
        return await tx.history(Ref(kind, number))
