"""Fires schedules whose time has come. They and their firings are rows; this only looks at the clock."""

from datetime import timedelta

from bot.app import App
from bot.config import Settings
from bot.services import monitoring


def interval(_: Settings) -> timedelta:
    """Return how often to look."""
    return timedelta(seconds=1)


async def tick(app: App) -> None:
    """Fire what is due."""
    await monitoring.fire_due(app.record)
