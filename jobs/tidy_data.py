"""Removes models that no rollout and no run needs any more; the registry has them all. So with what was left half."""

import asyncio
import re
import shutil
from collections.abc import Collection
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path

from bot.app import App
from bot.config import Settings
from bot.core.values import Stage
from bot.things.rollout.model import UNDER_WAY, Rollout
from bot.things.run.model import Run

IN_USE = (*UNDER_WAY, Stage.LIVE)
MOST = 10_000
WRITING = timedelta(hours=1)
"""Longer than any copy of a model may take."""
_OF_A_RUN = re.compile(r"slipway-run-([0-9]{1,9})-[0-9]+")


def interval(_: Settings) -> timedelta:
    """Return how often to look."""
    return timedelta(minutes=10)


async def tick(app: App) -> None:
    """Look once."""
    models = app.settings.data_directory / "models"
    await asyncio.to_thread(_remove_half, models, before=app.record.now() - WRITING)
    names = await asyncio.to_thread(_names, models)
    if names:
        needed = await _needed(app, names)
        await asyncio.to_thread(_remove, models, names - needed)


def _remove_half(models: Path, *, before: datetime) -> None:
    """Remove what a killed worker, or a bot that was, left of a copy or a removal."""
    for path in models.glob(".*"):
        with suppress(FileNotFoundError):  # its writer has ended meanwhile
            if path.stat().st_mtime < before.timestamp():
                shutil.rmtree(path, ignore_errors=True)


async def _needed(app: App, names: Collection[str]) -> set[str]:
    """Return the models of rollouts that go on, and those of runs that are still to be recorded."""
    async with app.store.reading() as tx:
        rollouts = await tx.select(Rollout, stages=IN_USE, limit=MOST)
        numbers = [int(match[1]) for match in map(_OF_A_RUN.fullmatch, names) if match]
        runs = [await tx.find(Run, number) for number in numbers]
    return {f"{one.model_name}-{one.model_version}" for one in rollouts} | {
        run.key for run in runs if run is not None and run.model_version is None
    }


def _names(models: Path) -> set[str]:
    """Return what lies there whole; what is being written begins with a dot."""
    return {path.name for path in models.glob("*") if not path.name.startswith(".")}


def _remove(models: Path, names: Collection[str]) -> None:
    for name in names:
        gone = models / f".gone-{name}"
        shutil.rmtree(gone, ignore_errors=True)  # of a bot that was killed here
        (models / name).rename(gone)  # at once, so that nobody finds half a model
        shutil.rmtree(gone, ignore_errors=True)
