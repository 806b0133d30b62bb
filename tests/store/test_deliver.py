"""Effects happen at least once and are seen once: retries, giving up, crashes, two deliverers, on a real store."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from bot.adapters.slurm.site import TRANSFER_TIMEOUT_S
from bot.adapters.sql.store import SqlStore
from bot.app import App
from bot.core.values import Kind, Ref, Stage
from bot.effects import deliver
from bot.errors import Misconfigured, NeedsMending, Refused, Upstream
from bot.ports import Node, Order
from bot.services import attempts, planning, things, training
from bot.things.audit import decisions as audits
from bot.things.audit.rules import AuditEvent
from bot.things.incident.model import Incident
from bot.things.incident.subjects import Subject, of_failure, of_outage
from bot.things.run.causes import Remedy
from bot.things.run.model import Run
from bot.things.run.readings import OUTLOOK
from tests.support.databases import Database, sqlite_database
from tests.support.fakes import FakeChat, FakeCluster
from tests.support.ports import DOWN, Clock, always, app_on, deliver_due, failing
from tests.support.road import ANAN, CLUSTER, KANYA, RECIPE, RECIPES, claimed, in_review, ordered, submitted
from tests.support.waiting import eventually_awaited

LIMIT_S = deliver.LONGEST_WAIT_S


@dataclass(frozen=True)
class Place:
    """An app on a fresh database, and what it talks to."""

    app: App
    clock: Clock
    chat: FakeChat
    cluster: FakeCluster
    database: Database

    async def told(self) -> int:
        """Have a model approved, so that its verdict is due to be told, and return the audit's number."""
        audit = await in_review(self.app.record, (await claimed(self.app.record)).number)
        await audits.decide(self.app.record, audit.number, AuditEvent.APPROVED, reason="Good.", by=KANYA)
        return audit.number

    async def incidents(self) -> dict[Subject, Incident]:
        """Return the incidents by what they are about."""
        return {one.about: one for one in await things.newest(self.app.store, Incident)}


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    """Open an app."""
    database = sqlite_database(tmp_path / "slipway.db")
    store = SqlStore.open(database.settings)
    clock, chat, cluster = Clock(), FakeChat(), FakeCluster()
    yield Place(app_on(store, clock=clock, chat=chat, cluster=cluster), clock, chat, cluster, database)
    await store.close()


async def test_what_fails_is_tried_again_later_and_then_done_once(place: Place):
    """Not before its wait is over; Discord's refusals leave no second message."""
    number = await place.told()
    place.chat.fails = failing(DOWN, DOWN)
    rounds = []
    for wait_s in (0.0, 0.4, 0.7, 0.4, 0.6, 1.2, 99.0):
        place.clock.passes(seconds=wait_s)
        rounds.append(len(await deliver_due(place.app, "chat")))

    assert rounds == [1, 0, 1, 0, 0, 1, 0]
    assert place.chat.posts == ["training"]
    assert await place.incidents() == {}
    assert (await place.app.store.claim_effects(now=place.clock(), lease=deliver.LEASE, limit=9, lanes=("chat",))) == ()
    assert f"AUD-{number}: approved" in place.chat.messages[str(10**18)].headline


@pytest.mark.parametrize("attempt", [1, 2, 3, 10, 11, 40, 4000])
def test_waits_double_up_to_ten_minutes_with_jitter(attempt: int):
    """A hundred rows that failed together do not come back together."""
    waits = {deliver.wait_after(attempt).total_seconds() for _ in range(50)}
    longest = min(LIMIT_S, 2.0 ** (attempt - 1)) if attempt < 20 else LIMIT_S

    assert all(longest / 2 <= wait <= longest for wait in waits)
    assert len(waits) > 40


async def test_an_outage_is_told_once_and_ends_when_the_work_is_done(place: Place):
    """However often it failed; what works again resolves the incident by itself."""
    await place.told()
    place.chat.fails = failing(*[DOWN] * 9)
    for _ in range(10):
        await deliver_due(place.app, "chat")
        place.clock.passes(seconds=LIMIT_S)
    told = await things.newest(place.app.store, Incident)

    assert [(one.about, one.stage) for one in told] == [(of_outage("discord"), Stage.RESOLVED)]
    assert place.app.outages == {}


async def test_a_channel_that_is_gone_is_told_at_once_with_its_name(place: Place):
    """Trying again cannot mend it, so Ops need not wait for three failures; once mended it is told after all."""
    await place.told()
    place.chat.fails = failing(NeedsMending("discord.channels.training", "the channel is not there"))
    await deliver_due(place.app, "chat")
    told = await place.incidents()
    place.clock.passes(seconds=LIMIT_S)
    await deliver_due(place.app, "chat")

    assert told[of_outage("discord.channels.training")].stage is Stage.OPEN
    assert (await place.incidents())[of_outage("discord.channels.training")].stage is Stage.RESOLVED
    assert place.chat.posts == ["training"]


async def test_a_refusal_is_not_tried_again(place: Place):
    """An impossible request fails its run at once, and the incident says why."""
    run = await ordered(place.app.record, (await claimed(place.app.record)).number)
    place.cluster.fails = failing(refusal := Refused("There is no such partition."))
    await deliver_due(place.app, "cluster")
    await deliver_due(place.app, "cluster")
    place.clock.passes(hours=9)

    assert await deliver_due(place.app, "cluster") == []
    assert (await things.get(place.app.store, Run, run.number)).stage is Stage.FAILED
    assert str(refusal) in str((await place.incidents())[of_failure(Ref(Kind.RUN, run.number))].cause)


@pytest.mark.parametrize("error", [ZeroDivisionError("float"), KeyError("x"), Misconfigured("no token")])
async def test_a_mistake_of_ours_is_tried_again_and_ends_nothing(place: Place, error: Exception):
    """Nothing escapes the deliverer: the row waits, and is done when the mistake is mended."""
    await place.told()
    place.chat.fails = failing(error)
    await deliver_due(place.app, "chat")
    place.clock.passes(seconds=LIMIT_S)
    await deliver_due(place.app, "chat")

    assert place.chat.posts == ["training"]


async def test_an_effect_that_this_version_does_not_know_waits_for_one_that_does(place: Place):
    """After a step back to an older version its rows stay, and the others' effects go on."""
    number = await place.told()
    place.database.execute(
        "INSERT INTO effects (event, effect, kind, number, lane, details, attempts, due_at) "
        "SELECT event, 'chat.tell_the_press', kind, number + 7, lane, details, 0, due_at FROM effects "
        f"WHERE kind = 'AUD' AND number = {number}"
    )
    tried = await deliver_due(place.app, "chat")
    place.clock.passes(seconds=LIMIT_S)

    assert len(tried) == 2
    assert place.chat.posts == ["training"]
    assert await deliver_due(place.app, "chat") == [f"AUD-{number + 7} chat.tell_the_press 2"]


async def test_a_crash_between_sending_and_noting_it_posts_nothing_twice(place: Place):
    """The lease brings the row back, and its nonce brings back the message that is there."""
    await place.told()
    place.chat.answer_is_lost = True
    crashed = asyncio.create_task(deliver_due(place.app, "chat"))
    await eventually_awaited(lambda: _is_true(bool(place.chat.posts)))
    crashed.cancel()
    await asyncio.gather(crashed, return_exceptions=True)
    place.chat.answer_is_lost = False

    place.clock.passes(seconds=deliver.LEASE.total_seconds() - 1)
    too_early = await deliver_due(place.app, "chat")
    place.clock.passes(seconds=1)
    again = await deliver_due(place.app, "chat")

    assert too_early == []
    assert [row.rpartition(" ")[2] for row in again] == ["2"]
    assert place.chat.posts == ["training"]


async def test_an_act_that_never_ends_is_ended_and_tried_again(place: Place, monkeypatch: pytest.MonkeyPatch):
    """Its lane goes on, and its limit is shorter than its lease, so that nobody else has begun it meanwhile."""
    await place.told()
    place.chat.answer_is_lost = True
    monkeypatch.setattr(deliver, "ACTION_LIMIT", timedelta(milliseconds=50))
    await deliver_due(place.app, "chat")
    place.chat.answer_is_lost = False
    async with place.app.store.reading() as tx:
        [(_, said)] = await tx.failing_effects()
    monkeypatch.undo()  # a busy machine may take longer than that for the telling itself
    place.clock.passes(seconds=LIMIT_S)
    again = await deliver_due(place.app, "chat")

    assert [row.rpartition(" ")[2] for row in again] == ["2"]
    assert place.chat.posts == ["training"]

    assert "chat.tell_verdict did not end within" in said


async def test_the_limit_of_an_act_is_shorter_than_its_lease():
    """With room to note how it went; and longer than one step of it, so that the step says what took too long."""
    assert deliver.ACTION_LIMIT + timedelta(minutes=1) <= deliver.LEASE
    assert timedelta(seconds=TRANSFER_TIMEOUT_S + 60) <= deliver.ACTION_LIMIT


async def test_after_a_restart_what_the_dead_bot_held_is_done_at_once(place: Place):
    """Nobody waits ten minutes for a lease of the bot that was killed."""
    await place.told()
    now = place.clock()
    await place.app.store.claim_effects(now=now, lease=deliver.LEASE, limit=9, lanes=("chat",))
    await place.app.store.release_leases()

    assert len(await deliver_due(place.app, "chat")) == 1


async def test_a_slow_submission_holds_up_no_cancel(place: Place):
    """However many wait for their code to be checked out, a running job is cancelled at once."""
    record = place.app.record
    requirement = (await claimed(record)).number
    running = await submitted(record, requirement)
    for _ in range(3 * deliver.AT_ONCE):
        await ordered(record, requirement)
    begun: list[Order] = []

    async def waits_for_ever(order: Order) -> None:
        begun.append(order)
        await asyncio.Event().wait()

    place.cluster.while_submitting = waits_for_ever
    delivering = asyncio.create_task(deliver.run(place.app))
    try:
        await eventually_awaited(lambda: _is_true(len(begun) == deliver.AT_ONCE))
        await training.cancel(record, running.number, by=ANAN)
        await eventually_awaited(lambda: _is_true(f"cancel {running.key}" in place.cluster.done))
    finally:
        delivering.cancel()
        await asyncio.gather(delivering, return_exceptions=True)


async def test_effects_of_a_thing_keep_their_order_while_others_go_on(place: Place):
    """A forecast that fails holds back its own run's submission and nobody else's."""
    record = place.app.record
    requirement = (await claimed(record)).number
    first, second = [
        await planning.plan(record, requirement, planning.Wish(RECIPE.name), recipes=RECIPES, cluster=CLUSTER, by=ANAN)
        for _ in range(2)
    ]
    place.cluster.fails = failing(Upstream("cluster", "down", retryable=True))
    rounds = [await deliver_due(place.app, "cluster")]
    for run in (first, second):
        await planning.order(record, run.number, by=ANAN)
    for wait_s in (0.0, 1.0, 0.0):
        place.clock.passes(seconds=wait_s)
        rounds.append(await deliver_due(place.app, "cluster"))

    assert rounds == [
        ["RUN-1 cluster.forecast 1", "RUN-2 cluster.forecast 1"],
        ["RUN-2 cluster.submit 1"],
        ["RUN-1 cluster.forecast 2"],
        ["RUN-1 cluster.submit 1"],
    ]
    assert place.cluster.done == [f"forecast {second.key}", f"submit {second.key}", f"submit {first.key}"]


async def test_a_plan_that_would_wait_for_ever_is_refused_with_what_is_possible(place: Place):
    """SLURM takes more time than the partition allows and keeps the job waiting."""
    requirement = (await claimed(place.app.record)).number
    wish = planning.Wish(RECIPE.name, time_limit_min=60)
    await planning.plan(place.app.record, requirement, wish, recipes=RECIPES, cluster=CLUSTER, by=ANAN)
    place.cluster.has_nodes = [Node("gpu1", "idle", "gpu", 4, 0, 64, 0, 250.0, 0.0, "", time_limit_min=30)]
    await deliver_due(place.app, "cluster")
    async with place.app.store.reading() as tx:
        told = await tx.reading(Ref(Kind.RUN, 1), OUTLOOK)

    assert told is not None
    assert "`gpu` lets a job run for 30 minutes" in str(told.refused)
    assert "time_limit_min:30" in str(told.nearest)


@pytest.mark.parametrize("is_resumed", [False, True])
async def test_a_run_that_is_cancelled_while_it_is_submitted_is_cancelled_there(place: Place, is_resumed: bool):  # noqa: FBT001
    """The job that came into being meanwhile does not run on for nobody, also when a next attempt is wanted."""
    record = place.app.record
    run = await ordered(record, (await claimed(record)).number)
    await deliver_due(place.app, "cluster")

    async def cancelled_meanwhile(_: Order) -> None:
        await training.cancel(record, run.number, by=ANAN)
        if is_resumed:
            await attempts.again(record, run.number, Remedy.RESUME, cluster=CLUSTER, by=ANAN)

    place.cluster.while_submitting = cancelled_meanwhile
    await deliver_due(place.app, "cluster")
    stage = Stage.ORDERED if is_resumed else Stage.CANCELLED

    assert place.cluster.done[-2:] == [f"submit {run.key}", f"cancel {run.key}"]
    assert (await things.get(place.app.store, Run, run.number)).stage is stage


async def _lost_and_cancelled(place: Place) -> Run:
    """Have a run submitted without hearing of it, and then cancelled."""
    run = await ordered(place.app.record, (await claimed(place.app.record)).number)
    await deliver_due(place.app, "cluster")
    place.cluster.fails = failing(Upstream("cluster", "the connection was lost", retryable=True))
    await deliver_due(place.app, "cluster")
    await training.cancel(place.app.record, run.number, by=ANAN)
    place.cluster.done.clear()
    return run


async def test_a_run_that_is_cancelled_after_its_submission_went_unanswered_is_withdrawn(place: Place):
    """Its job may be there although nobody heard of it; nobody follows it, so it must not run on."""
    run = await _lost_and_cancelled(place)
    place.clock.passes(minutes=30)
    await deliver_due(place.app, "cluster")
    place.clock.passes(minutes=30)
    await deliver_due(place.app, "cluster")

    assert place.cluster.done == [f"withdraw {run.key}"]


async def test_the_attempt_after_a_withdrawn_one_is_submitted(place: Place):
    """Each under its own key, the older first."""
    run = await _lost_and_cancelled(place)
    limits = place.app.settings.cluster
    again = await attempts.again(place.app.record, run.number, Remedy.RESUME, cluster=limits, by=ANAN)
    place.clock.passes(minutes=30)
    await deliver_due(place.app, "cluster")
    await deliver_due(place.app, "cluster")

    assert place.cluster.done == [f"withdraw {run.key}", f"submit {again.key}"]


@pytest.mark.parametrize("is_back", [True, False])
async def test_a_submission_that_is_given_up_is_withdrawn(place: Place, is_back: bool):  # noqa: FBT001
    """Of what went unanswered for hours nothing may run on; where that cannot be done, Ops are told how."""
    run = await ordered(place.app.record, (await claimed(place.app.record)).number)
    down = Upstream("cluster", "no answer", retryable=True)
    place.cluster.fails = failing(*[down] * deliver.MAX_ATTEMPTS, None if is_back else down)
    for _ in range(deliver.MAX_ATTEMPTS + 1):
        await deliver_due(place.app, "cluster")
        place.clock.passes(seconds=LIMIT_S)
    told = (await place.incidents())[of_failure(Ref(Kind.RUN, run.number))]

    assert is_back == (f"withdraw {run.key}" in place.cluster.done)
    assert is_back != (f"scancel --name={run.key}" in str(told.next_step))


async def test_two_deliverers_on_one_database_do_nothing_twice(place: Place):
    """Each of twenty verdicts is told once, whoever of two bots takes it."""
    requirement = (await claimed(place.app.record)).number
    for _ in range(20):
        audit = await in_review(place.app.record, requirement)
        await audits.decide(place.app.record, audit.number, AuditEvent.APPROVED, reason="Good.", by=KANYA)
    other_store = SqlStore.open(place.database.settings)
    other = app_on(other_store, clock=place.clock, chat=(second_chat := FakeChat()), cluster=place.cluster)
    bots = [asyncio.create_task(deliver.run(app)) for app in (place.app, other)]
    try:
        await eventually_awaited(lambda: _is_true(len(place.chat.nonces) + len(second_chat.nonces) >= 20))
        await eventually_awaited(lambda: _nothing_left(place))
    finally:
        for bot in bots:
            bot.cancel()
        await asyncio.gather(*bots, return_exceptions=True)
        await other_store.close()

    assert len(place.chat.nonces) + len(second_chat.nonces) == 20
    assert not place.chat.nonces.keys() & second_chat.nonces.keys()


async def test_a_lost_lease_neither_finishes_nor_fails_the_row(place: Place):
    """A bot that was away too long does not undo what the other noted."""
    number = await place.told()
    now = place.clock()
    [lost] = await place.app.store.claim_effects(now=now, lease=deliver.LEASE, limit=9, lanes=("chat",))
    place.clock.passes(seconds=deliver.LEASE.total_seconds())
    await deliver_due(place.app, "chat")
    place.chat.fails = always(DOWN)
    await deliver.deliver(place.app, lost)
    place.clock.passes(hours=1)

    assert await deliver_due(place.app, "chat") == []
    async with place.app.store.reading() as tx:
        assert await tx.failing_effects() == ()
        assert [fact.event for fact in await tx.history(Ref(Kind.AUDIT, number))][-1] == "audit.approved"


async def _is_true(fact: bool) -> bool:  # noqa: FBT001  # an answer
    return fact


async def _nothing_left(place: Place) -> bool:
    claimed_now = await place.app.store.claim_effects(
        now=place.clock(), lease=deliver.LEASE, limit=9, lanes=("chat", "cluster")
    )
    return claimed_now == ()
