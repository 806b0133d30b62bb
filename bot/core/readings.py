"""A reading: the latest value of what somebody or something said of a thing; it is overwritten, so it is no fact."""

from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from bot.core.said import Said

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


@dataclass(frozen=True, slots=True)
class Reading(Generic[T]):
    """What may be said of a thing: a name, and the type of its value. Each stands once, with the thing it tells of."""

    name: str
    """Unique among the readings of a thing: the value is stored under it."""
    of: type[T]
    """A frozen dataclass of fields that the store can keep, or a plain value."""


class Readable(Protocol[T_co]):
    """A reading for those who only read it.

    What is written must be just of the reading's type; what is read may be taken for a wider one, as for one with None.
    """

    @property
    def name(self) -> str:
        """The value is stored under it."""
        ...

    @property
    def of(self) -> type[T_co]:
        """The type of the value."""
        ...


@dataclass(frozen=True, slots=True)
class Chart:
    """The picture on a thing's card."""

    path: str
    """Below the data directory."""
    alt_text: Said
    """What it shows, in words."""


CHART = Reading("picture", Chart)
"""Also for the cards of others that show the same picture."""
