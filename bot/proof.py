"""Whether the record proves itself: the chain of facts is whole, and each row is what its facts have made of it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.core.chain import FIRST_HASH, broken_at
from bot.core.shapes import NUMBER, encoded
from bot.core.store import Reader, Store
from bot.core.text import clip
from bot.core.values import Fact, Json, Kind, Ref
from bot.lifecycle import RULES

PAGE = 1000
SHOWN = 80
"""Characters of a value that is told."""


@dataclass(frozen=True, slots=True)
class Head:
    """A place in the chain that was noted elsewhere, and its hash there."""

    sequence: int
    hash: str


@dataclass(slots=True)
class _Walk:
    """The chain as far as it was followed."""

    sequence: int = 0
    hash: str = FIRST_HASH
    folds: dict[Ref, dict[str, Json]] = field(default_factory=dict)
    """What the facts have made of each thing."""

    def take(self, facts: tuple[Fact, ...]) -> None:
        self.sequence, self.hash = facts[-1].sequence, facts[-1].hash
        for fact in facts:
            self.folds.setdefault(fact.about, {}).update(fact.changes)


async def proven(store: Store, *, noted: Head | None = None) -> tuple[str, bool]:
    """Follow the chain from its beginning and compare all rows; return a sentence and whether all is well.

    The first difference is named. `noted` is a head of before, which the chain must still lead through: whoever writes
    the whole log anew can make it whole, but not end in the same hash.
    """
    walk = _Walk()
    async with store.reading() as tx:
        if wrong := await _chain(tx, walk, noted) or await _rows(tx, walk):
            return f"{wrong}; restore a backup", False
    head = f"{walk.sequence}:{walk.hash}" if walk.sequence else "none"
    count = len(walk.folds)
    return f"all {walk.sequence} events are as they were written, and so are all {count} rows; head {head}", True


async def _chain(tx: Reader, walk: _Walk, noted: Head | None) -> str:
    try:
        while page := await tx.facts(after=walk.sequence, limit=PAGE):
            broken = broken_at(page, after=walk.sequence, previous_hash=walk.hash)
            if broken is not None:
                return f"the event log was changed at event {broken}: its hash is not that of its content"
            if noted and page[0].sequence <= noted.sequence <= page[-1].sequence:
                there = page[noted.sequence - page[0].sequence].hash
                if there != noted.hash:
                    return f"the event log was written anew: event {noted.sequence} had another hash when it was noted"
            walk.take(page)
        head = await tx.head()
    except (ValueError, TypeError, KeyError) as error:  # what stands there is no JSON, or of no kind that is known
        return f"the event log cannot be read after event {walk.sequence} ({error})"
    if head != (walk.sequence, walk.hash):
        return f"the event log was cut off: it ends at event {walk.sequence} of {head[0]}"
    if noted and noted.sequence > walk.sequence:
        return f"the event log was cut off: it ends at event {walk.sequence}, and event {noted.sequence} was noted"
    return ""


async def _rows(tx: Reader, walk: _Walk) -> str:
    for kind, rules in RULES.items():
        expected = {about.number: values for about, values in walk.folds.items() if about.kind == kind}
        for number, values in sorted(expected.items()):
            try:
                thing = await tx.find(rules.model, number)
                kept = None if thing is None else encoded(thing)
            except (ValueError, TypeError, KeyError) as error:
                return f"the row of {Ref(kind, number)} cannot be read ({error})"
            if kept is None:
                return f"the row of {Ref(kind, number)} is gone, and its facts are there"
            if wrong := _difference(Ref(kind, number), kept, values):
                return wrong
        if wrong := await _without_facts(tx, kind, expected):
            return wrong
    return ""


def _difference(about: Ref, kept: Mapping[str, Json], told: Mapping[str, Json]) -> str:
    for name, value in kept.items():
        if name != NUMBER and (name not in told or _text(value) != _text(told[name])):
            was = _shown(told[name]) if name in told else "nothing"
            return f"the row of {about} was changed: its {name} is {_shown(value)}, and its facts say {was}"
    return ""


async def _without_facts(tx: Reader, kind: Kind, expected: Mapping[int, object]) -> str:
    counted = sum((await tx.counts(kind)).values())
    if counted != len(expected):
        more = counted - len(expected)
        return f"of {kind.name.lower()}s there {'is' if more == 1 else 'are'} {more} more than the facts know"
    gap = next((number for number in range(1, len(expected) + 1) if number not in expected), None)
    return "" if gap is None else f"{Ref(kind, gap)} never was, though later ones are"


def _text(value: Json) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False, default=list)


def _shown(value: Json) -> str:
    return clip(_text(value), SHOWN)
