"""What waits for its turn on a cluster that takes no more: however long, it says why, and then it is sent once."""

from datetime import timedelta

from bot.core.values import Kind, Ref, Stage
from bot.effects.deliver import MAX_ATTEMPTS
from bot.errors import NotItsTurn
from bot.services import cards, things
from bot.things.incident.model import Incident
from bot.things.run.model import Run
from bot.things.sweep.model import Sweep
from tests.support.ports import Place, always, deliver_due
from tests.support.road import RECIPE, claimed, ordered, swept

FULL = NotItsTurn("SLURM lets the bot's account have no more jobs in the queue", wait=timedelta(minutes=1))


async def test_a_run_is_sent_when_the_queue_has_room_again(place: Place):
    """It waits longer than failures are tried for, is none, and its card says what it waits for."""
    run = await ordered(place.app.record, (await claimed(place.app.record)).number)
    place.cluster.fails = always(FULL)
    for _ in range(MAX_ATTEMPTS + 2):
        await deliver_due(place.app, "cluster")
        place.clock.passes(minutes=1)
    waiting = (await cards.face_for(place.app.store, Ref(Kind.RUN, run.number))).card.paragraphs
    async with place.app.store.reading() as tx:
        failing = await tx.failing_count()
    place.cluster.fails = lambda: None
    await deliver_due(place.app, "cluster")
    sent = (await cards.face_for(place.app.store, Ref(Kind.RUN, run.number))).card.paragraphs

    assert [f"⏳ It is sent when it is its turn: {FULL}."] == [one for one in waiting if "turn" in one]
    assert 0 == failing
    assert () == tuple(await things.newest(place.app.store, Incident))
    assert [f"submit {run.key}"] == [deed for deed in place.cluster.done if deed.startswith("submit")]
    assert Stage.SUBMITTED is (await things.get(place.app.store, Run, run.number)).stage
    assert not any("turn" in one for one in sent)


async def test_so_is_a_sweep(place: Place):
    """As one array, which SLURM takes as a whole or not at all."""
    sweep = await swept(
        place.app.record, (await claimed(place.app.record)).number, space=f"{next(iter(RECIPE.parameters))}=1|2"
    )
    place.cluster.fails = always(FULL)
    await deliver_due(place.app, "cluster")
    place.clock.passes(minutes=1)
    await deliver_due(place.app, "cluster")
    waiting = (await cards.face_for(place.app.store, Ref(Kind.SWEEP, sweep.number))).card.paragraphs
    place.cluster.fails = lambda: None
    place.clock.passes(minutes=1)
    await deliver_due(place.app, "cluster")

    assert any(f"{FULL}." in one for one in waiting)
    assert [f"submit {sweep.key}"] == [deed for deed in place.cluster.done if deed.startswith("submit")]
    assert Stage.RUNNING is (await things.get(place.app.store, Sweep, sweep.number)).stage
