"""What incidents are about: how a thing fared, what was given up for it, or a system, node or job outside of things."""

from enum import StrEnum

from bot.core.kind import Effect
from bot.core.values import Ref
from bot.things.incident.model import Matter, Subject

__all__ = ["Matter", "Subject"]


SHARED_FOLDER = Subject(Matter.SHARED_FOLDER)
MANY_RUNS = Subject(Matter.MANY_RUNS)


def of_failure(thing: Ref) -> Subject:
    """Return the subject of how a run or rollout, or a sweep's runs, failed."""
    return Subject(Matter.FAILURE, thing=thing)


def of_trouble(run: Ref, cause: StrEnum) -> Subject:
    """Return the subject of what is wrong with a run that has not ended."""
    return Subject(Matter.TROUBLE, cause.value, run)


def of_given_up(thing: Ref, effect: Effect) -> Subject:
    """Return the subject of what was given up for a thing."""
    return Subject(Matter.GIVEN_UP, effect.value, thing)


def of_outage(system: str) -> Subject:
    """Return the subject of an outside system that fails us."""
    return Subject(Matter.OUTAGE, system)


def of_node(name: str) -> Subject:
    """Return the subject of a node that takes no work."""
    return Subject(Matter.NODE, name)


def of_job(name: str) -> Subject:
    """Return the subject of a schedule of this process that fails."""
    return Subject(Matter.JOB, name)
