"""A message of ours as plain data. The chat adapter draws it; nothing here knows Discord."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum


class Tone(StrEnum):
    """What a card is about at a glance. Never the only sign: the headline says it in words and with an icon."""

    NEUTRAL = "neutral"
    BUSY = "busy"
    GOOD = "good"
    WARNING = "warning"
    BAD = "bad"


class ButtonStyle(StrEnum):
    """How much a press weighs."""

    PRIMARY = "primary"
    SECONDARY = "secondary"
    SUCCESS = "success"
    DANGER = "danger"


@dataclass(frozen=True, slots=True)
class Button:
    """A press that people may make; `id` carries its whole state, so it survives a restart."""

    label: str
    id: str
    """`<action>:<kind>-<number>`, as in `audit_approve:AUD-9`."""
    style: ButtonStyle = ButtonStyle.SECONDARY


@dataclass(frozen=True, slots=True)
class File:
    """A picture or text that travels with the card."""

    name: str
    content: bytes
    alt_text: str = ""
    """For pictures: what it shows, in words."""


@dataclass(frozen=True, slots=True)
class Card:
    """A message: a headline, paragraphs of Discord markdown, pictures, buttons and a small footer."""

    headline: str
    paragraphs: Sequence[str] = ()
    tone: Tone = Tone.NEUTRAL
    pictures: Sequence[File] = ()
    files: Sequence[File] = ()
    whole: File | None = field(default=None, repr=False)
    """All of what people wrote, which travels along when the paragraphs do not fit."""
    whole_note: str = ""
    """What the card says of it then."""
    buttons: Sequence[Button] = ()
    footer: str = ""
    mentions: Sequence[int] = field(default=())
    """People who are to be notified; all other mentions stay silent."""
    mark: str = field(default="", repr=False)
    """By which its message is found again in the channel; nobody sees it."""
