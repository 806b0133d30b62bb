"""The machine's own words: who did what to which thing, and when."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import ClassVar, NewType, Self, TypeAlias

Json: TypeAlias = bool | int | float | str | Sequence["Json"] | Mapping[str, "Json"] | None
PersonId = NewType("PersonId", int)
"""A Discord user id. Names are not kept: they change, and a card can mention the id."""


class Kind(str):
    """A kind of things with a life of their own: the prefix that people see, as in REQ-12. Plugins add theirs."""

    __slots__ = ("name",)
    name: str
    """In capitals. Its events begin with it in small letters, and its table is called so."""
    REQUIREMENT: ClassVar["Kind"]
    RUN: ClassVar["Kind"]
    AUDIT: ClassVar["Kind"]
    ROLLOUT: ClassVar["Kind"]
    INCIDENT: ClassVar["Kind"]
    MONITOR: ClassVar["Kind"]
    RECOMMENDATION: ClassVar["Kind"]
    SWEEP: ClassVar["Kind"]
    RECIPE: ClassVar["Kind"]
    MODEL: ClassVar["Kind"]
    EVALUATION: ClassVar["Kind"]

    def __new__(cls, prefix: str, name: str) -> Self:
        """Make a kind known. Raises TypeError for a prefix that is taken, or that is not of three capital letters."""
        if prefix in _KINDS or not (len(prefix) == PREFIX_LENGTH and prefix.isascii() and prefix.isupper()):
            raise TypeError(f"a kind's prefix has three capital letters, and no other kind has it: {prefix}")
        self = super().__new__(cls, prefix)
        self.name = name
        _KINDS[prefix] = self
        return self

    def __reduce__(self) -> tuple[object, ...]:
        return kind_of_prefix, (str(self),)

    @property
    def value(self) -> str:
        """Its prefix as plain text."""
        return str(self)


PREFIX_LENGTH = 3
_KINDS: dict[str, Kind] = {}


def kind_of_prefix(prefix: str) -> Kind:
    """Return the kind. Raises ValueError for a prefix that nothing has."""
    kind = _KINDS.get(prefix)
    if kind is None:
        raise ValueError(f"no kind has the prefix {prefix}")
    return kind


Kind.REQUIREMENT = Kind("REQ", "REQUIREMENT")
Kind.RUN = Kind("RUN", "RUN")
Kind.AUDIT = Kind("AUD", "AUDIT")
Kind.ROLLOUT = Kind("DEP", "ROLLOUT")
Kind.INCIDENT = Kind("INC", "INCIDENT")
Kind.MONITOR = Kind("MON", "MONITOR")
Kind.RECOMMENDATION = Kind("REC", "RECOMMENDATION")
Kind.SWEEP = Kind("SWP", "SWEEP")
Kind.RECIPE = Kind("RCP", "RECIPE")
Kind.MODEL = Kind("MOD", "MODEL")
Kind.EVALUATION = Kind("EVA", "EVALUATION")


class Stage(StrEnum):
    """Where a thing stands. One namespace, so that a stage means the same wherever it is read."""

    FILED = "filed"
    CLAIMED = "claimed"
    FULFILLED = "fulfilled"
    WITHDRAWN = "withdrawn"
    PLANNED = "planned"
    ORDERED = "ordered"
    SUBMITTED = "submitted"
    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"
    MADE = "made"
    EVALUATED = "evaluated"
    MEASURED = "measured"
    IN_REVIEW = "in review"
    APPROVED = "approved"
    CHANGES_REQUESTED = "changes requested"
    REJECTED = "rejected"
    EXPIRED = "expired"
    REQUESTED = "requested"
    DECLINED = "declined"
    CREATING = "creating"
    VERIFYING = "verifying"
    RAMPING = "ramping"
    PAUSED = "paused"
    LIVE = "live"
    SUPERSEDED = "superseded"
    ROLLED_BACK = "rolled back"
    RETIRED = "retired"
    REGISTERED = "registered"
    ABORTED = "aborted"
    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    RESOLVED = "resolved"
    WATCHING = "watching"
    ENDED = "ended"
    ACCEPTED = "accepted"
    DISMISSED = "dismissed"


class Duty(StrEnum):
    """A right given by a Discord role."""

    ANALYST = "analyst"
    CREATOR = "creator"
    AUDITOR = "auditor"
    DATA_ANALYST = "data analyst"
    OPERATOR = "operator"
    SYSTEM = "system"
    """The bot itself, telling what it saw on the cluster or in the cloud. No role gives this."""


ANALYST, CREATOR, AUDITOR, OPERATOR, SYSTEM_ONLY = (
    frozenset({duty}) for duty in (Duty.ANALYST, Duty.CREATOR, Duty.AUDITOR, Duty.OPERATOR, Duty.SYSTEM)
)
"""Sets of one duty, as the rules of things name them."""


@dataclass(slots=True)
class Deed:
    """One thing that somebody does once: a command, a press, a form. It may come twice, and is done once."""

    key: str
    """Discord's id of the interaction."""
    count: int = 0
    """Its facts so far, recorded or met again."""


@dataclass(frozen=True, slots=True)
class Actor:
    """Who does something, with the duties they hold at this moment."""

    id: PersonId
    duties: frozenset[Duty]
    deed: Deed | None = field(default=None, compare=False)
    """By what; None for what nobody does, which needs no key."""


SYSTEM = Actor(PersonId(0), frozenset({Duty.SYSTEM}))
"""The bot, when a machine's news and not a person moves a thing on."""


@dataclass(frozen=True, slots=True, order=True)
class Ref:
    """The name of a thing, as people write it: `REQ-12`."""

    kind: Kind
    number: int

    def __str__(self) -> str:
        return f"{self.kind}-{self.number}"


@dataclass(frozen=True, slots=True)
class Fact:
    """An event as it is stored for ever."""

    sequence: int
    at: datetime
    about: Ref
    event: str
    by: PersonId
    details: Mapping[str, Json]
    """What is told of it beside what it changed."""
    changes: Mapping[str, Json]
    """All that it changed in the thing's row, by field: a row is the fold of its facts (`bot.core.shapes.fold`)."""
    previous_hash: str
    hash: str
    deed: str = ""
    """The key of what somebody did, if they did it."""
    place: int = 0
    """Which of that deed's facts it is, from 0."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Thing:
    """What has a life of its own: a number that people know it by, and where it stands."""

    kind: ClassVar[Kind]
    number: int = 0
    """0 until it has been opened."""
    stage: Stage

    @property
    def ref(self) -> Ref:
        """Its name."""
        return Ref(self.kind, self.number)

    @property
    def shown_on(self) -> Ref:
        """Whose card shows it."""
        return self.ref

    @property
    def told_of(self) -> tuple[Ref, ...]:
        """Other things whose cards tell of it, though no field of it refers to them."""
        return ()
