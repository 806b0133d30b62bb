"""An incident."""

from dataclasses import dataclass
from typing import ClassVar

from bot.core.values import Kind, PersonId, Stage, Thing


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident(Thing):
    """Something Ops must deal with."""

    kind: ClassVar[Kind] = Kind.INCIDENT
    stage: Stage = Stage.OPEN
    about: str
    """The thing it is about, as in `RUN-31`, or the outside system, as in `cluster`."""
    title: str
    cause: str
    log_tail: str
    next_step: str
    handled_by: PersonId | None = None
    resolution: str | None = None
