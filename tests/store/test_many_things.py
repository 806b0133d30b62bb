"""However many things there are, the oldest of them is looked after: ten thousand newer ones hide none."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import text

from bot.adapters.sql.write import SqlWriter
from bot.core.values import Kind, Stage
from bot.services import planning, sweeps, things, training
from bot.things.requirement.model import Requirement
from bot.things.run.model import Run
from bot.things.run.readings import TEST_ROWS
from bot.things.sweep.model import Sweep
from tests.support.field import Place, place_in, running
from tests.support.road import RECIPE, RESULT, ordered, swept

MANY = 10_000
COPY = """
WITH RECURSIVE counted(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM counted WHERE n < :count)
INSERT INTO {table} (number, {columns})
SELECT n + (SELECT max(number) FROM {table}), {columns} FROM {table}, counted WHERE number = :number
"""


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    """Open an app with a run that was submitted."""
    async with place_in(tmp_path) as opened:
        yield opened


async def copied(place: Place, table: str, number: int, *, count: int = MANY) -> None:
    """Have so many newer things that are like one."""
    async with place.app.store.writing() as tx:
        assert isinstance(tx, SqlWriter)
        columns = [row[1] for row in await tx._connection.execute(text(f"PRAGMA table_info({table})"))]
        statement = COPY.format(table=table, columns=", ".join(sorted(set(columns) - {"number"})))
        await tx._connection.execute(text(statement), {"count": count, "number": number})


async def test_the_ten_thousand_and_first_open_run_is_followed(place: Place):
    """The oldest has waited longest for its end."""
    waiting = await ordered(place.app.record, place.run.requirement)
    async with place.app.store.writing() as tx:
        assert isinstance(tx, SqlWriter)
        await tx._connection.execute(text(f"UPDATE runs SET stage = 'submitted' WHERE number = {waiting.number}"))
    await copied(place, "runs", waiting.number)
    await place.sees(running(1))

    assert MANY + 2 == len(await _open(place))
    assert Stage.RUNNING is (await place.now()).stage


async def _open(place: Place) -> tuple[Run, ...]:
    async with place.app.store.reading() as tx:
        return await things.every(tx, Run, stages=(Stage.SUBMITTED.value, Stage.RUNNING.value))


async def test_all_runs_of_a_requirement_count_in_its_budget(place: Place):
    """Ten thousand and one of an hour each, and none of them twice."""
    await copied(place, "runs", place.run.number)
    async with place.app.store.reading() as tx:
        [requirement] = await tx.select(Requirement)
        budget = await planning.budget_of(tx, requirement)
        numbers = [run.number for run in await things.every(tx, Run, requirement=requirement.number)]
        readings = await tx.readings(Kind.RUN, range(1, 40_000), TEST_ROWS)

    assert MANY + 1 == budget.promised_gpu_h
    assert list(range(1, MANY + 2)) == numbers
    assert {} == readings


async def test_the_hundred_and_first_sweep_ends_too(place: Place):
    """An array whose runs have all ended is over, whatever else runs."""
    parameter = next(iter(RECIPE.parameters))
    sweep = await swept(place.app.record, place.run.requirement, space=f"{parameter}=1")
    [run] = await sweeps.prepare(place.app.record, sweep.number)
    await sweeps.submitted(place.app.record, sweep.number, job_id="7")
    await training.succeeded(place.app.record, run.number, RESULT)
    await copied(place, "sweeps", sweep.number, count=100)
    await sweeps.settle(place.app.record)

    assert Stage.ENDED is (await things.get(place.app.store, Sweep, sweep.number)).stage
