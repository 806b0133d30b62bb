"""A version of a recipe."""

from dataclasses import dataclass
from typing import ClassVar

from bot.core.values import Kind, PersonId, Stage, Thing


@dataclass(frozen=True, slots=True, kw_only=True)
class RecipeVersion(Thing):
    """A version of a team's own recipe that was registered by command, with its checked table as JSON."""

    kind: ClassVar[Kind] = Kind.RECIPE
    stage: Stage = Stage.REGISTERED
    name: str
    version: int
    """From 1; the newest that is not retired is what its name launches."""
    definition: str
    registered_by: PersonId

    @property
    def full_name(self) -> str:
        """By which it is launched whatever its newest version is."""
        return f"{self.name}@{self.version}"
