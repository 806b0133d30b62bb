"""Two act on one run at once: it is ordered, tried again, cancelled and ended once, within its budget."""

import asyncio
from dataclasses import replace

from bot.core.values import Kind, Stage
from bot.core.words import as_said
from bot.errors import NotItsTurn
from bot.services import (
    attempts,
    planning,
    sweep_retries,
    sweeps,
    things,
    training,
)
from bot.things.audit.model import Audit
from bot.things.run.causes import Cause, Failure, Remedy
from bot.things.run.model import Run
from bot.things.sweep.model import Sweep
from tests.support.races import ROUNDS, Bots, race, stage, told
from tests.support.road import (
    ANAN,
    CLUSTER,
    NOK,
    RECIPE,
    RECIPES,
    RESULT,
    SOMCHAI,
    claimed,
    submitted,
    swept,
)
from tests.support.store_fixtures import on

database = on("sqlite")


async def test_a_run_that_is_cancelled_as_it_succeeds_ends_once(bots: Bots):
    """Success is never lost; the wish to cancel is kept on record or refused with the end."""
    requirement = (await claimed(bots[0])).number
    for _ in range(ROUNDS):
        number = (await submitted(bots[0], requirement)).number
        _, heard = await race(training.cancel(bots[0], number, by=ANAN), training.succeeded(bots[1], number, RESULT))
        events = await told(bots[0], Kind.RUN, number)

        assert await stage(bots[0], Run, number) is Stage.SUCCEEDED
        assert len(await things.newest(bots[0].store, Audit, limit=99)) == number
        assert events.count("run.succeeded") == 1
        assert ("run.cancel_requested" in events) == (heard == [])


async def test_a_run_that_the_cluster_ended_in_two_ways_ends_in_one(bots: Bots):
    """Two bots that followed it for a moment agree on what the first noted."""
    requirement = (await claimed(bots[0])).number
    failure = Failure(as_said("It ran out of memory."), as_said("Ask for more."), Cause.OUT_OF_MEMORY)
    for _ in range(ROUNDS):
        number = (await submitted(bots[0], requirement)).number
        _, heard = await race(
            training.failed(bots[0], number, failure),
            training.cancelled(bots[1], number, reason="CANCELLED"),
            training.succeeded(bots[1], number, RESULT),
        )
        ends = {"run.failed", "run.cancelled", "run.succeeded"}

        assert heard == []
        assert len([event for event in await told(bots[0], Kind.RUN, number) if event in ends]) == 1


async def test_a_run_is_launched_once_however_often_it_is_pressed(bots: Bots):
    """Four presses at once are one order and one submission."""
    requirement = (await claimed(bots[0])).number
    run = await planning.plan(
        bots[0], requirement, planning.Wish(RECIPE.name), recipes=RECIPES, cluster=CLUSTER, by=ANAN
    )
    won, heard = await race(*(planning.order(bots[at % 2], run.number, by=ANAN) for at in range(4)))

    assert (len(won), len(heard)) == (1, 3)
    assert all(f"RUN-{run.number} is already *ordered*" in sentence for sentence in heard)
    assert (await told(bots[0], Kind.RUN, run.number)).count("run.ordered") == 1


async def test_a_budget_is_not_spent_twice(bots: Bots):
    """Two runs that fit alone and not together are not both ordered."""
    for _ in range(ROUNDS):
        wanted = await claimed(bots[0])
        async with bots[0].store.writing() as tx:
            await tx.save(replace(wanted, budget_gpu_h=1.5))
        wish = planning.Wish(RECIPE.name, time_limit_min=60)
        runs = [
            await planning.plan(bots[0], wanted.number, wish, recipes=RECIPES, cluster=CLUSTER, by=ANAN)
            for _ in range(2)
        ]
        won, heard = await race(*(planning.order(bots[at], runs[at].number, by=ANAN) for at in (0, 1)))

        assert (len(won), len(heard)) == (1, 1)
        assert "has a budget of 1.5 GPU hours" in heard[0]


async def test_a_failed_run_is_tried_again_once(bots: Bots):
    """Two operators who press different remedies get one attempt."""
    requirement = (await claimed(bots[0])).number
    for _ in range(ROUNDS):
        number = (await submitted(bots[0], requirement)).number
        await training.failed(bots[0], number, Failure(as_said("No memory."), as_said("More."), Cause.OUT_OF_MEMORY))
        won, heard = await race(
            attempts.again(bots[0], number, Remedy.MORE_MEMORY, cluster=CLUSTER, by=SOMCHAI),
            attempts.again(bots[1], number, Remedy.RESUME, cluster=CLUSTER, by=NOK),
        )

        assert (len(won), len(heard)) == (1, 1)
        assert (await things.get(bots[0].store, Run, number)).attempt == 2


async def test_a_resumed_run_can_be_cancelled_again(bots: Bots):
    """What was asked of an earlier attempt is not taken for this one."""
    record = bots[0]
    number = (await submitted(record, (await claimed(record)).number)).number
    await training.cancel(record, number, keep=True, by=ANAN)
    await training.cancelled(record, number, reason="CANCELLED")
    again = await attempts.again(record, number, Remedy.RESUME, cluster=CLUSTER, by=ANAN)
    await training.submitted(record, number, attempt=again.attempt, job_id="99")
    won, heard = await race(*(training.cancel(bots[at], number, by=ANAN) for at in (0, 1)))

    assert (len(won), len(heard)) == (1, 1)
    assert "was asked for already" in heard[0]


async def test_a_run_that_does_not_stop_by_itself_is_ended(bots: Bots):
    """After it was asked to save and stop it can still be cancelled, once; code of a team's own may not listen."""
    record = bots[0]
    number = (await submitted(record, (await claimed(record)).number)).number
    kept, twice = await race(*(training.cancel(bots[at], number, keep=True, by=ANAN) for at in (0, 1)))
    ended, again = await race(*(training.cancel(bots[at], number, by=SOMCHAI) for at in (0, 1)))

    assert [len(one) for one in (kept, twice, ended, again)] == [1, 1, 1, 1]
    assert all("was asked for already" in sentence for sentence in (*twice, *again))


async def test_a_sweep_is_cancelled_once(bots: Bots):
    """A second press hears that it was asked for, and the cluster is asked once."""
    record = bots[0]
    sweep = await swept(record, (await claimed(record)).number, space="epochs=1|2|3")
    await sweeps.prepare(record, sweep.number)
    await sweeps.submitted(record, sweep.number, job_id="7")
    won, heard = await race(*(sweeps.cancel(bots[at], sweep.number, by=(ANAN, SOMCHAI)[at]) for at in (0, 1)))

    assert len(won) == 1
    assert heard == [f"The cancelling of SWP-{sweep.number} was asked for already; the cluster is ending it."]


async def test_a_retry_keeps_to_the_budget(bots: Bots):
    """Twice the time is refused when the requirement has not that many GPU hours left."""
    record = bots[0]
    wanted = await claimed(record)
    number = (await submitted(record, wanted.number)).number
    await training.failed(record, number, Failure(as_said("Too slow."), as_said("More time."), Cause.TIME_LIMIT))
    async with record.store.writing() as tx:
        await tx.save(replace(wanted, budget_gpu_h=1.0))
    won, heard = await race(
        *(attempts.again(bots[at], number, Remedy.MORE_TIME, cluster=CLUSTER, by=SOMCHAI) for at in (0, 1))
    )

    assert won == []
    assert all("has a budget of 1 GPU hour:" in sentence for sentence in heard)


async def test_two_bots_let_no_more_of_a_sweep_go_at_once_than_it_has(bots: Bots):
    """Of four next attempts two have their turn, whoever asks first."""
    record = bots[0]
    sweep = await swept(record, (await claimed(record)).number, space="epochs=1|2|3|4")
    await sweeps.prepare(record, sweep.number)
    await sweeps.submitted(record, sweep.number, job_id="7")
    for run in await sweeps.runs_of(record, sweep.number):
        await training.failed(
            record, run.number, Failure(as_said("The node was lost."), as_said("Look at it."), Cause.NODE_LOST)
        )
    await sweep_retries.again(record, sweep.number, Remedy.RESUME, cluster=CLUSTER, by=ANAN)
    runs = await sweeps.runs_of(record, sweep.number)
    asked = [sweep_retries.take_turn(bots[at % 2], run) for at, run in enumerate(runs)]
    answers = await asyncio.gather(*asked, return_exceptions=True)

    assert [NotItsTurn] * 2 == [type(answer) for answer in answers if answer is not None]


async def test_a_sweeps_failed_runs_are_tried_again_once_while_it_ends(bots: Bots):
    """Two press at once, as the bot finds that all has ended: each run has one next attempt, and its sweep goes on."""
    requirement = (await claimed(bots[0])).number
    lost = Failure(as_said("The node was lost."), as_said("Look at it."), Cause.NODE_LOST)
    for _ in range(ROUNDS):
        sweep = await swept(bots[0], requirement, space=f"{next(iter(RECIPE.parameters))}=1|2")
        runs = await sweeps.prepare(bots[0], sweep.number)
        await sweeps.submitted(bots[0], sweep.number, job_id="7")
        for run in runs:
            await training.failed(bots[0], run.number, lost, recipes=RECIPES)
        await race(
            sweeps.settle(bots[0]),
            *(sweep_retries.again(bot, sweep.number, Remedy.RETRY, cluster=CLUSTER, by=ANAN) for bot in bots),
        )
        after = await sweeps.runs_of(bots[0], sweep.number)

        assert [(Stage.ORDERED, 2)] * 2 == [(run.stage, run.attempt) for run in after]
        assert await stage(bots[0], Sweep, sweep.number) is Stage.RUNNING
