"""App: the ports in one frozen dataclass, handed to cogs, jobs and effects."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.config import Settings
from bot.domain.recipes import Recipe
from bot.ports import Chat, Cluster, Endpoints, Meter, Registry, Store
from bot.services.desk import Desk


@dataclass(frozen=True, slots=True)
class App:
    """Everything that acts, by what it is for."""

    settings: Settings
    recipes: Mapping[str, Recipe]
    desk: Desk
    cluster: Cluster
    registry: Registry
    endpoints: Endpoints
    meter: Meter
    chat: Chat
    troubles: dict[str, int] = field(default_factory=dict)
    """Failures in a row by outside system; Ops are told at the third."""

    @property
    def store(self) -> Store:
        """The store under the desk."""
        return self.desk.store
