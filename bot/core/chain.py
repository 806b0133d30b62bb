"""The hash chain of events: each fact carries the hash of the one before, so that a changed past shows."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC

from bot.core.values import Fact, Json

FIRST_HASH = "0" * 64
"""What stands before the first fact."""


def canonical(value: Json) -> str:
    """Return the one JSON text of a value: sorted keys, no blanks, every character as itself.

    NaN and the infinities are written as Python's `json` writes and reads them.
    """
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=plain)


def hash_of(fact: Fact) -> str:
    """Return the SHA-256, in hex, over a fact's fields and the hash of the fact before it.

    Raises:
        ValueError: its time has no zone.
    """
    if fact.at.tzinfo is None:
        raise ValueError(f"a fact's time needs a zone: {fact.at.isoformat()}")
    text = canonical(
        {
            "sequence": fact.sequence,
            "at": fact.at.astimezone(UTC).isoformat(timespec="microseconds"),
            "about": str(fact.about),
            "event": fact.event,
            "by": fact.by,
            "details": fact.details,
            "changes": fact.changes,
            "deed": [fact.deed, fact.place],
            "previous_hash": fact.previous_hash,
        }
    )
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def broken_at(facts: Iterable[Fact], *, after: int = 0, previous_hash: str = FIRST_HASH) -> int | None:
    """Return the sequence at which the chain is broken, or None when it holds.

    To check a long log piece by piece, give the sequence and the hash of the last fact of the piece before.
    What was cut off at the end cannot be seen from the facts alone; compare the last hash with the store's head.
    """
    expected = after + 1
    for fact in facts:
        if fact.sequence != expected or fact.previous_hash != previous_hash or fact.hash != hash_of(fact):
            return expected
        expected += 1
        previous_hash = fact.hash
    return None


def plain(value: object) -> object:
    """Return a read-only mapping or sequence as what `json` knows. Raises TypeError for anything else."""
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, Sequence):
        return list(value)
    raise TypeError(f"{type(value).__name__} has no place in JSON")
