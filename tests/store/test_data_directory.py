"""The data directory: what cannot be kept there is told by its name, and what nobody needs any more goes."""

import os
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.app import App
from bot.core.values import Kind, Ref, Stage
from bot.core.words import QUOTED
from bot.effects import health, pictures
from bot.errors import Upstream
from bot.ports import Series
from bot.services import things, training
from bot.services.cards import Curve
from bot.things.incident.model import Incident
from bot.things.incident.subjects import of_outage
from bot.things.run.model import Run
from jobs import tidy_data, watch_outages
from tests.support.fakes import FakeCharts
from tests.support.ports import Place
from tests.support.road import RESULT, claimed, ramping, submitted

RUN_1 = Ref(Kind.RUN, 1)
CURVE = Curve({"loss": Series("RUN-1", (1.0, 2.0), (0.5, 0.4))}, is_growing=False, alt_text=QUOTED(text="a curve"))


@pytest.fixture
def app(place: Place, tmp_path: Path) -> App:
    """Return an app with charts, which has a data directory of its own."""
    settings = place.app.settings.model_copy(update={"data_directory": tmp_path / "data"})
    return replace(place.app, settings=settings, charts=FakeCharts(b"picture"))


async def test_a_data_directory_that_cannot_be_written_is_told_and_found_well_again(app: App):
    """By the name of its setting; the card is drawn all the same, and the probe resolves the incident."""
    folder = app.settings.data_directory
    folder.write_text("no folder")
    for _ in range(health.TELL_AFTER):
        await pictures.refresh_chart(app, RUN_1, CURVE)
    with pytest.raises(Upstream, match=r"data_directory: .* cannot be written"):
        await pictures.keep(app, "charts/x.png", b"")
    [told] = await things.newest(app.store, Incident)
    folder.unlink()
    await pictures.refresh_chart(app, RUN_1, CURVE)
    [resolved] = await things.newest(app.store, Incident)

    assert (of_outage("data directory"), Stage.OPEN) == (told.about, told.stage)
    assert "data_directory" in str(told.cause)
    assert Stage.RESOLVED is resolved.stage
    assert await pictures.chart_of(app, RUN_1)


async def test_after_a_restart_the_probe_asks_whether_there_is_room_again(app: App):
    """An incident of the data directory does not stand for ever."""
    await health.failed(app, Upstream(pictures.DATA, "full", retryable=False), work=pictures.WORK)
    app.outages.clear()
    await health.recall(app)
    await watch_outages.tick(app)
    [incident] = await things.newest(app.store, Incident)

    assert Stage.RESOLVED is incident.stage
    assert [] == list(app.settings.data_directory.iterdir())


async def test_old_charts_of_a_monitor_are_removed(app: App):
    """Those of others stay."""
    for name in ("MON-1-1", "MON-1-2", "MON-11-1", "RUN-1-1"):
        await pictures.keep(app, f"charts/{name}.png", b"picture")
    await pictures.forget_but(app, Ref(Kind.MONITOR, 1), "charts/MON-1-2.png")

    assert ["MON-1-2", "MON-11-1", "RUN-1-1"] == _names(app, "charts")


async def test_models_that_nobody_needs_are_removed(app: App):
    """A run's goes when it is recorded, a rollout's when the rollout has ended; what is being written stays."""
    requirement = (await claimed(app.record)).number
    rollout = await ramping(app.record, requirement)
    recorded = await things.get(app.store, Run, rollout.run)
    trained = await submitted(app.record, requirement)
    await training.succeeded(app.record, trained.number, RESULT)
    used, writing = f"{rollout.model_name}-{rollout.model_version}", ".slipway-req-9-9.77"
    for name in (used, writing, trained.key, recorded.key, "slipway-req-9-9", "slipway-run-99-1"):
        (app.settings.data_directory / "models" / name / "data").mkdir(parents=True)
    await tidy_data.tick(app)

    assert sorted([used, writing, trained.key]) == _names(app, "models")


async def test_what_a_killed_worker_left_of_a_model_is_removed_after_an_hour(app: App):
    """What is being written now stays; what stands in the way of a removal does not."""
    models, now = app.settings.data_directory / "models", app.record.now()
    for name, age in ((".req-1-1.77", 61), (".gone-req-9-8", 61), (".req-1-1.78", 1), (".gone-req-9-9", 1)):
        (models / name / "model").mkdir(parents=True)
        at = (now - timedelta(minutes=age)).timestamp()
        os.utime(models / name, (at, at))
    (models / "req-9-9" / "data").mkdir(parents=True)
    await tidy_data.tick(app)

    assert [".req-1-1.78"] == _names(app, "models")


async def test_a_data_directory_without_models_is_left_alone(app: App):
    """As when the bot has only just been set up."""
    await tidy_data.tick(app)

    assert not app.settings.data_directory.exists()


def _names(app: App, folder: str) -> list[str]:
    return sorted(path.name.removesuffix(".png") for path in (app.settings.data_directory / folder).iterdir())
