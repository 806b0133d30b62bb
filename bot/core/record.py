"""The one door for facts: checks duty and four eyes, applies the step, writes row, event and effects together."""

import secrets
from collections.abc import AsyncIterator, Callable, Collection, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TypeAlias, TypeVar

from bot.core import words
from bot.core.flow import Flow
from bot.core.kind import DEEDS, Event, ThingKind
from bot.core.links import Role, links_of
from bot.core.said import Said, Value
from bot.core.shapes import changed
from bot.core.store import Reader, Store, Writer
from bot.core.values import SYSTEM, Actor, Deed, Duty, Fact, Json, Kind, Ref, Stage, Thing
from bot.errors import NotFound, NotPermitted, Refused, WrongStage

T = TypeVar("T", bound=Thing)
MADE_FOR, MARK_BYTES = "made_for", 16
Kinds: TypeAlias = Mapping[Kind, ThingKind]
Duties: TypeAlias = Mapping[Event, frozenset[Duty]]
Flows: TypeAlias = Mapping[Event, tuple[Flow, ...]]
Clock: TypeAlias = Callable[[], datetime]


def utc_now() -> datetime:
    """Return the present moment."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Record:
    """The store, with the rules that hold over it and the clock."""

    store: Store
    kinds: Kinds
    duties: Duties
    flows: Flows
    now: Clock

    @asynccontextmanager
    async def decide(self, by: Actor) -> AsyncIterator["Decision"]:
        """Open the transaction in which one person, or the bot, decides something.

        What somebody has done already by the same deed is met again: it changes nothing, and gives what there is.

        Raises:
            Refused: what was done already by this deed was something else, or cannot be done any more; told as done.
        """
        deed = by.deed
        counted = deed.count if deed else 0
        try:
            async with self.store.writing() as tx:
                done = await tx.facts_of(deed.key, after=counted) if deed else ()
                try:
                    yield Decision(tx, by, self, at=self.now(), deed=deed, done=done, to_meet=list(done))
                except Refused as refusal:
                    if not done:
                        raise
                    raise WrongStage(_told(done)) from refusal
                if done:
                    tx.undo()
        except BaseException:
            if deed:
                deed.count = counted
            raise

    def check_duty(self, event: Event, *, by: Actor) -> None:
        """Raise NotPermitted when the actor's duties do not allow the event."""
        _check_duty(self.duties, by, event)

    async def check(self, kind: type[Thing], number: int, event: Event, *, by: Actor) -> None:
        """Raise what `Decision.move` would, and change nothing: for telling people before they write a reason."""
        async with self.store.reading() as tx:
            thing = await tx.find(kind, number)
            await self.allowed(tx, kind, number, thing, event, by=by)

    async def allowed(
        self, tx: Reader, kind: type[T], number: int, thing: T | None, event: Event, *, by: Actor
    ) -> tuple[T, Stage]:
        """Return the thing and the stage that the event leads to, or raise why it may not happen."""
        if thing is None:
            raise NotFound(no_such(self.kinds[kind.kind], number))
        self.check_duty(event, by=by)
        stage = self.kinds[kind.kind].step(thing.stage, event)
        if stage is None:
            raise WrongStage(await self._wrong_stage(tx, thing, event))
        await self._check_four_eyes(tx, by, thing, event)
        return thing, stage

    async def _check_four_eyes(self, tx: Reader, by: Actor, thing: Thing, event: Event) -> None:
        roles = self.kinds[thing.kind].barred.get(event)
        for one in () if roles is None else await self.lineage(tx, thing, roles):
            hand = self.kinds[one.kind].hand
            if hand and any(fact.event in hand.events and fact.by == by.id for fact in await tx.history(one.ref)):
                raise NotPermitted(words.FOUR_EYES(thing=thing.ref, deed=hand.said(), of=one.ref))

    async def lineage(self, tx: Reader, thing: Thing, roles: Collection[Role]) -> tuple[Thing, ...]:
        """Return the thing and all that links of these roles lead to from it, the nearest first, each once."""
        reached: dict[Ref, Thing] = {thing.ref: thing}
        for one in (waiting := [thing]):
            for link in links_of(one, self.kinds[one.kind].links):
                if link.role in roles and link.to not in reached:
                    reached[link.to] = await self._at(tx, link.to)
                    waiting.append(reached[link.to])
        return tuple(reached.values())

    async def _at(self, tx: Reader, about: Ref) -> Thing:
        thing = await tx.find(self.kinds[about.kind].model, about.number)
        assert thing is not None, f"{about} is linked to and not there"
        return thing

    async def _wrong_stage(self, tx: Reader, thing: Thing, event: Event) -> Said:
        """Return what is told of an event that the thing's stage does not allow: what it is, since when, by whom."""
        about = Ref(thing.kind, thing.number)
        rules, history = self.kinds[thing.kind], await tx.history(about)
        since = next((fact for fact in reversed(history) if rules.moves(fact.event)), None)
        told: dict[str, Value] = {
            "thing": about,
            "stage": words.STAGES[thing.stage](),
            "deed": event.deed,
            "before": [words.EMPHASIS(word=words.STAGES[stage]()) for stage in rules.stages_before(event)],
        }
        if since is None:
            return words.WRONG_STAGE(**told)
        if since.by:
            return words.WRONG_STAGE_SINCE_BY(**told, who=since.by, since=since.at)
        return words.WRONG_STAGE_SINCE(**told, since=since.at)


@dataclass(frozen=True, slots=True)
class Decision:
    """One transaction by one actor. Raising out of it leaves nothing behind."""

    tx: Writer
    by: Actor
    record: Record
    at: datetime
    deed: Deed | None = None
    """What facts are recorded by; None for what follows by itself."""
    done: tuple[Fact, ...] = ()
    """What the deed has done already; when there is any, nothing is done now."""
    to_meet: list[Fact] = field(default_factory=list)
    """What of that was not met again yet."""

    async def open(self, thing: T, event: Event, *, details: Mapping[str, Json] | None = None) -> T:
        """Record the event that brings a thing into being, and return it with its number."""
        if self.done:
            return await self._again(type(thing), self._meet(thing.kind, event))
        self.record.check_duty(event, by=self.by)
        stage = self.record.kinds[thing.kind].step(None, event)
        assert stage is not None, f"{event} opens nothing"
        added = await self.tx.add(replace(thing, stage=stage))
        await self._record(None, added, event, details or {})
        await self._flow(event, added)
        return added

    def by_system(self) -> "Decision":
        """Return the same transaction with the bot as actor, for what follows by itself from a person's decision."""
        return replace(self, by=SYSTEM)

    async def check(self, kind: type[T], number: int, event: Event) -> T:
        """Raise what `move` would, and return the thing as it stands."""
        if self.done and self._has_met(kind.kind, event, number):
            return await self._again(kind, number)
        locked = await self.tx.lock(kind, number)
        thing, _ = await self.record.allowed(self.tx, kind, number, locked, event, by=self.by)
        return thing

    async def move(
        self,
        kind: type[T],
        number: int,
        event: Event,
        *,
        details: Mapping[str, Json] | None = None,
        delay: timedelta = timedelta(0),
        **changes: object,
    ) -> T:
        """Record an event of a thing and return it as it stands then. Its effects are due after the delay.

        Raises:
            NotFound: there is no such thing.
            NotPermitted: the actor lacks the duty or has a hand in it.
            WrongStage: no row of the table leads on from here.
        """
        if self.done:
            return await self._again(kind, self._meet(kind.kind, event, number))
        locked = await self.tx.lock(kind, number)
        thing, stage = await self.record.allowed(self.tx, kind, number, locked, event, by=self.by)
        moved = replace(thing, stage=stage, **changes)  # type: ignore[arg-type]  # replace refuses unknown names
        await self.tx.save(moved)
        await self._record(locked, moved, event, details or {}, delay=delay)
        await self._flow(event, moved)
        return moved

    async def _flow(self, event: Event, thing: Thing) -> None:
        for one in self.record.flows.get(event, ()):
            await one.run(replace(self.by_system(), deed=None), thing)

    def _has_met(self, kind: Kind, event: Event, number: int | None) -> bool:
        return any(_is_of(fact, kind, event, number) for fact in self.to_meet)

    def _meet(self, kind: Kind, event: Event, number: int | None = None) -> int:
        """Return whose fact it was that the deed has recorded so. Raises WrongStage when it recorded another."""
        fact = next((fact for fact in self.to_meet if _is_of(fact, kind, event, number)), None)
        if fact is None or self.deed is None:
            raise WrongStage(_told(self.done))
        self.to_meet.remove(fact)
        self.deed.count += 1
        return fact.about.number

    async def _again(self, kind: type[T], number: int) -> T:
        thing = await self.tx.find(kind, number)
        assert thing is not None, f"{kind.kind}-{number} has facts and no row"
        return thing

    async def _record(
        self,
        before: Thing | None,
        thing: Thing,
        event: Event,
        details: Mapping[str, Json],
        *,
        delay: timedelta = timedelta(0),
    ) -> None:
        about = Ref(thing.kind, thing.number)
        changes = changed(before, thing)
        fact = await self.tx.append(
            about, event.value, by=self.by.id, details=details, changes=changes, at=self.at, deed=self.deed
        )
        rules = self.record.kinds[thing.kind]
        for effect in rules.follows.get(event, ()):
            own = {**details, MADE_FOR: secrets.token_hex(MARK_BYTES)} if effect in rules.marked else details
            await self.tx.enqueue(fact, effect.value, lane=effect.lane.value, details=own, at=self.at + delay)
        await self.tx.mark_card(*self._shown_on(thing, rules), not_before=self.at)

    def _shown_on(self, thing: Thing, rules: ThingKind) -> Iterable[Ref]:
        """Return whose cards show the thing: its own or its sweep's, and those of what it belongs to."""
        shown = {name: one for name, one in rules.links.items() if one.is_shown_there}
        refs = dict.fromkeys((thing.shown_on, *(link.to for link in links_of(thing, shown)), *thing.told_of))
        return [ref for ref in refs if self.record.kinds[ref.kind].channel]


def _is_of(fact: Fact, kind: Kind, event: Event, number: int | None) -> bool:
    return fact.about.kind == kind and fact.event == event.value and number in (None, fact.about.number)


def _told(done: Sequence[Fact]) -> Said:
    """Return that a deed has been done, and what it was in the first place."""
    return words.DONE_BEFORE(thing=done[0].about, deed=DEEDS[done[0].event]())


def _check_duty(duties: Mapping[Event, frozenset[Duty]], by: Actor, event: Event) -> None:
    allowed = duties[event]
    if by.duties & allowed:
        return
    wanted, held = (
        [words.EMPHASIS(word=words.DUTIES[duty]()) for duty in sorted(duties)]
        for duties in (allowed - {Duty.SYSTEM}, by.duties)
    )
    raise NotPermitted(
        words.NEEDS_DUTY(
            wanted=wanted or [words.OF_THE_BOT()],
            kind=event.value.partition(".")[0],
            deed=event.deed,
            held=held or [words.NO_DUTY()],
        )
    )


def no_such(kind: ThingKind, number: int) -> Said:
    """Return what is told of a number that nothing has."""
    name = Ref(kind.kind, number)
    return words.NO_SUCH_LISTED(name=name, command=kind.listed_by) if kind.listed_by else words.NO_SUCH(name=name)
