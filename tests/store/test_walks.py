"""Random walks through the tables by the one door: a stage is the fold of its events, and a refusal changes nothing."""

import asyncio
import tempfile
from dataclasses import replace
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.adapters.sql.store import SqlStore
from bot.config import DatabaseSettings
from bot.core.chain import broken_at
from bot.core.kind import Event
from bot.core.record import Record, _check_duty, utc_now
from bot.core.values import SYSTEM, Actor, Duty, Kind, PersonId, Ref, Stage
from bot.errors import NotPermitted, WrongStage
from bot.lifecycle import DUTIES, EVENTS, RULES, STEPS, kind_of, step
from tests.gallery.things import THINGS
from tests.support.databases import sqlite_database
from tests.support.folds import rows_are_folds
from tests.support.new_things import add_what_is_pointed_to, new

PEOPLE = tuple(Actor(PersonId(number), frozenset(Duty)) for number in (7, 8, 9))
Act = tuple[Event, Actor]


async def _walk(settings: DatabaseSettings, opening: Act, acts: list[Act]) -> None:
    kind = kind_of(opening[0])
    store = SqlStore.open(settings)
    record = Record(store, RULES, DUTIES, {}, utc_now)  # without flows: what follows elsewhere is no walk
    try:
        await add_what_is_pointed_to(store)
        async with record.decide(opening[1]) as decision:
            thing = await decision.open(new(kind), opening[0])
        stage: Stage = thing.stage
        done = [opening]
        for event, by in acts:
            before = await _seen(record, kind, thing.number)
            after = step(kind, stage, event)
            hand = RULES[kind].hand if event in RULES[kind].barred else None
            has_a_hand = hand is not None and any((one, by) in done for one in hand.events)
            try:
                async with record.decide(by) as decision:
                    moved = await decision.move(type(thing), thing.number, event)
            except WrongStage:
                assert after is None
                assert before == await _seen(record, kind, thing.number)
            except NotPermitted:
                assert has_a_hand
                assert before == await _seen(record, kind, thing.number)
            else:
                assert moved.stage is after
                assert not has_a_hand
                stage = moved.stage
                done.append((event, by))
        async with store.reading() as tx:
            assert _fold(kind, [fact.event for fact in await tx.history(Ref(kind, thing.number))]) is stage
            assert broken_at(await tx.facts()) is None
        assert await rows_are_folds(store) == 1
    finally:
        await store.close()


async def _seen(record: Record, kind: Kind, number: int) -> object:
    async with record.store.reading() as tx:
        return await tx.find(type(THINGS[kind]), number), await tx.history(Ref(kind, number)), await tx.head()


def _fold(kind: Kind, events: list[str]) -> Stage | None:
    stage: Stage | None = None
    for event in events:
        stage = step(kind, stage, EVENTS[event])
    return stage


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_a_stage_is_the_fold_of_its_events(data: st.DataObject):
    """Whatever is tried by whom in whatever order, the table and the four eyes decide, and the chain stays whole."""
    kind = data.draw(st.sampled_from(sorted(THINGS)))
    events = [event for event in EVENTS.values() if kind_of(event) is kind]
    by = st.sampled_from(PEOPLE)
    opening = data.draw(st.tuples(st.sampled_from([event for event in events if step(kind, None, event)]), by))
    acts = data.draw(st.lists(st.tuples(st.sampled_from(events), by), max_size=12))
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(_walk(sqlite_database(Path(folder) / "walk.db").settings, opening, acts))


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(list(EVENTS.values())), st.sampled_from(list(Duty)))
def test_only_the_duties_of_the_table_may_cause_an_event(event: Event, duty: Duty):
    """The door knows no other way in: whoever lacks the duty is refused before anything else is looked at."""
    actor = replace(SYSTEM, duties=frozenset({duty}))
    try:
        _check_duty(DUTIES, actor, event)
        is_allowed = True
    except NotPermitted:
        is_allowed = False

    assert is_allowed == (duty in DUTIES[event])
    assert STEPS[kind_of(event)]
