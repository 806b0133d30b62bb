"""What others may know of a requirement."""

from bot.core.view import Glance
from bot.things.requirement.model import Requirement


def glance(requirement: Requirement) -> Glance:
    """Return what others may know of a requirement: who filed it and who claimed it."""
    people = (requirement.filed_by, requirement.claimed_by)
    return Glance(
        requirement.ref, requirement.stage, requirement.title, tuple(one for one in people if one is not None)
    )
