"""Adds up what finished runs took, for budgets and the usage chart."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta

from bot.app import App
from bot.config import Settings
from bot.effects import health
from bot.errors import Upstream
from bot.services import capacity

WORK = "adding up what runs took"

LOOK_BACK = timedelta(days=2)
"""Longer than any outage is likely to be; what was added once is not added again."""


def interval(_: Settings) -> timedelta:
    """Return how often to ask."""
    return timedelta(minutes=1)


def begun(app: App) -> Callable[[], Awaitable[None]]:
    """Return what asks accounting for finished jobs."""
    return _Accounting(app).tick


@dataclass(slots=True)
class _Accounting:
    app: App
    _known: frozenset[tuple[str, str]] = frozenset()
    """Ended jobs, by key and SLURM's id, of which it is known that what they took is added up."""

    async def tick(self) -> None:
        """Ask once; while accounting does not answer, nothing is lost."""
        app = self.app
        try:
            uses = {(use.key, use.job_id): use for use in await app.cluster.uses(since=app.record.now() - LOOK_BACK)}
        except Upstream as error:
            await health.failed(app, error, work=WORK)
            health.ended(app, WORK)  # the next round is a minute away: till then the probe tells when it is over
            return
        await health.answered(app, WORK)
        await capacity.account(app.record, [use for job, use in uses.items() if job not in self._known])
        self._known = frozenset(uses)
