"""What a card is drawn from, and what all cards share: the headline, the line of the stage, headings, long lists."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Generic, TypeVar

from bot.core import words
from bot.core.cards import Button, ButtonStyle, Card, Tone
from bot.core.links import Role
from bot.core.readings import Chart
from bot.core.said import Phrase, Said, Say
from bot.core.values import Fact, PersonId, Ref, Stage, Thing

T = TypeVar("T", bound=Thing)
SHOWN_LINES = 25
ROOM = 2000
"""Characters for rows, of the four thousand that a card may have."""
ROOM_OF_A_LIST = 3600
"""Where there is nothing beside them."""


@dataclass(frozen=True, slots=True)
class Glance:
    """What others may know of a thing."""

    ref: Ref
    stage: Stage
    title: str = ""
    people: tuple[PersonId, ...] = ()
    """Who asked for it or made it, and who has to act on what becomes of it."""
    figures: Mapping[str, float] = field(default_factory=dict)
    """What it came to, or is to reach, by measure."""
    line: Said | None = None
    """It as a line, for the cards of others that list what there is of its kind."""
    text: str = ""
    """What people wrote of it."""


@dataclass(frozen=True, slots=True)
class View(Generic[T]):
    """A thing, what led to its stage, and a glance at each thing that it refers to."""

    thing: T
    since: Fact | None = None
    """What led to the stage that it is at."""
    links: Mapping[Role, Glance] = field(default_factory=dict)
    chart: Chart | None = None


@dataclass(frozen=True, slots=True)
class StageFace:
    """How a stage looks at a glance; the word itself always stands beside the sign."""

    sign: str
    tone: Tone
    word: Phrase


@dataclass(frozen=True, slots=True)
class Offer:
    """A press that a card offers; its label becomes a sentence at the face."""

    label: Said
    id: str
    style: ButtonStyle = ButtonStyle.SECONDARY


def buttons(offers: Iterable[Offer], say: Say) -> tuple[Button, ...]:
    """Return the buttons of what is offered."""
    return tuple(Button(say(one.label), one.id, one.style) for one in offers)


def headline(thing: Thing, title: str | Said, say: Say) -> str:
    """Return the first line of a thing's card."""
    return say(words.HEADLINE(name=thing.ref, title=title))


def stage_line(face: StageFace, since: Fact | None, say: Say) -> str:
    """Return the stage in words, with the fact that led to it."""
    sign, stage = face.sign, face.word()
    if since is None:
        return say(words.STAGE(sign=sign, stage=stage))
    if since.by:
        return say(words.STAGE_SINCE_BY(sign=sign, stage=stage, who=since.by, since=since.at))
    return say(words.STAGE_SINCE(sign=sign, stage=stage, since=since.at))


def section(heading: str, text: str) -> str:
    """Return a paragraph with its heading."""
    return f"**{heading}**\n{text}"


def newest(heading: str, lines: Sequence[str], say: Say, *, empty: Said, older: Said) -> Card:
    """Return lines as a card that says where the older ones are, since nobody has counted them."""
    footer = say(older) if len(lines) >= SHOWN_LINES else ""
    return Card(heading, [with_room(lines, say, room=ROOM_OF_A_LIST) or say(empty)], footer=footer)


def with_room(lines: Sequence[str], say: Say, *, shown: int = SHOWN_LINES, room: int = ROOM) -> str:
    """Return as many whole lines as a card has room for beside all else, and how many more there are."""
    ends = accumulate(len(line) + 1 for line in lines)
    return first_of(lines, say, shown=min(sum(end <= room for end in ends), shown))


def first_of(lines: Sequence[str], say: Say, *, shown: int = SHOWN_LINES, count: int = 0) -> str:
    """Return the first lines and how many more there are; `count` says how many there are if not all are given."""
    left = max(count, len(lines)) - min(len(lines), shown)
    return "\n".join([*lines[:shown], *([say(words.AND_MORE(count=left))] if left else [])])
