"""What is measured: a live model's production rows beside its reference."""

from collections.abc import Sequence
from datetime import timedelta

import structlog

from bot.app import App
from bot.core.judging import Check, Measure, Production
from bot.core.values import Stage
from bot.effects import health
from bot.effects.endpoints import model_directory
from bot.effects.handler import Handler, Handlers
from bot.effects.pictures import forget_but, keep
from bot.lifecycle import INSTALLED
from bot.ports import Due
from bot.services import monitoring, things
from bot.things.incident import words as of_incident
from bot.things.monitor import words
from bot.things.monitor.measures import MEASURES as OWN_MEASURES
from bot.things.monitor.model import Monitor
from bot.things.monitor.rules import MonitorEffect
from bot.things.requirement.model import Requirement
from bot.things.rollout.model import Rollout

log = structlog.get_logger()


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
    checks = checks_of(Production(collected.inputs, collected.outputs))
    await monitoring.measured(app.record, monitor.number, comparison, chart=name, checks=checks)
    await forget_but(app, due.about, name)
    for system in health.MEASURING:
        await health.answered(app, health.probe_of(system))


def checks_of(production: Production) -> tuple[Check, ...]:
    """Return what each measure found; one that fails could not look, and keeps none of the others from it."""
    return tuple(check for one in MEASURES for check in _looked(one, production))


def _looked(measure: Measure, production: Production) -> Sequence[Check]:
    try:
        return tuple(measure(production))
    except Exception as error:  # a plugin's measure may fail in any way
        name = getattr(measure, "__name__", type(measure).__name__)
        log.exception("measure failed", measure=name)
        why = words.CANNOT_TELL(why=f"{type(error).__name__}: {error}")
        return (Check(words.MEASURE_OF(name=name), is_passed=False, evidence=why),)


MEASURES: Sequence[Measure] = (*OWN_MEASURES, *(one for plugin in INSTALLED for one in plugin.plugin.measures))
HANDLERS: Handlers = {MonitorEffect.MEASURE: Handler(act=measure, cannot=of_incident.CANNOT_MEASURE)}
