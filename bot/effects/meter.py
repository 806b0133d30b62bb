"""What is measured: a live model's production rows beside its reference."""

from datetime import timedelta

from bot.app import App
from bot.core.values import Stage
from bot.effects import health
from bot.effects.endpoints import model_directory
from bot.effects.handler import Handler, Handlers
from bot.effects.pictures import forget_but, keep
from bot.ports import Due
from bot.services import monitoring, things
from bot.things.incident import words
from bot.things.monitor.model import Monitor
from bot.things.monitor.rules import MonitorEffect
from bot.things.requirement.model import Requirement
from bot.things.rollout.model import Rollout


async def measure(app: App, due: Due) -> None:
    """Compare production with the reference, keep the chart, and recommend retraining on drift."""
    monitor = await things.get(app.store, Monitor, due.about.number)
    if monitor.stage is not Stage.WATCHING:
        return
    settings = app.settings.monitoring
    rollout = await things.get(app.store, Rollout, monitor.rollout)
    requirement = await things.get(app.store, Requirement, monitor.requirement)
    since = app.record.now() - timedelta(hours=settings.window_h)
    collected = await app.endpoints.collected(
        monitor.endpoint, monitor.deployment, since=since, limit=settings.max_rows
    )
    comparison = await app.meter.compare(
        await model_directory(app, rollout), collected, title=f"MON-{monitor.number} · {requirement.title}"
    )
    name = f"charts/{due.about}-{due.id}.png"
    await keep(app, name, comparison.chart_png)
    await monitoring.measured(app.record, monitor.number, comparison, chart=name)
    await forget_but(app, due.about, name)
    for system in health.MEASURING:
        await health.answered(app, health.probe_of(system))


HANDLERS: Handlers = {MonitorEffect.MEASURE: Handler(act=measure, cannot=words.CANNOT_MEASURE)}
