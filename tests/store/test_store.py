"""The store on both databases: things, the chain of facts, readings and schedules."""

import asyncio
from dataclasses import replace
from datetime import UTC, timedelta, timezone
from typing import Any

import pytest

from bot.adapters.sql.store import SqlStore
from bot.core.chain import FIRST_HASH, broken_at
from bot.core.judging import Check
from bot.core.readings import Reading
from bot.core.values import Kind, Ref, Stage
from bot.core.words import as_said
from bot.errors import NotFound, Upstream
from bot.ports import Schedule
from bot.things.audit.model import Audit
from bot.things.evaluation.model import Evaluation
from bot.things.incident.model import Incident
from bot.things.incident.subjects import of_trouble
from bot.things.model.model import Model
from bot.things.monitor.model import Monitor
from bot.things.recommendation.model import Recommendation
from bot.things.requirement.model import Requirement
from bot.things.rollout.model import Rollout
from bot.things.run.causes import Cause
from bot.things.run.model import Run
from tests.support.databases import ADA, NOW, REQUIREMENT, RUN, Database, enqueue, file_requirement
from tests.support.said import said

REQ_1 = Ref(Kind.REQUIREMENT, 1)
COUNT, WORDS = Reading("count", int), Reading("words", tuple[str, ...])
NIGHTLY = Schedule("monitor:MON-1", "monitor", "0 8 * * *", "Asia/Bangkok", {"monitor": 1}, NOW)


async def test_a_thing_of_each_kind_comes_back_as_it_was_put(store: SqlStore) -> None:
    """Thai, emoji, large ids, nested values and the difference of 2 and 2.0 survive."""
    subject = of_trouble(Ref(Kind.RUN, 1), Cause.STALLED)
    things = (
        REQUIREMENT,
        replace(RUN, metrics={"accuracy": 0.9, "loss": 1e22}, job_id="77"),
        Model(requirement=1, run=1, digest="d"),
        Evaluation(requirement=1, model=1, figures={"accuracy": 0.9, "loss": 1e22}, test_rows=9),
        Audit(
            requirement=1, model=1, evaluation=1, run=1, model_digest="d",
            checks=(Check(said("drift"), False, said("ก")),),
        ),
        Rollout(
            requirement=1, run=1, audit=1, model_name="m", model_version="3", model_digest="d", endpoint="e",
            requested_by=ADA, reason="better", traffic_pct=10, latency_ms=12.5,
        ),
        Incident(
            about=subject, title=as_said("t"), cause=as_said("c"), log_tail="tail", next_step=as_said("look"),
            handled_by=ADA,
        ),
        Monitor(requirement=1, rollout=1, endpoint="e", deployment="blue"),
        Recommendation(monitor=1, requirement=1, rollout=1, findings=(said("brightness drifted"), said("ก"))),
    )  # fmt: skip
    async with store.writing() as writer:
        added = [await writer.add(thing) for thing in things]

    async with store.reading() as reader:
        found = [await reader.find(type(thing), 1) for thing in things]
    run = found[1]
    assert [replace(thing, number=1) for thing in things] == added == found
    assert isinstance(run, Run)
    assert [type(value) for value in RUN.parameters.values()] == [type(v) for v in run.parameters.values()]


async def test_numbers_rise_by_one_for_each_kind_and_leave_no_gap(store: SqlStore) -> None:
    """A transaction that is rolled back takes its number back with it."""
    first = await file_requirement(store)
    with pytest.raises(LookupError):  # noqa: PT012  (the block is the transaction)
        async with store.writing() as writer:
            await writer.add(REQUIREMENT)
            raise LookupError
    second = await file_requirement(store)

    assert (first.number, second.number) == (1, 2)


async def test_select_filters_by_columns_and_stages_newest_first(store: SqlStore) -> None:
    """Equal columns, one of several values, None, and stages; no stages mean any."""
    for changes in ({}, {"claimed_by": ADA, "stage": Stage.CLAIMED}, {"dataset": "other"}):
        await file_requirement(store, **changes)

    async with store.reading() as reader:
        numbers = [
            [thing.number for thing in await reader.select(Requirement, **query)]
            for query in (
                {},
                {"limit": 2},
                {"dataset": "fashion"},
                {"dataset": ("fashion", "elsewhere")},
                {"claimed_by": None},
                {"stages": [Stage.CLAIMED, Stage.FULFILLED]},
                {"stages": (), "filed_by": ADA, "dataset": "other"},
            )
        ]
        counts = await reader.counts(Kind.REQUIREMENT)
        filed = await reader.numbers(Kind.REQUIREMENT, stage=Stage.FILED)
    assert numbers == [[3, 2, 1], [3, 2], [2, 1], [2, 1], [3, 1], [2], [3]]
    assert counts == {"filed": 2, "claimed": 1}
    assert filed == (1, 3)


async def test_select_by_an_unknown_or_a_nested_field_is_a_mistake(store: SqlStore) -> None:
    """It never returns everything instead."""
    async with store.reading() as reader:
        for name in ("titel", "targets"):
            equal: dict[str, Any] = {name: "x"}
            with pytest.raises(TypeError, match=name):
                await reader.select(Requirement, **equal)


async def test_save_writes_the_row_and_refuses_one_that_was_never_added(store: SqlStore) -> None:
    """The row is replaced; there is nothing to replace for an unknown number."""
    filed = await file_requirement(store)
    claimed = replace(filed, stage=Stage.CLAIMED, claimed_by=ADA)
    async with store.writing() as writer:
        await writer.save(claimed)
        locked = await writer.lock(Requirement, 1)
        missing = await writer.lock(Requirement, 9)

    assert (claimed, None) == (locked, missing)
    with pytest.raises(NotFound, match="REQ-9"):
        async with store.writing() as writer:
            await writer.save(replace(filed, number=9))


async def test_an_error_leaves_nothing(store: SqlStore) -> None:
    """Thing, fact, outbox row, card mark and reading vanish together."""
    await file_requirement(store)
    with pytest.raises(LookupError):  # noqa: PT012  (the block is the transaction)
        async with store.writing() as writer:
            await writer.add(REQUIREMENT)
            fact = await writer.append(REQ_1, "requirement.claimed", by=ADA, details={}, changes={}, at=NOW)
            await writer.enqueue(fact, "say", lane="chat", details={}, at=NOW)
            await writer.mark_card(REQ_1, not_before=NOW)
            await writer.put_reading(REQ_1, COUNT, 1, at=NOW)
            raise LookupError

    async with store.reading() as reader:
        left = (await reader.find(Requirement, 2), await reader.facts(), await reader.reading(REQ_1, COUNT))
    lease = timedelta(seconds=1)
    claims = (
        await store.claim_effects(now=NOW, lease=lease, limit=9, lanes=["chat"]),
        await store.claim_cards(now=NOW, lease=lease, limit=9),
    )
    assert left == (None, (), None)
    assert claims == ((), ())


async def test_facts_form_one_chain_under_concurrent_writers(database: Database) -> None:
    """Two bots with four tasks each append without a gap, a loss or a broken link."""
    stores = [SqlStore.open(database.settings), SqlStore.open(database.settings)]

    async def append(store: SqlStore, person: int) -> None:
        for index in range(5):
            async with store.writing() as writer:
                await writer.append(REQ_1, "noted", by=person, details={"index": index}, changes={}, at=NOW)

    await asyncio.gather(*(append(stores[person % 2], person) for person in range(8)))

    async with stores[0].reading() as reader:
        facts = await reader.facts()
        head = await reader.head()
        later = await reader.facts(after=30, limit=4)
    for store in stores:
        await store.close()
    assert list(range(1, 41)) == [fact.sequence for fact in facts]
    assert broken_at(facts) is None
    assert (40, facts[-1].hash) == head
    assert facts[30:34] == later
    for person in range(8):
        assert list(range(5)) == [fact.details["index"] for fact in facts if fact.by == person]


async def test_a_fact_is_read_as_it_was_returned(store: SqlStore) -> None:
    """Tuples, floats past 2**53, NUL and half a surrogate pair do not break the chain; zones become UTC."""
    bangkok = NOW.astimezone(timezone(timedelta(hours=7)))
    async with store.writing() as writer:
        fact = await writer.append(
            REQ_1,
            "noted",
            by=ADA,
            details={"ก": (1, 2.0, 1e22, None)},
            changes={"odd": "a\x00\ud800😀"},
            at=bangkok,
        )

    async with store.reading() as reader:
        history = await reader.history(REQ_1)
        others = await reader.history(Ref(Kind.RUN, 1))
    assert (fact,) == history
    assert others == ()
    assert broken_at(history) is None
    assert history[0].at.tzinfo == UTC
    assert fact.previous_hash == FIRST_HASH


@pytest.mark.parametrize(
    ("change", "broken"),
    [
        ("UPDATE events SET details = '{\"n\":2}' WHERE sequence = 2", 2),
        ("UPDATE events SET by = 1 WHERE sequence = 3", 3),
        ("DELETE FROM effects; DELETE FROM events WHERE sequence = 1", 1),
    ],
)
async def test_a_changed_past_shows(database: Database, store: SqlStore, change: str, broken: int) -> None:
    """Whoever edits the table past the bot breaks the chain at that fact."""
    for _ in range(4):
        await enqueue(store)
    database.unprotect_events()
    database.execute(*change.split("; "))

    async with store.reading() as reader:
        facts = await reader.facts()
    assert broken == broken_at(facts)


async def test_a_cut_at_the_end_shows_in_the_head(database: Database, store: SqlStore) -> None:
    """What is left is a good chain, but the head beside the log remembers more."""
    for _ in range(3):
        await enqueue(store)
    database.unprotect_events()
    database.execute("DELETE FROM events WHERE sequence = 3")

    async with store.reading() as reader:
        facts, head = await reader.facts(), await reader.head()
    assert broken_at(facts) is None
    assert facts[-1].sequence == 2
    assert head[0] == 3


async def test_events_cannot_be_changed_by_mistake(database: Database, store: SqlStore) -> None:
    """The database itself refuses to update or delete an event."""
    await enqueue(store)

    for statement in ("UPDATE events SET by = 1", "DELETE FROM events"):
        with pytest.raises(Exception, match="kept for ever"):
            database.execute(statement)


async def test_a_time_without_a_zone_is_refused(store: SqlStore) -> None:
    """Before anything is sent, and everywhere a time is stored."""
    naive = NOW.replace(tzinfo=None)
    for act in (
        lambda writer: writer.append(REQ_1, "noted", by=ADA, details={}, changes={}, at=naive),
        lambda writer: writer.mark_card(REQ_1, not_before=naive),
        lambda writer: writer.put_reading(REQ_1, COUNT, 1, at=naive),
        lambda writer: writer.due_schedules(naive),
    ):
        with pytest.raises(ValueError, match="zone"):
            async with store.writing() as writer:
                await act(writer)


async def test_a_pointer_to_nothing_is_refused(store: SqlStore) -> None:
    """A run of a requirement that is not there cannot be stored."""
    with pytest.raises(Upstream, match="contradicts"):
        async with store.writing() as writer:
            await writer.add(RUN)


async def test_everything_is_there_after_a_restart(database: Database, store: SqlStore) -> None:
    """A second store on the same database reads what the first wrote."""
    filed = await file_requirement(store)
    fact = await enqueue(store, "say")
    await store.close()

    again = SqlStore.open(database.settings)
    async with again.reading() as reader:
        found = (await reader.find(Requirement, 1), await reader.facts())
    said = await again.check()
    await again.close()
    assert (filed, (fact,)) == found
    assert said.endswith("with 1 events")


async def test_a_read_transaction_sees_one_state(store: SqlStore) -> None:
    """What is committed meanwhile is not seen before the next transaction, and no reader holds up a writer."""
    await file_requirement(store)
    async with store.reading() as reader:
        before = await reader.counts(Kind.REQUIREMENT)
        await file_requirement(store)
        after = await reader.counts(Kind.REQUIREMENT)

    assert {"filed": 1} == before == after


async def test_writers_are_served_first_come_first_served(store: SqlStore) -> None:
    """Ten that wait for one get their turn in the order they came."""
    order: list[int] = []

    async def write(index: int) -> None:
        async with store.writing() as writer:
            order.append(index)
            await writer.put_reading(REQ_1, COUNT, index, at=NOW)

    async with asyncio.TaskGroup() as group, store.writing():
        for index in range(10):
            group.create_task(write(index))
        await asyncio.sleep(0)  # each has asked for its turn now

    assert list(range(10)) == order


async def test_a_writer_that_is_cancelled_frees_its_turn(store: SqlStore) -> None:
    """Neither one that waits nor one at work leaves the store locked, and nothing of it is kept."""
    begun = asyncio.Event()

    async def write() -> None:
        async with store.writing() as writer:
            await writer.add(REQUIREMENT)
            begun.set()
            await asyncio.Event().wait()

    at_work, waiting = asyncio.create_task(write()), asyncio.create_task(write())
    await begun.wait()
    waiting.cancel()
    at_work.cancel()
    ends = await asyncio.gather(at_work, waiting, return_exceptions=True)
    filed = await file_requirement(store)

    assert [asyncio.CancelledError] * 2 == [type(end) for end in ends]
    assert filed.number == 1


async def test_a_schedule_fires_once_for_each_time(store: SqlStore) -> None:
    """The second firing of one time is told, and the schedule moves on in any case."""
    later = NOW + timedelta(days=1)
    async with store.writing() as writer:
        await writer.put_schedule(replace(NIGHTLY, cron="* * * * *"))
        await writer.put_schedule(NIGHTLY)
        due = (await writer.due_schedules(NOW - timedelta(seconds=1)), await writer.due_schedules(NOW))
        fired = [await writer.fire(NIGHTLY, next_at=later, now=NOW) for _ in range(2)]
        await writer.put_schedule(NIGHTLY)
        fired.append(await writer.fire(NIGHTLY, next_at=later, now=NOW))
        moved = await writer.due_schedules(later)
        await writer.drop_schedule(NIGHTLY.name)
        gone = await writer.due_schedules(later)

    assert due == ((), (NIGHTLY,))
    assert fired == [True, False, False]
    assert ((replace(NIGHTLY, next_at=later),), ()) == (moved, gone)


async def test_two_bots_fire_a_schedule_once(database: Database) -> None:
    """Both see it due; one records it."""
    stores = [SqlStore.open(database.settings), SqlStore.open(database.settings)]
    async with stores[0].writing() as writer:
        await writer.put_schedule(NIGHTLY)

    async def fire(store: SqlStore) -> bool:
        async with store.writing() as writer:
            return await writer.fire(NIGHTLY, next_at=NOW + timedelta(days=1), now=NOW)

    fired = await asyncio.gather(*map(fire, stores))
    for store in stores:
        await store.close()

    assert sorted(fired) == [False, True]
