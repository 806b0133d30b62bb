"""A kind of thing as one value: what may happen to it, where that leads, who may cause it, and what it asks for."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from enum import StrEnum
from typing import Any, TypeAlias

from bot.core.cards import Card
from bot.core.links import Reference, Role
from bot.core.said import Phrase, Said, Say, Words
from bot.core.sample import Sample
from bot.core.store import Reader
from bot.core.values import Duty, Kind, Stage, Thing
from bot.core.view import Glance, View


class Event(StrEnum):
    """What may happen to a thing, in the past tense, as in `audit.approved`. The value is stored for ever."""

    def __init_subclass__(cls) -> None:
        """Note for each event what was done to the thing, as a phrase."""
        super().__init_subclass__()
        for event in cls:
            part, _, deed = event.value.partition(".")
            DEEDS[event.value] = Words(f"{part}.deed")(deed, deed.replace("_", " "))

    @property
    def deed(self) -> Said:
        """What was done to the thing, as in `changes requested`."""
        return DEEDS[self.value]()


DEEDS: dict[str, Phrase] = {}
"""By the names of the events. Filled while modules are imported, and never changed afterwards."""


class Lane(StrEnum):
    """Effects of one thing run in order within a lane; an outage of one lane does not hold up another."""

    CHAT = "chat"
    CLUSTER = "cluster"
    REGISTRY = "registry"
    TRACKING = "tracking"
    ENDPOINTS = "endpoints"
    METER = "meter"


class Effect(StrEnum):
    """What an event may call for outside; each has one handler."""

    @property
    def lane(self) -> Lane:
        """Return the lane, which is the first part of the name."""
        return Lane(self.value.partition(".")[0])


Steps: TypeAlias = Mapping[tuple[Stage | None, Event], Stage]


def from_each(stages: tuple[Stage, ...], event: Event, after: Stage) -> dict[tuple[Stage | None, Event], Stage]:
    """Return the rows of an event that leads to one stage from each of these."""
    return {(stage, event): after for stage in stages}


@dataclass(frozen=True, slots=True)
class Hand:
    """The deeds by which people have a hand in a thing, and may not judge what comes of it."""

    events: frozenset[Event]
    said: Phrase
    """The deed, as in `ordered its training`."""


@dataclass(frozen=True, slots=True)
class Message:
    """What an effect tells once in a channel, which the config names."""

    channel: str
    draw: Callable[[View[Any], Say], Card]
    cannot: Phrase
    """The title of the incident when it is given up; it takes the `thing`."""


def _bare(thing: Thing) -> Glance:
    return Glance(thing.ref, thing.stage)


@dataclass(frozen=True, slots=True, kw_only=True)
class ThingKind:
    """All that decides about a kind of thing. What is missing is a type error, or stops the start with its name."""

    model: type[Thing]
    events: type[Event]
    steps: Steps
    """Which event leads from which stage to which; a missing row is a refusal."""
    duties: Mapping[Event, frozenset[Duty]]
    """Who may cause each event. The config's policy may replace rows."""
    follows: Mapping[Event, tuple[Effect, ...]] = field(default_factory=dict)
    """The effects that an event calls for. Cards are not among them: every fact makes its thing's card due."""
    gives_up: Mapping[Effect, Event | None] = field(default_factory=dict)
    """The event when an effect has run out of attempts or is impossible; with None only an incident is opened."""
    patient: frozenset[Effect] = frozenset()
    """Effects that never run out of attempts while their system is away: what they tell is worth telling late, and many
    of them wait for the same end, of which one incident tells."""
    links: Mapping[str, Reference] = field(default_factory=dict)
    """Its fields that hold the number of another thing."""
    bounds: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    """The lowest and the highest value of a number, which the database holds it to as well."""
    hand: "Hand | None" = None
    """By what people have a hand in it."""
    barred: Mapping[Event, frozenset[Role]] = field(default_factory=dict)
    """Four eyes: who has a hand in the thing, or in one that links of these roles lead to, may not cause the event."""
    glance: Callable[[Any], Glance] = _bare
    view: Callable[[Reader, Any, View[Any]], Awaitable[View[Any]]] | None = None
    """Returns the thing's view with what its card needs beside the glances: of a class of its own, if it needs more."""
    card: Callable[[Any, Say], Card]
    """Draws that view."""
    samples: Sequence[Sample] = ()
    """What it looks like: at each stage, and besides."""
    marked: frozenset[Effect] = frozenset()
    """Effects that are given a random mark, by which what they made outside is known again. A key does not tell: an
    earlier database that is restored gives the same ones anew, and so does another installation."""
    messages: Mapping[Effect, Message] = field(default_factory=dict)
    channel: str | None
    """Where its cards stand, as the config names channels; None for what only others' cards show."""
    listed_by: str = ""
    """The command that shows what there is of it; by default people look at the cards."""

    @property
    def kind(self) -> Kind:
        """Return what names begin with that are its."""
        return self.model.kind

    def step(self, stage: Stage | None, event: Event) -> Stage | None:
        """Return the stage that follows, or None where the table has no row."""
        return self.steps.get((stage, event))

    def moves(self, event: str) -> bool:
        """Tell whether the event ever leads to another stage, so that what stands at one stands there since then."""
        return any(before is not after for (before, happening), after in self.steps.items() if happening == event)

    def stages_before(self, event: Event) -> tuple[Stage, ...]:
        """Return the stages from which the event may happen, in the table's order."""
        return tuple(stage for stage, happening in self.steps if happening is event and stage is not None)

    def __post_init__(self) -> None:
        """Raise TypeError for an event without a step or a duty, and for an effect without what gives it up."""
        stepped = {event for _, event in self.steps}
        called_for = {effect for effects in self.follows.values() for effect in effects}
        for event in self.events:
            if event not in stepped or not self.duties.get(event):
                raise TypeError(f"{event.value} needs a step and a duty")
        named = stepped | self.duties.keys() | self.follows.keys() | self.barred.keys()
        if strange := (named | (self.hand.events if self.hand else frozenset())) - set(self.events):
            raise TypeError(f"{self.kind.name} has rows for events of others: {sorted(strange)}")
        if unknown := (self.links.keys() | self.bounds.keys()) - {one.name for one in fields(self.model)}:
            raise TypeError(f"{self.model.__name__} has no fields {sorted(unknown)}")
        if forgotten := called_for ^ self.gives_up.keys():
            raise TypeError(f"what gives up {sorted(forgotten)}, which {self.kind.name} calls for, is not said")
