"""Follows runs on the cluster."""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta

from bot.app import App
from bot.config import Settings
from bot.operations.engine import Watch
from bot.operations.runs import Runs


def interval(settings: Settings) -> timedelta:
    """Return how often to ask."""
    return timedelta(seconds=settings.cluster.poll_interval_s)


def begun(app: App) -> Callable[[], Awaitable[None]]:
    """Return what asks once for all open runs."""
    return Watch(app, Runs(app)).tick


def hints(app: App) -> AsyncIterator[str]:
    """Return what makes the next tick come at once: the cluster's word that a run has ended."""
    return app.cluster.ended()
