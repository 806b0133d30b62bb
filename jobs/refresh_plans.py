"""Asks anew what the cluster would do with the plans that nobody has launched yet: the queue moves on meanwhile."""

from datetime import timedelta

from bot.app import App
from bot.config import Settings
from bot.core.values import Ref
from bot.effects import cluster, health
from bot.errors import Upstream
from bot.services import incidents, planning, withdrawing
from bot.things.incident import words
from bot.things.incident.subjects import of_given_up
from bot.things.run.events import RunEffect
from bot.things.run.model import Run

WORK = "asking about plans"
AT_ONCE = 5
"""Plans in one round, those that were asked about longest ago first; each is a card to draw too."""


def interval(_: Settings) -> timedelta:
    """Return how often to look for plans whose time has come; how often each is asked about is `planning.PACE`."""
    return timedelta(seconds=10)


async def tick(app: App) -> None:
    """Ask about some; while the cluster does not answer, their cards say so and the probe tells when it does."""
    for run in await planning.outdated(app.store, at=app.record.now(), limit=AT_ONCE):
        if await withdrawing.discarded_plans(app.record, run.requirement):
            continue
        try:
            await cluster.ask_about(app, run)
        except Upstream as error:
            await planning.not_answered(app.record, run.number)
            await health.failed(app, error, work=WORK)
            health.ended(app, WORK)
            return
        about = of_given_up(Ref(Run.kind, run.number), RunEffect.FORECAST)
        if await incidents.is_told(app.store, about):
            await incidents.recovered(app.record, about, resolution=words.WAS_ANSWERED())
    await health.answered(app, WORK)
