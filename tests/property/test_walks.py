"""Random walks through the tables by the one door: a stage is the fold of its events, and a refusal changes nothing."""

import asyncio
import tempfile
from dataclasses import replace
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.adapters._store_migrate import migrate
from bot.adapters.store_sql import SqlStore
from bot.config import DatabaseSettings
from bot.domain.events import broken_at
from bot.domain.lifecycle import DUTIES, STEPS, Event, kind_of, step
from bot.domain.model import SYSTEM, Actor, Duty, Incident, Kind, PersonId, Ref, Requirement, Stage, Target
from bot.errors import NotPermitted, Refused
from bot.services.desk import Desk, _check_duty

EVERYTHING = Actor(PersonId(7), frozenset(Duty))
THINGS = {
    Kind.REQUIREMENT: Requirement(
        title="ตัวเลข",
        problem="p",
        deployment_kind="new",
        value="v",
        targets=(Target("accuracy", at_least=True, threshold=0.9),),
        constraints="",
        dataset="digits",
        filed_by=PersonId(7),
    ),
    Kind.INCIDENT: Incident(about="RUN-1", title="t", cause="c", log_tail="", next_step="n"),
}
OPENING = {Kind.REQUIREMENT: Event.REQUIREMENT_FILED, Kind.INCIDENT: Event.INCIDENT_OPENED}


async def _walk(url: str, kind: Kind, events: list[Event]) -> None:
    store = SqlStore.open(DatabaseSettings(url=url))
    desk = Desk(store)
    try:
        async with desk.decide(EVERYTHING) as decision:
            thing = await decision.open(THINGS[kind], OPENING[kind])
        stage: Stage = thing.stage
        for event in events:
            before = await _seen(desk, kind, thing.number)
            after = step(kind, stage, event)
            try:
                async with desk.decide(EVERYTHING) as decision:
                    moved = await decision.move(type(thing), thing.number, event)
            except Refused:
                assert after is None
                assert before == await _seen(desk, kind, thing.number)
            else:
                assert moved.stage is after
                stage = moved.stage
        async with store.reading() as tx:
            assert _fold(kind, [fact.event for fact in await tx.history(Ref(kind, thing.number))]) is stage
            assert broken_at(await tx.facts()) is None
    finally:
        await store.close()


async def _seen(desk: Desk, kind: Kind, number: int) -> object:
    async with desk.store.reading() as tx:
        return await tx.find(type(THINGS[kind]), number), await tx.history(Ref(kind, number)), await tx.head()


def _fold(kind: Kind, events: list[str]) -> Stage | None:
    stage: Stage | None = None
    for event in events:
        stage = step(kind, stage, Event(event))
    return stage


@settings(max_examples=25, deadline=None)
@given(st.data())
def test_a_stage_is_the_fold_of_its_events(data: st.DataObject):
    """Whatever is tried in whatever order, the table alone decides, and the chain stays whole."""
    kind = data.draw(st.sampled_from(sorted(THINGS)))
    events = data.draw(st.lists(st.sampled_from([event for event in Event if kind_of(event) is kind]), max_size=12))
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder)}/walk.db"
        migrate(DatabaseSettings(url=url))
        asyncio.run(_walk(url, kind, events))


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(list(Event)), st.sampled_from(list(Duty)))
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
