"""Rollouts by the services, on each database: what is not wanted any more is not brought to production."""

import re

import pytest

from bot.core.record import Record
from bot.core.values import Kind, Ref, Stage
from bot.errors import NotFound, WrongStage
from bot.lifecycle import RULES
from bot.services import cards, planning, rollouts, things, withdrawing
from bot.things.audit import decisions as audits
from bot.things.audit.rules import AuditEvent
from bot.things.rollout import decisions
from bot.things.rollout.model import Rollout
from bot.things.run.model import Run
from tests.support.ports import Clock
from tests.support.races import ROUNDS, Bots, race, stage, told
from tests.support.road import ANAN, CLUSTER, KANYA, MALEE, RECIPE, RECIPES, SOMCHAI, claimed, in_review, proposed
from tests.support.store_fixtures import on

database = on("sqlite")

PLANNED = planning.Wish(recipe=RECIPE.name)


@pytest.fixture
def record(bots: Bots) -> Record:
    """Return one of the bots' desks."""
    return bots[0]


async def withdrawn(record: Record, requirement: int) -> None:
    """Have a requirement withdrawn."""
    await withdrawing.withdraw(record, requirement, reason="No longer wanted.", by=MALEE)


async def test_what_was_withdrawn_is_not_proposed(record: Record):
    """Although its model was audited and approved."""
    requirement = (await claimed(record)).number
    audit = await in_review(record, requirement)
    await audits.decide(record, audit.number, AuditEvent.APPROVED, reason="Good.", by=KANYA)
    await withdrawn(record, requirement)

    with pytest.raises(WrongStage, match=rf"REQ-{requirement} was \*withdrawn\*"):
        await rollouts.propose(record, audit.run, reason="Go.", endpoint_prefix="slipway", by=ANAN)
    assert await things.newest(record.store, Rollout) == ()


async def test_what_was_withdrawn_while_it_was_proposed_is_not_approved(record: Record):
    """The operator hears why, and can decline it."""
    rollout = await proposed(record, (await claimed(record)).number)
    await withdrawn(record, rollout.requirement)

    with pytest.raises(WrongStage, match=rf"REQ-{rollout.requirement} was \*withdrawn\*.* decline"):
        await rollouts.approve(record, rollout.number, reason="Go.", by=SOMCHAI)
    assert await told(record, Kind.ROLLOUT, rollout.number) == ["rollout.requested"]
    await decisions.decline(record, rollout.number, reason="Withdrawn.", by=SOMCHAI)
    assert await stage(record, Rollout, rollout.number) is Stage.DECLINED


async def test_what_is_on_its_way_to_production_is_not_withdrawn(record: Record):
    """Whoever wants to hears which rollout has to end first."""
    rollout = await proposed(record, (await claimed(record)).number)
    await rollouts.approve(record, rollout.number, reason="Go.", by=SOMCHAI)
    refusals = []
    for move_on in (decisions.begun, decisions.created, None):
        with pytest.raises(WrongStage) as refused:
            await withdrawn(record, rollout.requirement)
        refusals.append(str(refused.value))
        if move_on is not None:
            await move_on(record, rollout.number)
    stages = ("approved", "creating", "verifying")

    assert [f"DEP-{rollout.number} for REQ-{rollout.requirement} is *{at}*" for at in stages] == [
        said.partition(";")[0] for said in refusals
    ]
    assert (await told(record, Kind.REQUIREMENT, rollout.requirement))[-1] == "requirement.claimed"


async def test_a_requirement_is_withdrawn_or_its_rollout_approved_and_not_both(bots: Bots):
    """Whoever of two bots is first; the other hears which it was."""
    for _ in range(ROUNDS):
        rollout = await proposed(bots[0], (await claimed(bots[0])).number)
        won, heard = await race(
            withdrawn(bots[0], rollout.requirement),
            rollouts.approve(bots[1], rollout.number, reason="Go.", by=SOMCHAI),
        )

        assert (len(won), len(heard)) == (1, 1)


async def test_a_plan_of_what_was_withdrawn_meanwhile_is_not_launched(record: Record):
    """The plan is discarded with it, and the cluster is asked for nothing."""
    requirement = (await claimed(record)).number
    planned = await planning.plan(record, requirement, PLANNED, recipes=RECIPES, cluster=CLUSTER, by=ANAN)
    await withdrawn(record, requirement)

    with pytest.raises(WrongStage, match=r"RUN-\d+ is already \*cancelled\*"):
        await planning.order(record, planned.number, by=ANAN)
    assert await told(record, Kind.RUN, planned.number) == ["run.planned", "run.cancelled"]
    assert await stage(record, Run, planned.number) is Stage.CANCELLED


async def test_who_aborted_is_told_also_after_the_cloud_was_cleared(record: Record):
    """And when it was: what happens to a thing at its stage is not how it came there."""
    rollout = await proposed(record, (await claimed(record)).number)
    aborted_at, clock = int(record.now().timestamp()), record.now
    assert isinstance(clock, Clock)
    await decisions.abort(record, rollout.number, reason="Stop.", by=ANAN)
    clock.passes(minutes=20)
    await decisions.cleared(record, rollout.number)

    with pytest.raises(WrongStage) as refused:
        await decisions.abort(record, rollout.number, reason="Stop.", by=SOMCHAI)
    assert f"is already *aborted* by <@{ANAN.id}> <t:{aborted_at}:R>" in str(refused.value)


async def test_the_reason_of_a_withdrawal_stands_on_the_card(record: Record):
    """It is asked for, so it is shown."""
    requirement = (await claimed(record)).number
    before = (await cards.face_for(record.store, Ref(Kind.REQUIREMENT, requirement))).card
    await withdrawn(record, requirement)
    after = (await cards.face_for(record.store, Ref(Kind.REQUIREMENT, requirement))).card

    assert "**Reason**\nNo longer wanted." not in before.paragraphs
    assert "**Reason**\nNo longer wanted." in after.paragraphs


LISTS = {
    Kind.REQUIREMENT: "/requirement list",
    Kind.RUN: "/train list",
    Kind.SWEEP: "/sweep show",
    Kind.MONITOR: "/monitor show",
    Kind.RECIPE: "/recipe list",
    Kind.INCIDENT: "/status",
}


@pytest.mark.parametrize("kind", list(RULES))
async def test_whoever_asks_for_a_number_that_nothing_has_is_sent_where_there_is_a_list(record: Record, kind: Kind):
    """And nowhere when there is none."""
    await claimed(record)
    with pytest.raises(NotFound) as refused:
        await cards.face_for(record.store, Ref(kind, 7))

    assert str(refused.value).startswith(f"There is no {kind}-7; ")
    assert re.findall(r"`([^`]+)`", str(refused.value)) == ([LISTS[kind]] if kind in LISTS else [])


async def test_a_secret_in_a_deployments_log_is_neither_shown_nor_kept(record: Record):
    """The cause of a failed rollout may end with a line of it."""
    rollout = await proposed(record, (await claimed(record)).number)
    await rollouts.approve(record, rollout.number, reason="Go.", by=SOMCHAI)
    await rollouts.failed(record, rollout.number, cause=rollouts.quoted("It ended: DB_PASSWORD=s3cret"))
    failed = await things.get(record.store, Rollout, rollout.number)
    history = await things.history(record.store, Kind.ROLLOUT, rollout.number)

    assert "It ended: DB_PASSWORD=***" == str(failed.cause)
    assert "s3cret" not in str(history[-1])
