"""An incident."""

from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

from bot.core.said import Said
from bot.core.values import Kind, PersonId, Ref, Stage, Thing


class Matter(StrEnum):
    """The sorts of what may be the matter."""

    FAILURE = "failure"
    """A run or rollout failed or was ended by others, or runs of a sweep did."""
    TROUBLE = "trouble"
    """A run that has not ended does not get on as it should; the code is a `Cause`."""
    GIVEN_UP = "given up"
    """An effect was given up that can be asked for again; the code is its name."""
    OUTAGE = "outage"
    """An outside system fails us; the code is its name."""
    NODE = "node"
    """A node takes no work; the code is its name."""
    JOB = "job"
    """A schedule of this process fails; the code is its name."""
    SHARED_FOLDER = "shared folder"
    MANY_RUNS = "many runs"
    """It stands for the incidents of many runs."""


@dataclass(frozen=True, slots=True)
class Subject:
    """What an incident is about: two about the same are equal."""

    matter: Matter
    code: str = ""
    """Which trouble, effect, system, node or job."""
    thing: Ref | None = None
    """The thing that it happened to, if it did to one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident(Thing):
    """Something Ops must deal with."""

    kind: ClassVar[Kind] = Kind.INCIDENT
    stage: Stage = Stage.OPEN
    about: Subject
    title: Said
    cause: Said
    log_tail: str
    next_step: Said
    handled_by: PersonId | None = None
    resolution: Said | None = None

    @property
    def told_of(self) -> tuple[Ref, ...]:
        """The run that it is about."""
        thing = self.about.thing
        return (thing,) if thing is not None and thing.kind is Kind.RUN else ()
