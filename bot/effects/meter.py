"""What is measured: a live model's production rows beside its reference."""

import asyncio
from datetime import timedelta
from pathlib import Path

from bot.app import App
from bot.domain.model import Monitor, Requirement, Rollout, Stage
from bot.effects.endpoints import model_directory
from bot.ports import Due
from bot.services import monitoring, things


async def measure(app: App, due: Due) -> None:
    """Compare production with the reference, keep the chart, and recommend retraining on drift."""
    monitor = await things.get(app.store, Monitor, due.about.number)
    if monitor.stage is not Stage.WATCHING:
        return
    settings = app.settings.monitoring
    rollout = await things.get(app.store, Rollout, monitor.rollout)
    requirement = await things.get(app.store, Requirement, monitor.requirement)
    since = app.desk.now() - timedelta(hours=settings.window_h)
    collected = await app.endpoints.collected(
        monitor.endpoint, monitor.deployment, since=since, limit=settings.max_rows
    )
    comparison = await app.meter.compare(
        await model_directory(app, rollout), collected, title=f"MON-{monitor.number} · {requirement.title}"
    )
    name = f"charts/{due.about}-{due.id}.png"
    await asyncio.to_thread(_keep, app.settings.data_directory / name, comparison.chart_png)
    await monitoring.measured(app.desk, monitor.number, comparison, chart=name)


def _keep(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_suffix(".part")
    beside.write_bytes(content)
    beside.replace(path)
