"""Whoever looks at MLflow finds each run there: while it trains, and however it ended, once, also after a kill -9."""

import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing

import pytest
import pytest_asyncio

from tests.support.crew import TRAINED_LIMIT_S, Crew, crew
from tests.support.waiting import eventually

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(360)]
LONG = "epochs=500 batch_size=16"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def place(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Crew]:
    """Bring up a world with REQ-1 claimed."""
    async with crew(tmp_path_factory.mktemp("mlflow") / "world") as hands:
        await hands.claimed()
        yield hands


def _asked(place: Crew, query: str) -> list[tuple[str, ...]]:
    """Ask MLflow's own database; nothing before its tables are there."""
    database = place.world.state / "mlflow.db"
    if not database.exists():
        return []
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=10)) as connection:
        try:
            return connection.execute(query).fetchall()
        except sqlite3.OperationalError:
            return []


def _statuses(place: Crew) -> list[tuple[str, ...]]:
    rows = _asked(place, "SELECT name, status FROM runs WHERE lifecycle_stage = 'active' ORDER BY name, start_time")
    return [(name.removeprefix("slipway-run-"), status) for name, status in rows]


async def test_each_run_is_in_mlflow_with_its_status_parameters_and_curve(place: Crew) -> None:
    """Three that train are there as running; one is killed, one runs out of time, one is cancelled, a fourth ends."""
    runs = [await place.launched(1, parameters=LONG) for _ in range(3)]
    await eventually(lambda: [(f"{run}-1", "RUNNING") for run in runs] == _statuses(place), within_s=TRAINED_LIMIT_S)
    for run in runs:
        await eventually((place.run_folder(run) / "progress.jsonl").exists, within_s=TRAINED_LIMIT_S)
    await place.order_slurm("job", job="slipway-run-1-1", how="kill")
    await place.order_slurm("job", job="slipway-run-2-1", how="time out")
    await place.restart()
    await place.person("anan").slash("train cancel", channel="training", run=3)
    await place.launched(1, parameters="epochs=1")
    ends = [("1-1", "FAILED"), ("2-1", "FAILED"), ("3-1", "KILLED"), ("4-1", "FINISHED")]

    await eventually(lambda: ends == _statuses(place), within_s=TRAINED_LIMIT_S)
    told = _asked(place, "SELECT DISTINCT name, key FROM metrics JOIN runs USING (run_uuid)")
    params = _asked(place, "SELECT name, value FROM params JOIN runs USING (run_uuid) WHERE key = 'epochs'")
    causes = _asked(place, "SELECT value FROM tags WHERE key = 'slipway.cause' ORDER BY value")
    assert {f"slipway-run-{run}-1" for run in (1, 2, 3, 4)} == {name for name, key in told if key == "curve/loss"}
    assert {"500"} == {value for name, value in params if name != "slipway-run-4-1"}
    assert 3 == len(causes)
    await eventually(lambda: place.query("SELECT model_version FROM runs WHERE number = 4") == [("1",)])
    assert ends == _statuses(place)
