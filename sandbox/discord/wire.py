"""What every part of the wire shares: JSON objects, snowflakes and timestamps."""

import itertools
import time
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any, TypeAlias

Payload: TypeAlias = dict[str, Any]
"""A JSON object of Discord's. Its form is held by the official description at run time (`recorder`), not by mypy."""

EPOCH_MS = 1_420_070_400_000
"""The first second of 2015, from which snowflakes count."""

_counter = itertools.count()


def snowflake() -> str:
    """Return a new id; ids rise with time."""
    now_ms = time.time_ns() // 1_000_000
    return str(((now_ms - EPOCH_MS) << 22) | (next(_counter) & 0x3FFFFF))


def made_at(made: str) -> float:
    """Return when an id was made, in seconds since 1970."""
    return ((int(made) >> 22) + EPOCH_MS) / 1000


def now_text() -> str:
    """Return the present as Discord writes it."""
    return datetime.now(UTC).isoformat(timespec="microseconds")


def objects(nodes: object) -> Iterator[Payload]:
    """Yield every JSON object in a tree, parents first."""
    if isinstance(nodes, dict):
        yield nodes
        for value in nodes.values():
            yield from objects(value)
    elif isinstance(nodes, list):
        for node in nodes:
            yield from objects(node)


def without_nulls(fields: Payload, *, keep: Iterable[str] = ()) -> Payload:
    """Return the object without its null fields."""
    kept = frozenset(keep)
    return {name: value for name, value in fields.items() if value is not None or name in kept}
