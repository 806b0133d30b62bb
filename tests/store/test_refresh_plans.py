"""Plans that nobody has launched yet are asked about anew, ever more seldom, and say of when the answer is."""

from collections.abc import Collection, Mapping
from typing import Any

import pytest

from bot.adapters.sql.read import SqlReader
from bot.app import App
from bot.core.readings import Readable
from bot.core.values import Kind, Ref, Stage
from bot.core.words import as_said
from bot.effects import deliver, health
from bot.errors import NeedsMending, Refused, Upstream
from bot.lifecycle import EFFECTS
from bot.services import cards, planning, sweeps, things, training
from bot.things.incident.model import Incident
from bot.things.incident.subjects import of_outage
from bot.things.requirement.model import Requirement
from bot.things.requirement.rules import RequirementEvent
from bot.things.run.model import Run
from bot.things.run.readings import ASKED, Asked
from jobs import refresh_plans
from tests.support.ports import Place, always, deliver_due, failing
from tests.support.road import ANAN, CLUSTER, MALEE, RECIPE, RECIPES, claimed

GONE = NeedsMending("cluster", "the host key is not the known one")
WISH = planning.Wish(RECIPE.name)


@pytest.fixture
async def place(place: Place) -> Place:
    """Have RUN-1 planned, and not asked about yet."""
    requirement = (await claimed(place.app.record)).number
    await planning.plan(place.app.record, requirement, WISH, recipes=RECIPES, cluster=CLUSTER, by=ANAN)
    return place


async def card_of(app: App, kind: Kind = Kind.RUN) -> tuple[str, list[str]]:
    """Return the text of its card and the labels of its presses."""
    card = (await cards.face_for(app.store, Ref(kind, 1))).card
    return "\n".join(card.paragraphs), [button.label for button in card.buttons]


async def asked(place: Place, *, minutes: float, step_s: float = 60) -> int:
    """Let time go by with the job at work, and return how often the cluster was asked."""
    before = len(place.cluster.done)
    for _ in range(int(minutes * 60 / step_s)):
        place.clock.passes(seconds=step_s)
        await refresh_plans.tick(place.app)
    return len(place.cluster.done) - before


async def test_an_open_plan_is_asked_about_ever_more_seldom(place: Place):
    """Each minute at first, each five minutes for the next, then each half hour; not once it is launched."""
    await deliver_due(place.app, "cluster")
    first = await asked(place, minutes=9)
    then = await asked(place, minutes=50)
    later = await asked(place, minutes=40 * 30, step_s=600)
    at_last = await asked(place, minutes=24 * 60, step_s=600)
    await planning.order(place.app.record, 1, by=ANAN)

    assert (9, 10, 40, 8) == (first, then, later, at_last)
    assert 0 == await asked(place, minutes=24 * 60, step_s=3600)


async def test_a_plan_says_of_when_its_answer_is(place: Place):
    """A refusal that is over, and one that has come since, are on its card; a press meanwhile hears of it."""
    await deliver_due(place.app, "cluster")
    at_first, _ = await card_of(place.app)
    then = int(place.app.record.now().timestamp())
    place.cluster.fails = failing(Refused("The partition is down."), None)
    await asked(place, minutes=1)
    refused, presses = await card_of(place.app)
    with pytest.raises(Refused, match=r"would not take it, as it said <t:\d+:R>: The partition is down\."):
        await planning.order(place.app.record, 1, by=ANAN)
    await asked(place, minutes=1)
    mended, after = await card_of(place.app)

    assert f"as of <t:{then}:t>" in at_first
    assert f"❌ The partition is down. · as of <t:{then + 60}:t>" in refused
    assert "Launch" not in presses
    assert f"as of <t:{then + 120}:t>" in mended
    assert "Launch" in after


async def test_a_plan_says_when_the_cluster_cannot_be_asked_and_is_asked_about_when_it_can(place: Place):
    """Also when asking was given up meanwhile, of which Ops need not know any more then."""
    place.cluster.fails = always(GONE)
    await deliver_due(place.app, "cluster")
    await asked(place, minutes=3)
    down, presses = await card_of(place.app)
    incidents = [one.about for one in await things.newest(place.app.store, Incident)]
    [due] = await place.app.store.claim_effects(
        now=place.app.record.now(), lease=deliver.LEASE, limit=9, lanes=("cluster",)
    )
    await deliver._give_up(place.app, due, EFFECTS[due.effect], as_said("it takes too long"))
    place.cluster.fails = failing()
    await health.answered(place.app, health.probe_of("cluster"))
    rows = await place.app.store.claim_cards(now=place.app.record.now(), lease=deliver.LEASE, limit=9)
    await asked(place, minutes=1)
    up, _ = await card_of(place.app)

    assert [of_outage("cluster")] == incidents
    assert "when it would start is asked when the cluster answers again" in down
    assert "Asking" not in down
    assert ["Launch", "Discard"] == presses
    assert Ref(Kind.RUN, 1) in {row.about for row in rows}
    assert "SLURM cannot say when it would start · as of" in up
    assert "cannot be asked" not in up
    assert {Stage.RESOLVED} == {one.stage for one in await things.newest(place.app.store, Incident)}


async def test_a_plan_that_gets_no_answer_keeps_the_others_waiting_for_none(place: Place):
    """What SLURM says of it may be words that nobody knows; it is asked about again after the others."""
    for _ in range(3):
        await planning.plan(place.app.record, 1, WISH, recipes=RECIPES, cluster=CLUSTER, by=ANAN)
    place.clock.passes(minutes=1)
    place.cluster.fails = failing(Upstream("cluster", "sbatch: who knows", retryable=True))
    for _ in range(2):
        await refresh_plans.tick(place.app)
        place.clock.passes(seconds=10)
    meanwhile = list(place.cluster.done)
    place.clock.passes(seconds=40)
    await refresh_plans.tick(place.app)

    assert [f"forecast slipway-run-{number}-1" for number in (2, 3, 4)] == meanwhile
    assert "forecast slipway-run-1-1" == place.cluster.done[3]


async def test_a_refusal_that_has_passed_soon_keeps_nobody_from_launching(place: Place):
    """However old the plan: it is asked about again within minutes, and as seldom as before when it is possible."""
    await deliver_due(place.app, "cluster")
    await asked(place, minutes=48 * 60, step_s=300)
    place.cluster.fails = failing(Refused("The partition is down."))
    while "Launch" in (await card_of(place.app))[1]:
        await asked(place, minutes=1)
    again = await asked(place, minutes=5)
    _, after = await card_of(place.app)
    later = await asked(place, minutes=2 * 60)

    assert "Launch" in after
    assert (1, 0) == (again, later)


async def test_plans_of_what_an_older_version_withdrew_are_discarded(place: Place):
    """Nobody may launch them; the cluster is not asked about them."""
    async with place.app.record.decide(MALEE) as decision:
        await decision.move(Requirement, 1, RequirementEvent.WITHDRAWN, details={"reason": "Not needed."})
    count = await asked(place, minutes=1)

    assert (0, Stage.CANCELLED) == (count, (await things.get(place.app.store, Run, 1)).stage)


async def test_a_round_in_which_no_plan_is_due_reads_little_of_each(place: Place, monkeypatch: pytest.MonkeyPatch):
    """Neither the plan nor its script: there may be many that nobody launches."""
    await deliver_due(place.app, "cluster")
    read: list[str] = []

    async def readings(
        self: SqlReader, kind: Kind, numbers: Collection[int], reading: Readable[Asked]
    ) -> Mapping[int, Asked]:
        read.append(reading.name)
        return await all_readings(self, kind, numbers, reading)

    async def things_of(self: SqlReader, kind: type[Run], query: Any, values: Any) -> tuple[Run, ...]:
        read.append(kind.__name__)
        return await all_things(self, kind, query, values)

    all_readings, all_things = SqlReader.readings, SqlReader._things
    monkeypatch.setattr(SqlReader, "readings", readings)
    monkeypatch.setattr(SqlReader, "_things", things_of)
    count = await asked(place, minutes=0.5, step_s=10)

    assert (0, [ASKED.name] * 3) == (count, read)


async def test_those_with_the_oldest_answer_come_first(place: Place):
    """A few in each round, so that many plans do not keep the cluster and the channel busy."""
    for _ in range(2 * refresh_plans.AT_ONCE):
        await planning.plan(place.app.record, 1, WISH, recipes=RECIPES, cluster=CLUSTER, by=ANAN)
    place.clock.passes(minutes=1)
    for _ in range(3):
        await refresh_plans.tick(place.app)

    assert [f"forecast slipway-run-{number}-1" for number in range(1, 12)] == place.cluster.done


async def test_a_sweeps_plan_is_asked_about_as_a_whole(place: Place):
    """And what the cluster would not take as a whole is not launched."""
    await training.cancel(place.app.record, 1, by=ANAN)
    how: dict[str, Any] = {"method": "grid", "space": "epochs=1|2", "count": 1, "at_once": 2, "metric": ""}
    await sweeps.plan(place.app.record, 1, WISH, **how, recipes=RECIPES, cluster=CLUSTER, by=ANAN)
    await deliver_due(place.app, "cluster")
    place.cluster.fails = failing(Refused("Too many tasks."))
    await asked(place, minutes=1)
    text, presses = await card_of(place.app, Kind.SWEEP)
    with pytest.raises(Refused, match="Too many tasks"):
        await sweeps.order(place.app.record, 1, by=ANAN)

    assert ["forecast slipway-sweep-1"] == place.cluster.done
    assert "❌ Too many tasks. · as of" in text
    assert ["Discard"] == presses
    assert [Stage.PLANNED] == [
        run.stage for run in await things.newest(place.app.store, Run, stages=(Stage.PLANNED.value,))
    ]
