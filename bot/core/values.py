"""The machine's own words: who did what to which thing, and when."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import ClassVar, NewType, TypeAlias

Json: TypeAlias = bool | int | float | str | Sequence["Json"] | Mapping[str, "Json"] | None
PersonId = NewType("PersonId", int)
"""A Discord user id. Names are not kept: they change, and a card can mention the id."""


class Kind(StrEnum):
    """The kinds of things with a life of their own. The value is the prefix people see: REQ-12."""

    REQUIREMENT = "REQ"
    RUN = "RUN"
    AUDIT = "AUD"
    ROLLOUT = "DEP"
    INCIDENT = "INC"
    MONITOR = "MON"
    RECOMMENDATION = "REC"
    SWEEP = "SWP"
    RECIPE = "RCP"
    MODEL = "MOD"
    EVALUATION = "EVA"


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


@dataclass(frozen=True, slots=True)
class Actor:
    """Who does something, with the duties they hold at this moment."""

    id: PersonId
    duties: frozenset[Duty]


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
