"""A sweep is sent while people press buttons: nothing that nobody wants runs on, and nobody is told what is not so."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest

from bot.app import App
from bot.core.values import Duty, Kind, Ref, Stage
from bot.effects import deliver
from bot.errors import Refused
from bot.lifecycle import DUTIES
from bot.services import attempts, cards, sweeps, things, training
from bot.things.incident.model import Incident
from bot.things.run.causes import Remedy
from bot.things.run.events import RunEvent
from bot.things.sweep.events import SweepEffect
from bot.things.sweep.model import Sweep
from tests.support import road
from tests.support.ports import DOWN, Place, deliver_due, failing
from tests.support.road import ANAN, CLUSTER, RECIPE, claimed

NAME = next(iter(RECIPE.parameters))
LAST = 4
"""Number of the sweep's last run."""


@pytest.fixture
async def place(place: Place, monkeypatch: pytest.MonkeyPatch) -> Place:
    """Have a sweep of four ordered, of which one run is noted at a time."""
    monkeypatch.setattr(sweeps, "BATCH", 1)
    await road.swept(place.app.record, (await claimed(place.app.record)).number, space=f"{NAME}=1|2|3|4")
    return place


async def sent(app: App, press: Callable[[], Awaitable[object]], *, when: Callable[[], bool]) -> None:
    """Have the sweep sent, and something pressed while the first transaction is open that is so then."""
    pressed: list[asyncio.Future[object]] = []

    def now():
        if when() and not pressed:
            pressed.append(asyncio.ensure_future(press()))
        return app.record.now()

    [due] = await app.store.claim_effects(
        now=app.record.now(), lease=deliver.LEASE, limit=1, lanes=("cluster",), only=(SweepEffect.SUBMIT.value,)
    )
    await deliver.deliver(replace(app, record=replace(app.record, now=now)), due)
    await asyncio.gather(*pressed)

    assert pressed


def is_taken(place: Place) -> bool:
    """Tell whether the cluster has the array, and nothing was done there since."""
    return bool(place.cluster.done) and place.cluster.done[-1].startswith("submit")


async def stages(app: App) -> list[Stage]:
    """Return how the sweep's runs stand, in the order of its array."""
    return [run.stage for run in await sweeps.runs_of(app.record, 1)]


async def sweep_of(app: App) -> Sweep:
    """Return the sweep as it stands."""
    return await things.get(app.store, Sweep, 1)


async def test_a_sweep_that_is_cancelled_while_its_runs_are_made_is_not_sent(place: Place):
    """No more of them are made: they would run on for nobody, or have GPU hours promised to them for ever."""
    await sent(place.app, lambda: sweeps.cancel(place.app.record, 1, by=ANAN), when=lambda: True)

    assert [] == place.cluster.done
    assert [Stage.CANCELLED] * 2 == await stages(place.app)


async def test_a_sweep_that_is_cancelled_while_its_runs_are_noted_does_not_run_on(place: Place):
    """Its array is ended on the cluster, and nobody hears that it could not be submitted."""
    await sent(place.app, lambda: sweeps.cancel(place.app.record, 1, by=ANAN), when=lambda: is_taken(place))
    sweep = await sweep_of(place.app)

    assert Stage.CANCELLED is sweep.stage
    assert [f"submit {sweep.key}", f"cancel {sweep.key}"] == place.cluster.done[-2:]
    assert [Stage.SUBMITTED, *[Stage.CANCELLED] * 3] == await stages(place.app)
    assert () == await things.newest(place.app.store, Incident)


async def test_a_run_that_is_cancelled_while_its_sweeps_runs_are_noted_is_left_out(place: Place):
    """Its task is ended, the others go on, and nobody hears that they could not be submitted."""
    await sent(place.app, lambda: training.cancel(place.app.record, LAST, by=ANAN), when=lambda: is_taken(place))

    assert Stage.RUNNING is (await sweep_of(place.app)).stage
    assert [*[Stage.SUBMITTED] * 3, Stage.CANCELLED] == await stages(place.app)
    assert [f"cancel slipway-run-{LAST}-1"] == place.cluster.done[-1:]
    assert () == await things.newest(place.app.store, Incident)


async def test_what_is_refused_once_the_cluster_has_the_array_leaves_nothing_there(place: Place):
    """Also at the first try: it would run on for nobody."""
    duties = {**DUTIES, RunEvent.SUBMITTED: frozenset[Duty]()}
    await deliver_due(replace(place.app, record=replace(place.app.record, duties=duties)), "cluster")
    sweep = await sweep_of(place.app)

    assert Stage.FAILED is sweep.stage
    assert [f"submit {sweep.key}", f"withdraw {sweep.key}"] == place.cluster.done[-2:]


@pytest.mark.parametrize("is_resumed", [False, True])
async def test_tasks_that_could_not_be_ended_are_ended_at_the_next_try(place: Place, is_resumed: bool):  # noqa: FBT001
    """The array was noted before the connection was lost; of a run that is resumed the old task is meant."""
    await sweeps.prepare(place.app.record, 1)
    await training.cancel(place.app.record, LAST, by=ANAN)
    place.cluster.fails = failing(None, DOWN)
    await deliver_due(place.app, "cluster")
    before = [one.partition(" ")[0] for one in place.cluster.done]
    if is_resumed:
        await attempts.again(place.app.record, LAST, Remedy.RESUME, cluster=CLUSTER, by=ANAN)
    place.clock.passes(minutes=1)
    await deliver_due(place.app, "cluster")

    assert ["submit"] == before
    assert f"cancel slipway-run-{LAST}-1" in place.cluster.done
    assert (Stage.RUNNING, "1") == ((sweep := await sweep_of(place.app)).stage, sweep.job_id)


async def test_tasks_that_cannot_be_ended_at_all_do_not_end_the_others(place: Place):
    """The sweep was submitted, whatever became of them."""
    await sweeps.prepare(place.app.record, 1)
    await training.cancel(place.app.record, LAST, by=ANAN)
    place.cluster.fails = failing(None, *[DOWN] * deliver.MAX_ATTEMPTS)
    for _ in range(deliver.MAX_ATTEMPTS + 1):
        await deliver_due(place.app, "cluster")
        place.clock.passes(seconds=deliver.LONGEST_WAIT_S)

    assert ["submit slipway-sweep-1"] == place.cluster.done
    assert Stage.RUNNING is (await sweep_of(place.app)).stage


async def test_the_card_of_a_sweep_that_could_not_be_submitted_says_why_and_what_to_do(place: Place):
    """Its creator does not read what Ops are told; nothing of the cause is read as code or a mention."""
    place.cluster.fails = failing(Refused("There is no partition `gpu9` for @everyone."))
    await deliver_due(place.app, "cluster")
    text = "\n".join((await cards.face_for(place.app.store, Ref(Kind.SWEEP, 1))).card.paragraphs)

    assert "**Cause**\nThere is no partition \\`gpu9\\` for \\@everyone" in text
    assert "**Next step**\nChange what the cause names" in text
