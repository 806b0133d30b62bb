"""App: the ports in one frozen dataclass, handed to cogs, jobs and effects."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from bot.config import Settings
from bot.core.record import Record
from bot.core.values import Ref
from bot.languages import Languages
from bot.ports import Charts, Chat, Cluster, Endpoints, Meter, Registry, Store
from bot.things.recipe.recipe import Recipe


@dataclass(frozen=True, slots=True)
class Outage:
    """A work that fails."""

    since: datetime
    count: int
    """Failures in a row."""
    is_told: bool = False
    """Ops know."""


@dataclass(frozen=True, slots=True)
class App:
    """Everything that acts, by what it is for."""

    settings: Settings
    recipes: Mapping[str, Recipe]
    record: Record
    cluster: Cluster
    registry: Registry
    endpoints: Endpoints
    meter: Meter
    charts: Charts
    chat: Chat
    languages: Languages = field(default_factory=Languages)
    outages: dict[str, dict[str, Outage]] = field(default_factory=dict)
    """What fails now, by outside system and work; see `bot.effects.health`."""
    charting: set[Ref] = field(default_factory=set)
    """Runs whose chart is being drawn."""

    @property
    def store(self) -> Store:
        """The store under the record."""
        return self.record.store
