"""Two decide at once: exactly one wins, the other hears what happened, and the chain of facts is whole."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.core.kind import Event
from bot.core.values import Kind, Ref, Stage
from bot.errors import NotPermitted, WrongStage
from bot.services import (
    incidents,
    monitoring,
    planning,
    rollouts,
    sweeps,
    things,
    training,
)
from bot.things.audit import decisions as audits
from bot.things.audit.model import Audit
from bot.things.audit.rules import AuditEvent
from bot.things.incident.model import Incident
from bot.things.incident.subjects import of_failure, of_outage
from bot.things.monitor.model import Monitor
from bot.things.recommendation import decisions as recommendations
from bot.things.recommendation.model import Recommendation
from bot.things.requirement import decisions as requirements
from bot.things.requirement.model import Requirement
from bot.things.rollout import decisions
from bot.things.rollout.model import Rollout
from bot.things.run.model import Run
from tests.support.ports import Clock
from tests.support.races import ROUNDS, Bots, race, stage, told
from tests.support.road import (
    ANAN,
    BOON,
    CLUSTER,
    DRIFTED,
    KANYA,
    MONITORING,
    NOK,
    PREECHA,
    RECIPE,
    RECIPES,
    RESULT,
    SOMCHAI,
    claimed,
    filed,
    in_review,
    live,
    proposed,
    ramping,
    swept,
)


async def test_one_of_two_claims_a_requirement(bots: Bots):
    """The other hears whose it is."""
    for _ in range(ROUNDS):
        one = await filed(bots[0])
        won, heard = await race(*(requirements.claim(bots[at], one.number, by=(ANAN, BOON)[at]) for at in (0, 1)))
        [claim] = won

        assert isinstance(claim, Requirement)
        assert len(heard) == 1
        assert f"is already *claimed* by <@{claim.claimed_by}>" in heard[0]


@pytest.mark.parametrize("second", [AuditEvent.APPROVED, AuditEvent.REJECTED], ids=["both approve", "one rejects"])
async def test_one_verdict_on_a_model_counts(bots: Bots, second: Event):
    """Its reason is kept, its verdict told once; the other auditor hears what was decided and by whom."""
    requirement = (await claimed(bots[0])).number
    for _ in range(ROUNDS):
        number = (await in_review(bots[0], requirement)).number
        won, heard = await race(
            audits.decide(bots[0], number, AuditEvent.APPROVED, reason="Kanya's.", by=KANYA),
            audits.decide(bots[1], number, second, reason="Preecha's.", by=PREECHA),
        )
        [winner] = won
        kept = await things.get(bots[0].store, Audit, number)

        assert winner == kept
        assert kept.decided_by is not None
        assert kept.reason == {KANYA.id: "Kanya's.", PREECHA.id: "Preecha's."}[kept.decided_by]
        assert f"AUD-{number} is already *{kept.stage.value}* by <@{kept.decided_by}>" in heard[0]
        assert len(await told(bots[0], Kind.AUDIT, number)) == 2
    claims = await bots[0].store.claim_effects(now=bots[0].now(), lease=timedelta(minutes=1), limit=99, lanes=("chat",))
    assert sorted(due.about.number for due in claims) == list(range(1, ROUNDS + 1))


async def test_one_of_two_proposals_of_a_model_stands(bots: Bots):
    """The other hears which rollout is on its way."""
    for _ in range(ROUNDS):
        requirement = (await claimed(bots[0])).number
        audit = await in_review(bots[0], requirement)
        await audits.decide(bots[0], audit.number, AuditEvent.APPROVED, reason="Good.", by=KANYA)
        won, heard = await race(
            *(
                rollouts.propose(bots[at], audit.run, reason="Go.", endpoint_prefix="slipway", by=(ANAN, BOON)[at])
                for at in (0, 1)
            )
        )
        [rollout] = won

        assert isinstance(rollout, Rollout)
        assert heard == [f"DEP-{rollout.number} for REQ-{requirement} is already *requested*; wait until it ends."]


async def test_a_rollout_is_approved_or_declined_and_not_both(bots: Bots):
    """The cloud is asked only if the approval won."""
    for _ in range(ROUNDS):
        rollout = await proposed(bots[0], (await claimed(bots[0])).number)
        won, heard = await race(
            rollouts.approve(bots[0], rollout.number, reason="Go.", by=SOMCHAI),
            decisions.decline(bots[1], rollout.number, reason="No.", by=NOK),
        )
        asked = await bots[0].store.claim_effects(
            now=bots[0].now(), lease=timedelta(minutes=1), limit=9, lanes=("endpoints",)
        )

        assert (len(won), len(heard)) == (1, 1)
        assert isinstance(won[0], Rollout)
        assert len(asked) == (1 if won[0].stage is Stage.APPROVED else 0)


async def test_a_schedule_is_fired_by_one_of_two_bots(bots: Bots):
    """Each time once, also after a pause in which several were missed."""
    rollout = await live(bots[0], (await claimed(bots[0])).number)
    clock = bots[0].now
    assert isinstance(clock, Clock)
    [monitor] = await things.newest(bots[0].store, Monitor)
    fired = []
    for days in (1, 1, 5):
        clock.passes(days=days)
        counts = await asyncio.gather(*(monitoring.fire_due(bots[at % 2]) for at in range(4)))
        fired.append(sum(counts))

    assert monitor.rollout == rollout.number
    assert fired == [1, 1, 1]
    assert (await told(bots[0], Kind.MONITOR, monitor.number)).count("monitor.called") == 3


async def test_one_incident_is_opened_for_one_outage(bots: Bots):
    """Whoever of two bots notices first; and it is resolved once."""
    for _ in range(ROUNDS):
        await race(*(incidents.outage(one, "cluster", "no answer") for one in bots))
        unresolved = await things.newest(bots[0].store, Incident, stages=incidents.UNRESOLVED)
        await race(*(incidents.recovered(one, of_outage("cluster")) for one in bots))

        assert [one.about for one in unresolved] == [of_outage("cluster")]
    assert {one.stage for one in await things.newest(bots[0].store, Incident)} == {Stage.RESOLVED}


async def test_drift_is_recommended_once(bots: Bots):
    """Two measurements at the same moment are one recommendation, and one retraining comes of it."""
    rollout = await live(bots[0], (await claimed(bots[0])).number)
    await race(*(monitoring.measured(one, 1, DRIFTED, chart="c.png") for one in bots))
    advice = await things.newest(bots[0].store, Recommendation)
    won, heard = await race(
        monitoring.start_retraining(bots[0], 1, recipes=RECIPES, cluster=CLUSTER, by=ANAN),
        monitoring.start_retraining(bots[1], 1, recipes=RECIPES, cluster=CLUSTER, by=BOON),
    )
    retrained = [run for run in await things.newest(bots[0].store, Run) if run.number != rollout.run]

    assert len(advice) == 1
    assert (len(won), len(heard), len(retrained)) == (1, 1, 1)
    assert "REC-1 is already *accepted*" in heard[0]


async def test_the_model_that_went_live_first_is_superseded(bots: Bots):
    """Told twice by two bots, full traffic is one fact; the earlier model's monitor and schedule end."""
    requirement = (await claimed(bots[0])).number
    first = await live(bots[0], requirement)
    second = await ramping(bots[0], requirement)
    await race(*(rollouts.went_live(one, second.number, monitoring=MONITORING, zone="Asia/Bangkok") for one in bots))
    watching = await things.newest(bots[0].store, Monitor, stages=("watching",))

    assert await stage(bots[0], Rollout, first.number) is Stage.SUPERSEDED
    assert await stage(bots[0], Rollout, second.number) is Stage.LIVE
    assert [one.rollout for one in watching] == [second.number]
    assert (await told(bots[0], Kind.ROLLOUT, second.number)).count("rollout.went_live") == 1
    assert (await told(bots[0], Kind.REQUIREMENT, requirement)).count("requirement.fulfilled") == 2


async def test_advice_on_a_model_ends_when_another_goes_live(bots: Bots):
    """Whoever presses its old button hears so, and the old model is not trained again."""
    record = bots[0]
    requirement = (await claimed(record)).number
    await live(record, requirement)
    await monitoring.measured(record, 1, DRIFTED, chart="c.png")
    await live(record, requirement)
    runs = await things.newest(record.store, Run)
    heard = []
    for act in (
        lambda: monitoring.start_retraining(record, 1, recipes=RECIPES, cluster=CLUSTER, by=ANAN),
        lambda: recommendations.dismiss(record, 1, reason="It is the scanner.", by=ANAN),
    ):
        with pytest.raises(WrongStage) as refused:
            await act()
        heard.append(str(refused.value))

    ended = await things.get(record.store, Recommendation, 1)
    assert (Stage.EXPIRED, "DEP-2 went live in its place") == (ended.stage, str(ended.cause))
    assert all("REC-1 is already *expired*" in said and "only while it is *open*" in said for said in heard)
    assert await things.newest(record.store, Run) == runs


async def test_a_rollout_that_fails_as_it_goes_live_does_one_of_both(bots: Bots):
    """Never live with an incident that says that it failed."""
    for _ in range(ROUNDS):
        number = (await ramping(bots[0], (await claimed(bots[0])).number)).number
        await race(
            rollouts.went_live(bots[0], number, monitoring=MONITORING, zone="Asia/Bangkok"),
            rollouts.failed(bots[1], number, cause=rollouts.quoted("The cloud said no.")),
        )
        failed = [
            one
            for one in await things.newest(bots[0].store, Incident)
            if one.about == of_failure(Ref(Kind.ROLLOUT, number))
        ]

        assert await stage(bots[0], Rollout, number) is (Stage.FAILED if failed else Stage.LIVE)


async def test_four_eyes_hold_whoever_of_two_planned_and_who_launched(bots: Bots):
    """Both had a hand in the training; neither audits it, nor approves its rollout, whatever duties they hold."""
    record = bots[0]
    requirement = (await claimed(record)).number
    planned = await planning.plan(
        record, requirement, planning.Wish(RECIPE.name), recipes=RECIPES, cluster=CLUSTER, by=ANAN
    )
    await planning.order(record, planned.number, by=BOON)
    await training.submitted(record, planned.number, attempt=1, job_id="1")
    audit = await training.succeeded(record, planned.number, RESULT)
    await training.recorded(record, planned.number, version="1", url="")
    assert audit is not None
    both = [replace(person, duties=KANYA.duties | SOMCHAI.duties | BOON.duties) for person in (ANAN, BOON)]

    for person in both:
        with pytest.raises(NotPermitted, match=r"second pair of eyes: you ordered its training"):
            await audits.decide(record, audit.number, AuditEvent.APPROVED, reason="Mine.", by=person)
    await audits.decide(record, audit.number, AuditEvent.APPROVED, reason="Good.", by=KANYA)
    proposer = replace(NOK, duties=NOK.duties | ANAN.duties)
    rollout = await rollouts.propose(record, planned.number, reason="Go.", endpoint_prefix="slipway", by=proposer)
    for person in (*both, proposer):
        with pytest.raises(NotPermitted, match="second pair of eyes"):
            await rollouts.approve(record, rollout.number, reason="Go.", by=person)
    assert (await rollouts.approve(record, rollout.number, reason="Go.", by=SOMCHAI)).stage is Stage.APPROVED


async def test_four_eyes_hold_whoever_of_two_planned_a_sweep_and_who_launched_it(bots: Bots):
    """Whichever run is promoted: the planner had a hand in all of them, not only in the one that stands for them."""
    record = bots[0]
    requirement = (await claimed(record)).number
    sweep = await swept(record, requirement, space="epochs=1|2", launched_by=BOON)
    run = (await sweeps.prepare(record, sweep.number))[1].number
    await sweeps.submitted(record, sweep.number, job_id="7")
    await training.succeeded(record, run, RESULT)
    audit = await sweeps.promote(record, sweep.number, by=BOON)
    await training.recorded(record, run, version="1", url="")
    planner = replace(ANAN, duties=KANYA.duties | SOMCHAI.duties)

    with pytest.raises(NotPermitted, match=r"you had a hand in its sweep \(SWP-1\)"):
        await audits.decide(record, audit.number, AuditEvent.APPROVED, reason="Mine.", by=planner)
    await audits.decide(record, audit.number, AuditEvent.APPROVED, reason="Good.", by=KANYA)
    proposer = replace(NOK, duties=NOK.duties | ANAN.duties)
    rollout = await rollouts.propose(record, run, reason="Go.", endpoint_prefix="slipway", by=proposer)
    with pytest.raises(NotPermitted, match=r"you had a hand in its sweep \(SWP-1\)"):
        await rollouts.approve(record, rollout.number, reason="Go.", by=planner)
    assert (await rollouts.approve(record, rollout.number, reason="Go.", by=SOMCHAI)).stage is Stage.APPROVED


async def test_a_refused_act_leaves_nothing_behind(bots: Bots):
    """Neither a fact nor an effect nor a card that is due."""
    record = bots[0]
    audit = await in_review(record, (await claimed(record)).number)
    await record.store.claim_cards(now=record.now(), lease=timedelta(minutes=1), limit=99)
    before = await things.history(record.store, Kind.AUDIT, audit.number)
    await race(*(audits.decide(record, audit.number, AuditEvent.APPROVED, reason="Mine.", by=ANAN) for _ in range(3)))
    due = await record.store.claim_effects(now=record.now(), lease=timedelta(minutes=1), limit=9, lanes=("chat",))

    assert await things.history(record.store, Kind.AUDIT, audit.number) == before
    assert due == ()
