"""Whoever looks at MLflow finds each run there: while it trains, and however it ended, once, also after a kill -9."""

import sqlite3
from collections.abc import Collection
from contextlib import closing

import pytest

from tests.support.crew import LONG, TRAINED_LIMIT_S, Crew
from tests.support.waiting import eventually

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(900)]


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


def _statuses(place: Crew, runs: Collection[int]) -> list[tuple[int, str]]:
    """Return how MLflow has these runs, in their order; one that it has twice comes twice."""
    rows = _asked(place, "SELECT name, status FROM runs WHERE lifecycle_stage = 'active'")
    return sorted((run, status) for name, status in rows for run in runs if name == f"slipway-run-{run}-1")


async def test_each_run_is_in_mlflow_with_its_status_parameters_and_curve(place: Crew, requirement: int) -> None:
    """Three that train are there as running; one is killed, one runs out of time, one is cancelled, a fourth ends."""
    runs = [await place.launched(requirement, parameters=LONG) for _ in range(3)]
    await eventually(lambda: [(run, "RUNNING") for run in runs] == _statuses(place, runs), within_s=TRAINED_LIMIT_S)
    for run in runs:
        await eventually((place.run_folder(run) / "progress.jsonl").exists, within_s=TRAINED_LIMIT_S)
    await place.order_slurm("job", job=f"slipway-run-{runs[0]}-1", how="kill")
    await place.order_slurm("job", job=f"slipway-run-{runs[1]}-1", how="time out")
    await place.restart()
    await place.person("anan").slash("train cancel", channel="training", run=runs[2])
    runs.append(await place.launched(requirement))
    ends = [*zip(runs, ("FAILED", "FAILED", "KILLED", "FINISHED"), strict=True)]

    await eventually(lambda: ends == _statuses(place, runs), within_s=TRAINED_LIMIT_S)
    names = [f"slipway-run-{run}-1" for run in runs]
    told = _asked(place, "SELECT DISTINCT name, key FROM metrics JOIN runs USING (run_uuid)")
    params = _asked(place, "SELECT name, value FROM params JOIN runs USING (run_uuid) WHERE key = 'epochs'")
    causes = _asked(place, "SELECT name FROM tags JOIN runs USING (run_uuid) WHERE key = 'slipway.cause'")
    assert set(names) == {name for name, key in told if key == "curve/loss" and name in names}
    assert dict(zip(names, ("2000", "2000", "2000", "1"), strict=True)) == {k: v for k, v in params if k in names}
    assert names[:3] == sorted((name for (name,) in causes if name in names), key=names.index)
    await eventually(lambda: place.query("SELECT model_version FROM runs WHERE number = ?", runs[3]) == [("1",)])
    assert ends == _statuses(place, runs)
