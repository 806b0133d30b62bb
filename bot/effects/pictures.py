"""Pictures that cards show: files below the data directory, drawn anew as what they show grows."""

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

import structlog

from bot.app import App
from bot.core.values import Ref
from bot.effects import health
from bot.errors import SlipwayError, Upstream
from bot.ports import Series
from bot.services.cards import Curve
from bot.things.run.answers_words import EPOCH
from bot.things.run.readings import CHART, Chart, LineEnd

log = structlog.get_logger()
REDRAW_INTERVAL = timedelta(seconds=30)
"""A run's chart follows its curve this often: a picture takes a quarter of a second to draw."""
DATA = "data directory"
"""What it is called among the systems that may fail us."""
PROBE, PROBE_BYTES = "probe", 64 * 1024
WORK = "keeping charts"


async def keep(app: App, name: str, content: bytes) -> None:
    """Write a picture below the data directory, whole or not at all. Raises Upstream where that cannot be done."""
    folder = app.settings.data_directory
    try:
        await asyncio.to_thread(_write, folder / name, content)
    except OSError as error:
        said = f"data_directory: {folder} cannot be written ({error.strerror}); make room or give the right to"
        raise Upstream(DATA, said, retryable=True) from error


async def check(app: App) -> str:
    """Return a sentence when the data directory can be written. Raises Upstream where it cannot."""
    await keep(app, PROBE, b"\0" * PROBE_BYTES)
    await asyncio.to_thread((app.settings.data_directory / PROBE).unlink, missing_ok=True)
    return "the data directory can be written"


async def forget_but(app: App, about: Ref, name: str) -> None:
    """Delete the charts of a thing that its card does not show any more."""
    folder = app.settings.data_directory / "charts"
    await asyncio.to_thread(_forget, folder, f"{about}-*.png", Path(name).name)


async def chart_of(app: App, about: Ref) -> str | None:
    """Return the name of the run's newest chart, or None where there is none yet."""
    async with app.store.reading() as tx:
        chart = await tx.reading(about, CHART)
    return chart.name if chart else None


async def refresh_chart(app: App, about: Ref, curve: Curve) -> None:
    """Draw the run's chart anew when its curve has changed, but not too often while it grows; its card is then due.

    The card does not wait for its picture: news come first.
    """
    now, ends = app.record.now(), _ends(curve.lines)
    async with app.store.reading() as tx:
        drawn = await tx.reading(about, CHART)
    if drawn and (drawn.ends == ends or (curve.is_growing and now - drawn.drawn_at < REDRAW_INTERVAL)):
        return
    panels = {measure: [line] for measure, line in curve.lines.items()}
    try:
        picture = await app.charts.curves(
            panels, title=str(about), x_label=app.languages.server(EPOCH()), is_small=True
        )
    except SlipwayError as error:
        log.warning("chart not drawn", about=str(about), error=str(error))
        return
    newest = f"charts/{about}-{int(now.timestamp() * 1000)}.png"
    try:
        await keep(app, newest, picture)
    except Upstream as error:  # the card stays as it is; Ops hear why
        await health.failed(app, error, work=WORK)
        return
    await health.answered(app, WORK)
    async with app.store.writing() as tx:
        await tx.put_reading(about, CHART, Chart(newest, now, ends), at=now)
        await tx.mark_card(about, not_before=now)
    if drawn:
        await asyncio.to_thread((app.settings.data_directory / drawn.name).unlink, missing_ok=True)


def _ends(lines: Mapping[str, Series]) -> tuple[LineEnd, ...]:
    """Return what tells one state of a curve from another: its measures, their lengths and ends."""
    return tuple(LineEnd(name, len(line.x), line.x[-1], line.y[-1]) for name, line in lines.items())


def _forget(folder: Path, pattern: str, name: str) -> None:
    for path in folder.glob(pattern):
        if path.name != name:
            path.unlink(missing_ok=True)


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_suffix(".part")
    try:
        beside.write_bytes(content)
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
