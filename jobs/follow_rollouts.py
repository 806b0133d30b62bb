"""Follows rollouts in the cloud."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

from bot.app import App
from bot.config import Settings
from bot.operations.engine import Watch
from bot.operations.rollouts import Rollouts


def interval(settings: Settings) -> timedelta:
    """Return how often to look."""
    return timedelta(seconds=settings.azure.poll_interval_s)


def begun(app: App) -> Callable[[], Awaitable[None]]:
    """Return what looks once at every rollout that waits for the cloud."""
    return Watch(app, Rollouts(app)).tick
