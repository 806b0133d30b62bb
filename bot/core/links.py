"""Links: typed edges between things. A thing's row holds them, in fields that its kind declares as references."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NewType

from bot.core.values import Kind, Ref, Thing

Role = NewType("Role", str)
"""What the one thing is to the other, read from the one that holds the reference."""

ASKED_BY = Role("asked by")
"""The requirement that it is for."""
PART_OF = Role("part of")
REPEATS = Role("repeats")
TRAINED_BY = Role("trained by")
MEASURES = Role("measures")
MEASURED_BY = Role("measured by")
JUDGES = Role("judges")
JUDGED_BY = Role("judged by")
SERVES = Role("serves")
WATCHES = Role("watches")
ADVISED_BY = Role("advised by")
LED_TO = Role("led to")

MAKING = frozenset({JUDGES, SERVES, TRAINED_BY, PART_OF})
"""What leads from a decision about a model to all that it was made by."""


@dataclass(frozen=True, slots=True)
class Reference:
    """A field that holds the number of another thing."""

    role: Role
    to: Kind
    is_shown_there: bool = True
    """The other's card shows something of the one that refers to it, and is drawn anew with it."""


@dataclass(frozen=True, slots=True)
class Link:
    """An edge from a thing to another."""

    of: Ref
    role: Role
    to: Ref


def links_of(thing: Thing, references: Mapping[str, Reference]) -> Iterator[Link]:
    """Yield the edges that lead on from a thing, in the order in which its kind declares them."""
    for name, reference in references.items():
        number = getattr(thing, name)
        if number is not None:
            yield Link(thing.ref, reference.role, Ref(reference.to, number))
