"""What was given up is told with a way to ask for it again, and is over when it has worked; on a real store."""

import pytest

from bot.app import App
from bot.core.values import Kind, Ref, Stage
from bot.core.words import as_said
from bot.effects import deliver
from bot.errors import BadResult, Refused, WrongStage
from bot.services import cards, incidents, rollouts, things, training
from bot.things.audit import decisions as audits
from bot.things.audit.rules import AuditEffect, AuditEvent
from bot.things.incident.model import Incident
from bot.things.incident.subjects import Subject, of_given_up, of_outage
from bot.things.monitor import decisions as monitors
from bot.things.monitor.rules import MonitorEffect
from bot.things.run.events import RunEffect
from tests.support.ports import DOWN, Place, always, deliver_due, failing
from tests.support.road import ANAN, KANYA, NOK, RESULT, SOMCHAI, claimed, in_review, live, submitted


async def told(app: App) -> int:
    """Have a model approved, so that its verdict is due to be told, and return the audit's number."""
    audit = await in_review(app.record, (await claimed(app.record)).number)
    await audits.decide(app.record, audit.number, AuditEvent.APPROVED, reason="Good.", by=KANYA)
    return audit.number


async def about(app: App) -> dict[Subject, Incident]:
    """Return the incidents by what they are about."""
    return {one.about: one for one in await things.newest(app.store, Incident)}


async def test_what_cannot_be_done_is_given_up_and_ops_are_told(place: Place):
    """After the last attempt, with how often it was tried; the row is not claimed any more."""
    number = await told(place.app)
    place.chat.fails = always(DOWN)
    tries = []
    for _ in range(deliver.MAX_ATTEMPTS + 3):
        tries += await deliver_due(place.app, "chat")
        place.clock.passes(seconds=deliver.LONGEST_WAIT_S)
    shown = (await about(place.app))[of_given_up(Ref(Kind.AUDIT, number), AuditEffect.TELL_VERDICT)]

    assert len(tries) == deliver.MAX_ATTEMPTS
    assert str(shown.title) == f"AUD-{number}: telling the verdict did not work"
    assert str(shown.cause) == f"503 (tried {deliver.MAX_ATTEMPTS} times)"
    assert {of_given_up(Ref(Kind.AUDIT, number), AuditEffect.TELL_VERDICT), of_outage("discord")} == set(
        await about(place.app)
    )


async def test_one_runs_bad_result_is_not_the_clusters_outage(place: Place):
    """It is tried a few times, since a shared file system shows files late, and then given up for that thing alone."""
    number = await told(place.app)
    place.chat.fails = always(BadResult("result.json is torn"))
    tries = []
    for _ in range(deliver.BAD_RESULT_ATTEMPTS + 2):
        tries += await deliver_due(place.app, "chat")
        place.clock.passes(seconds=deliver.LONGEST_WAIT_S)

    assert len(tries) == deliver.BAD_RESULT_ATTEMPTS
    assert set(await about(place.app)) == {of_given_up(Ref(Kind.AUDIT, number), AuditEffect.TELL_VERDICT)}


async def test_what_was_given_up_is_done_after_all_when_an_operator_asks(place: Place):
    """By a press on its incident, once however often it is pressed; given up again, it is told anew."""
    await told(place.app)
    place.chat.fails = always(Refused("The channel is archived."))
    await deliver_due(place.app, "chat")
    [first] = await things.newest(place.app.store, Incident)
    card = (await cards.face_for(place.app.store, Ref(Kind.INCIDENT, first.number))).card
    await incidents.try_again(place.app.record, first.number, by=SOMCHAI)
    await deliver_due(place.app, "chat")
    [second, _] = await things.newest(place.app.store, Incident)
    place.chat.fails = lambda: None
    await incidents.try_again(place.app.record, second.number, by=SOMCHAI)
    heard = []
    for number, by in ((second.number, NOK), (first.number, SOMCHAI), (second.number, ANAN)):
        with pytest.raises(Refused) as refused:
            await incidents.try_again(place.app.record, number, by=by)
        heard.append(str(refused.value))
    rows = [len(await deliver_due(place.app, "chat")) for _ in range(2)]

    assert card.buttons[0].id == f"try_again:INC-{first.number}"
    assert [one.stage for one in await things.newest(place.app.store, Incident)] == [Stage.RESOLVED] * 2
    assert all(f"INC-{number} is already *resolved*" in said for number, said in zip((2, 1), heard, strict=False))
    assert "needs the duty *operator*" in heard[2]
    assert (rows, place.chat.posts) == ([1, 0], ["training"])


async def test_an_incident_about_what_was_not_given_up_has_nothing_to_try_again(app: App):
    """It is refused, and stays open."""
    outage = await incidents.open_once(
        app.record, of_outage("cluster"), title=as_said("t"), cause=as_said("c"), next_step=as_said("n")
    )
    gone = await incidents.open_once(
        app.record,
        of_given_up(Ref(Kind.RUN, 7), RunEffect.RECORD),
        title=as_said("t"),
        cause=as_said("c"),
        next_step=as_said("n"),
    )
    for one in (outage, gone):
        assert one is not None
        with pytest.raises(WrongStage, match="nothing that was given up"):
            await incidents.try_again(app.record, one.number, by=SOMCHAI)

    assert [one.stage for one in await things.newest(app.store, Incident)] == [Stage.OPEN] * 2


async def test_what_works_the_next_time_resolves_that_it_was_given_up(place: Place):
    """A measurement that could not be made is no news after one that could."""
    rollout = await live(place.app.record, (await claimed(place.app.record)).number)
    place.meter.fails = failing(Refused("There are 3 production rows; 30 are needed."))
    stages = []
    for _ in range(2):
        await monitors.call(place.app.record, 1, by=NOK)
        await deliver_due(place.app, "meter")
        stages.append([(one.about, one.stage) for one in await things.newest(place.app.store, Incident)])

    unmeasured = of_given_up(Ref(Kind.MONITOR, 1), MonitorEffect.MEASURE)
    assert rollout.number == 1
    assert stages == [[(unmeasured, Stage.OPEN)], [(unmeasured, Stage.RESOLVED)]]


async def test_a_model_that_cannot_be_served_is_not_recorded_and_not_proposed(place: Place):
    """Looked at again as its files are here: Ops read what is missing, once, and who proposes it is sent there."""
    record = place.app.record
    run = await submitted(record, (await claimed(record)).number)
    audit = await training.succeeded(record, run.number, RESULT)
    assert audit is not None
    place.cluster.leaves_out = ("MLmodel",)
    await audits.decide(record, audit.number, AuditEvent.APPROVED, reason="Good.", by=KANYA)
    await deliver_due(place.app, "registry")
    with pytest.raises(WrongStage, match=r"could not be recorded.*INC-1 says why"):
        await rollouts.propose(record, run.number, reason="Go.", endpoint_prefix="slipway", by=ANAN)

    shown = (await about(place.app))[of_given_up(Ref(Kind.RUN, 1), RunEffect.RECORD)]
    assert "`model/` has no MLmodel file" in str(shown.cause)
    assert await deliver_due(place.app, "registry") == []


async def test_a_model_that_could_not_be_recorded_is_told_with_its_incident(place: Place):
    """Whoever proposes it is not sent away for a minute, again and again."""
    record = place.app.record
    run = await submitted(record, (await claimed(record)).number)
    audit = await training.succeeded(record, run.number, RESULT)
    assert audit is not None
    await audits.decide(record, audit.number, AuditEvent.APPROVED, reason="Good.", by=KANYA)
    heard = []
    for _ in range(2):
        with pytest.raises(WrongStage) as refused:
            await rollouts.propose(record, run.number, reason="Go.", endpoint_prefix="slipway", by=ANAN)
        heard.append(str(refused.value))
        place.cluster.fails = always(Refused("The model is gone."))
        await deliver_due(place.app, "registry")

    assert "try again in a minute" in heard[0]
    assert "INC-1 says why" in heard[1]
    assert "**Try again**" in heard[1]
