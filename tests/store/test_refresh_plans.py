"""Plans that nobody has launched yet are asked about anew, ever more seldom, and say of when the answer is."""

from collections.abc import AsyncIterator, Collection, Mapping
from pathlib import Path
from typing import Any

import pytest

from bot.adapters._store_read import SqlReader
from bot.adapters.store_sql import SqlStore
from bot.app import App
from bot.domain.lifecycle import Event
from bot.domain.model import Incident, Json, Kind, Ref, Requirement, Run, Stage
from bot.effects import deliver, health
from bot.errors import Refused, Upstream
from bot.services import cards, planning, sweeps, things, training
from jobs import refresh_plans
from tests.support.databases import sqlite_database
from tests.support.ports import Clock, Farm, Town, always, app_on, deliver_due, failing
from tests.support.road import ANAN, CLUSTER, MALEE, RECIPE, RECIPES, claimed

GONE = Upstream("cluster", "connection refused", retryable=False)
WISH = planning.Wish(RECIPE.name)


@pytest.fixture
async def app(tmp_path: Path) -> AsyncIterator[App]:
    """Return an app on a store of its own, with RUN-1 planned and not asked about yet."""
    store = SqlStore.open(sqlite_database(tmp_path / "slipway.db").settings)
    app = app_on(store, clock=Clock(), chat=Town(), cluster=Farm())
    requirement = (await claimed(app.desk)).number
    await planning.plan(app.desk, requirement, WISH, recipes=RECIPES, cluster=CLUSTER, by=ANAN)
    yield app
    await store.close()


async def card_of(app: App, kind: Kind = Kind.RUN) -> tuple[str, list[str]]:
    """Return the text of its card and the labels of its presses."""
    card = (await cards.face_for(app.store, Ref(kind, 1))).card
    return "\n".join(card.paragraphs), [button.label for button in card.buttons]


async def asked(app: App, *, minutes: float, step_s: float = 60) -> int:
    """Let time go by with the job at work, and return how often the cluster was asked."""
    before = len(app.cluster.done)
    for _ in range(int(minutes * 60 / step_s)):
        app.desk.now.passes(seconds=step_s)
        await refresh_plans.tick(app)
    return len(app.cluster.done) - before


async def test_an_open_plan_is_asked_about_ever_more_seldom(app: App):
    """Each minute at first, each five minutes for the next, then each half hour; not once it is launched."""
    await deliver_due(app, "cluster")
    first = await asked(app, minutes=9)
    then = await asked(app, minutes=50)
    later = await asked(app, minutes=40 * 30)
    at_last = await asked(app, minutes=24 * 60, step_s=600)
    await planning.order(app.desk, 1, by=ANAN)

    assert (9, 10, 40, 8) == (first, then, later, at_last)
    assert 0 == await asked(app, minutes=24 * 60, step_s=3600)


async def test_a_plan_says_of_when_its_answer_is(app: App):
    """A refusal that is over, and one that has come since, are on its card; a press meanwhile hears of it."""
    await deliver_due(app, "cluster")
    at_first, _ = await card_of(app)
    then = int(app.desk.now().timestamp())
    app.cluster.fails = failing(Refused("The partition is down."), None)
    await asked(app, minutes=1)
    refused, presses = await card_of(app)
    with pytest.raises(Refused, match=r"would not take it, as it said <t:\d+:R>: The partition is down\."):
        await planning.order(app.desk, 1, by=ANAN)
    await asked(app, minutes=1)
    mended, after = await card_of(app)

    assert f"as of <t:{then}:t>" in at_first
    assert f"❌ The partition is down. · as of <t:{then + 60}:t>" in refused
    assert "Launch" not in presses
    assert f"as of <t:{then + 120}:t>" in mended
    assert "Launch" in after


async def test_a_plan_says_when_the_cluster_cannot_be_asked_and_is_asked_about_when_it_can(app: App):
    """Also when asking was given up meanwhile, of which Ops need not know any more then."""
    app.cluster.fails = always(GONE)
    await deliver_due(app, "cluster")
    await asked(app, minutes=3)
    down, presses = await card_of(app)
    incidents = [one.about for one in await things.newest(app.store, Incident)]
    [due] = await app.store.claim_effects(now=app.desk.now(), lease=deliver.LEASE, limit=9, lanes=("cluster",))
    await deliver._give_up(app, due, deliver.Effect(due.effect), "it takes too long")
    app.cluster.fails = failing()
    await health.answered(app, health.probe_of("cluster"))
    rows = await app.store.claim_cards(now=app.desk.now(), lease=deliver.LEASE, limit=9)
    await asked(app, minutes=1)
    up, _ = await card_of(app)

    assert ["cluster"] == incidents
    assert "when it would start is asked when the cluster answers again" in down
    assert "Asking" not in down
    assert ["Launch", "Discard"] == presses
    assert Ref(Kind.RUN, 1) in {row.about for row in rows}
    assert "SLURM cannot say when it would start · as of" in up
    assert "cannot be asked" not in up
    assert {Stage.RESOLVED} == {one.stage for one in await things.newest(app.store, Incident)}


async def test_a_plan_that_gets_no_answer_keeps_the_others_waiting_for_none(app: App):
    """What SLURM says of it may be words that nobody knows; it is asked about again after the others."""
    for _ in range(3):
        await planning.plan(app.desk, 1, WISH, recipes=RECIPES, cluster=CLUSTER, by=ANAN)
    app.desk.now.passes(minutes=1)
    app.cluster.fails = failing(Upstream("cluster", "sbatch: who knows", retryable=True))
    for _ in range(2):
        await refresh_plans.tick(app)
        app.desk.now.passes(seconds=10)
    meanwhile = list(app.cluster.done)
    app.desk.now.passes(seconds=40)
    await refresh_plans.tick(app)

    assert [f"forecast slipway-run-{number}-1" for number in (2, 3, 4)] == meanwhile
    assert "forecast slipway-run-1-1" == app.cluster.done[3]


async def test_a_refusal_that_has_passed_soon_keeps_nobody_from_launching(app: App):
    """However old the plan: it is asked about again within minutes, and as seldom as before when it is possible."""
    await deliver_due(app, "cluster")
    await asked(app, minutes=48 * 60, step_s=300)
    app.cluster.fails = failing(Refused("The partition is down."))
    while "Launch" in (await card_of(app))[1]:
        await asked(app, minutes=1)
    again = await asked(app, minutes=5)
    _, after = await card_of(app)
    later = await asked(app, minutes=2 * 60)

    assert "Launch" in after
    assert (1, 0) == (again, later)


async def test_plans_of_what_an_older_version_withdrew_are_discarded(app: App):
    """Nobody may launch them; the cluster is not asked about them."""
    async with app.desk.decide(MALEE) as decision:
        await decision.move(Requirement, 1, Event.REQUIREMENT_WITHDRAWN, details={"reason": "Not needed."})
    count = await asked(app, minutes=1)

    assert (0, Stage.CANCELLED) == (count, (await things.get(app.store, Run, 1)).stage)


async def test_a_round_in_which_no_plan_is_due_reads_little_of_each(app: App, monkeypatch: pytest.MonkeyPatch):
    """Neither the plan nor its script: there may be many that nobody launches."""
    await deliver_due(app, "cluster")
    read: list[str] = []

    async def readings(self: SqlReader, kind: Kind, numbers: Collection[int], name: str) -> Mapping[int, Json]:
        read.append(name)
        return await all_readings(self, kind, numbers, name)

    async def things_of(self: SqlReader, kind: type[Run], query: Any) -> tuple[Run, ...]:
        read.append(kind.__name__)
        return await all_things(self, kind, query)

    all_readings, all_things = SqlReader.readings, SqlReader._things
    monkeypatch.setattr(SqlReader, "readings", readings)
    monkeypatch.setattr(SqlReader, "_things", things_of)
    count = await asked(app, minutes=0.5, step_s=10)

    assert (0, [planning.ASKED] * 3) == (count, read)


async def test_those_with_the_oldest_answer_come_first(app: App):
    """A few in each round, so that many plans do not keep the cluster and the channel busy."""
    for _ in range(2 * refresh_plans.AT_ONCE):
        await planning.plan(app.desk, 1, WISH, recipes=RECIPES, cluster=CLUSTER, by=ANAN)
    app.desk.now.passes(minutes=1)
    for _ in range(3):
        await refresh_plans.tick(app)

    assert [f"forecast slipway-run-{number}-1" for number in range(1, 12)] == app.cluster.done


async def test_a_sweeps_plan_is_asked_about_as_a_whole(app: App):
    """And what the cluster would not take as a whole is not launched."""
    await training.cancel(app.desk, 1, by=ANAN)
    how = {"method": "grid", "space": "epochs=1|2", "count": 1, "at_once": 2, "metric": ""}
    await sweeps.plan(app.desk, 1, WISH, **how, recipes=RECIPES, cluster=CLUSTER, by=ANAN)
    await deliver_due(app, "cluster")
    app.cluster.fails = failing(Refused("Too many tasks."))
    await asked(app, minutes=1)
    text, presses = await card_of(app, Kind.SWEEP)
    with pytest.raises(Refused, match="Too many tasks"):
        await sweeps.order(app.desk, 1, by=ANAN)

    assert ["forecast slipway-sweep-1"] == app.cluster.done
    assert "❌ Too many tasks. · as of" in text
    assert ["Discard"] == presses
    assert [Stage.PLANNED] == [run.stage for run in await things.newest(app.store, Run, stages=(Stage.PLANNED.value,))]
