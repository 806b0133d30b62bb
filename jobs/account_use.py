"""Adds up what finished runs took, for budgets and the usage chart."""

from datetime import timedelta

from bot.app import App
from bot.config import Settings
from bot.errors import Upstream
from bot.services import capacity

LOOK_BACK = timedelta(days=2)
"""Longer than any outage is likely to be; what was added once is not added again."""


def interval(_: Settings) -> timedelta:
    """Return how often to ask."""
    return timedelta(minutes=1)


async def tick(app: App) -> None:
    """Ask accounting for finished jobs; while it does not answer, nothing is lost."""
    try:
        uses = await app.cluster.uses(since=app.desk.now() - LOOK_BACK)
    except Upstream:
        return  # following the runs notices and tells
    await capacity.account(app.desk, uses)
