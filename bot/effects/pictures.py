"""Pictures that cards show: files below the data directory, drawn anew as what they show grows."""

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

import structlog

from bot.app import App
from bot.domain.model import Json, Ref
from bot.errors import SlipwayError
from bot.ports import Series
from bot.services.cards import Curve

log = structlog.get_logger()
REDRAW_INTERVAL = timedelta(seconds=30)
"""A run's chart follows its curve this often: a picture takes a quarter of a second to draw."""
DRAWN = "chart"
"""Name of the reading that says which picture there is."""


async def keep(app: App, name: str, content: bytes) -> None:
    """Write a picture below the data directory, whole or not at all."""
    await asyncio.to_thread(_write, app.settings.data_directory / name, content)


async def run_chart(app: App, about: Ref, curve: Curve) -> str | None:
    """Return the name of the run's chart, drawn anew when its curve has changed, but not too often while it grows.

    None where there is none yet and it cannot be drawn: a card does not wait for its picture.
    """
    now, state = app.desk.now(), _state(curve.lines)
    async with app.store.reading() as tx:
        found = await tx.reading(about, DRAWN)
    drawn = found if isinstance(found, dict) else {}
    name = str(drawn["name"]) if "name" in drawn else None
    age_s = now.timestamp() - float(str(drawn.get("at", 0)))
    is_new = curve.is_growing and age_s < REDRAW_INTERVAL.total_seconds()
    if drawn.get("state") == state or (name and is_new):
        return name
    try:
        panels = {measure: [line] for measure, line in curve.lines.items()}
        picture = await app.charts.curves(panels, title=str(about), x_label="epoch", is_small=True)
    except SlipwayError as error:
        log.warning("chart not drawn", about=str(about), error=str(error))
        return name
    newest = f"charts/{about}-{int(now.timestamp() * 1000)}.png"
    await keep(app, newest, picture)
    async with app.store.writing() as tx:
        await tx.put_reading(about, DRAWN, {"name": newest, "state": state, "at": now.timestamp()}, at=now)
    if name:
        await asyncio.to_thread((app.settings.data_directory / name).unlink, missing_ok=True)
    return newest


def _state(lines: Mapping[str, Series]) -> list[Json]:
    """Return what tells one state of a curve from another: its measures, their lengths and ends."""
    return [[name, len(line.x), line.x[-1], line.y[-1]] for name, line in lines.items()]


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_suffix(".part")
    beside.write_bytes(content)
    beside.replace(path)
