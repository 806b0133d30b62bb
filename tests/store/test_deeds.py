"""What somebody does once is done once, however often it is delivered, to one bot or to two."""

import asyncio
from dataclasses import replace

import pytest

from bot.adapters.sql.store import SqlStore
from bot.core.kind import Event
from bot.core.record import Record, utc_now
from bot.core.values import Actor, Deed, Duty, Kind, PersonId, Stage
from bot.core.words import as_said
from bot.errors import NotFound, WrongStage
from bot.lifecycle import DUTIES, RULES, STEPS
from bot.services import incidents, planning, sweeps, things, training
from bot.things.incident.subjects import of_outage
from bot.things.requirement.model import Requirement
from bot.things.requirement.rules import RequirementEvent
from bot.things.run.model import Run
from tests.support.new_things import add_what_is_pointed_to, new
from tests.support.races import Bots
from tests.support.road import ANAN, CLUSTER, MALEE, RECIPES, SOMCHAI, claimed, filed, swept

ROWS = [(kind, before, event) for kind, steps in STEPS.items() for before, event in steps]


def somebody(key: str) -> Actor:
    """Return a person with every duty, who does the thing of this key."""
    return Actor(PersonId(7), frozenset(Duty), Deed(key))


def by(person: Actor, key: str) -> Actor:
    """Return a person as one delivery of an interaction has them."""
    return replace(person, deed=Deed(key))


@pytest.fixture
async def record(store: SqlStore) -> Record:
    """Return a record of all kinds, without flows: what follows elsewhere is proven by services below."""
    await add_what_is_pointed_to(store)
    return Record(store, RULES, DUTIES, {}, utc_now)


async def newest(record: Record) -> object:
    """Return the head of the chain."""
    async with record.store.reading() as tx:
        return await tx.head()


async def test_every_opening_and_every_move_is_done_once_by_one_deed(record: Record):
    """A second delivery changes nothing and gives what there is; another deed is another."""
    for kind, before, event in ROWS:
        if before is None:
            await opened_once(record, kind, event)
        else:
            await moved_once(record, kind, before, event)


async def opened_once(record: Record, kind: Kind, event: Event) -> None:
    """Open a thing twice by one deed, and once by another."""
    key = f"open {event.value}"
    numbers = []
    for deed in (key, key, f"{key} anew"):
        async with record.decide(somebody(deed)) as decision:
            numbers.append((await decision.open(new(kind), event)).number)

    assert numbers[0] == numbers[1] == numbers[2] - 1, event


async def moved_once(record: Record, kind: Kind, before: Stage, event: Event) -> None:
    """Move a thing twice by one deed."""
    key = f"move {before.value} {event.value}"
    async with record.store.writing() as tx:
        thing = await tx.add(replace(new(kind), stage=before))
    async with record.decide(somebody(key)) as decision:
        first = await decision.move(type(thing), thing.number, event)
    head = await newest(record)
    async with record.decide(somebody(key)) as decision:
        second = await decision.move(type(thing), thing.number, event)

    assert first == second, (before, event)
    assert head == await newest(record), (before, event)


async def test_a_deed_that_was_something_else_is_not_done_a_second_time(record: Record):
    """One id is one deed: with another event behind it it is refused with what it was."""
    async with record.decide(somebody("1")) as decision:
        thing = await decision.open(new(Kind.REQUIREMENT), RequirementEvent.FILED)
    with pytest.raises(WrongStage, match=rf"done already: {thing.ref} filed\."):
        async with record.decide(somebody("1")) as decision:
            await decision.move(Requirement, thing.number, RequirementEvent.CLAIMED)

    assert Stage.FILED is (await things.get(record.store, Requirement, thing.number)).stage


async def test_what_the_first_delivery_did_not_do_the_second_does_not_add(record: Record):
    """Also when all that it did was met again."""
    actor = somebody("1")
    await _filed_by(record, actor)
    with pytest.raises(WrongStage, match=r"done already: REQ-2 filed\."):
        await _filed_twice(record, somebody("1"))

    with pytest.raises(NotFound):
        await things.get(record.store, Requirement, 3)


async def test_what_fails_in_the_middle_is_done_by_the_next_delivery(record: Record):
    """Nothing of the first is kept, so nothing of the second is left out."""
    actor = somebody("1")
    with pytest.raises(ZeroDivisionError):
        await _filed_and_failed(record, actor)
    numbers = [await _filed_by(record, actor), await _filed_by(record, somebody("1"))]  # tried again; delivered again

    assert [2, 2] == numbers


async def test_of_two_deliveries_at_once_to_two_bots_one_acts(bots: Bots):
    """Both answer the same; it is filed, planned, ordered and cancelled once."""
    wanted = await claimed(bots[0])

    async def launched(record: Record) -> int:
        wish = planning.Wish(recipe="classifier")
        plan = await planning.plan(record, wanted.number, wish, recipes=RECIPES, cluster=CLUSTER, by=by(ANAN, "plan"))
        return (await planning.order(record, plan.number, by=by(ANAN, "launch"))).number

    numbers = await asyncio.gather(*map(launched, bots))
    cancelled = await asyncio.gather(*(training.cancel(record, numbers[0], by=by(ANAN, "cancel")) for record in bots))
    async with bots[0].store.reading() as tx:
        events = [fact.event for fact in await tx.facts() if fact.about.kind == Run.kind]

    assert 1 == len(set(numbers))
    assert ["run.planned", "run.ordered", "run.cancelled"] == events
    assert cancelled[0] == cancelled[1]


async def test_a_deed_of_several_transactions_goes_on_where_it_was_cut(bots: Bots):
    """A second delivery meets what the first has done and does what it had not come to."""
    record, _ = bots
    await filed(record)
    first = by(MALEE, "two things")
    one = await _filed_by(record, first)
    second = by(MALEE, "two things")
    again, two = await _filed_by(record, second), await _filed_by(record, second)

    assert (one, one + 1) == (again, two)


async def _filed_and_failed(record: Record, actor: Actor) -> None:
    async with record.decide(actor) as decision:
        await decision.open(new(Kind.REQUIREMENT), RequirementEvent.FILED)
        raise ZeroDivisionError


async def _filed_twice(record: Record, actor: Actor) -> None:
    async with record.decide(actor) as decision:
        for _ in range(2):
            await decision.open(new(Kind.REQUIREMENT), RequirementEvent.FILED)


async def _filed_by(record: Record, actor: Actor) -> int:
    async with record.decide(actor) as decision:
        return (await decision.open(new(Kind.REQUIREMENT), RequirementEvent.FILED)).number


async def test_what_follows_from_a_deed_is_not_of_it(bots: Bots):
    """Resolving an incident twice, cancelling a sweep of a thousand twice: each thing moves once."""
    record, _ = bots
    wanted = await claimed(record)
    sweep = await swept(record, wanted.number, space="epochs=1|2|3")
    await sweeps.prepare(record, sweep.number)
    incident = await incidents.open_once(
        record, of_outage("azure"), title=as_said("t"), cause=as_said("c"), next_step=as_said("n")
    )
    assert incident is not None
    await sweeps.cancel(record, sweep.number, by=by(ANAN, "cancel"))
    with pytest.raises(WrongStage, match=rf"done already: {sweep.ref} cancelled\."):
        await sweeps.cancel(record, sweep.number, by=by(ANAN, "cancel"))
    for _ in range(2):
        await incidents.resolve(record, incident.number, resolution="It was the switch.", by=by(SOMCHAI, "resolve"))
    async with record.store.reading() as tx:
        events = [fact.event for fact in await tx.facts()]

    assert (1, 3, 1) == tuple(events.count(one) for one in ("sweep.cancelled", "run.cancelled", "incident.resolved"))
