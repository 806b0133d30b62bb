"""Acts of any of six people, and the check that only those with the duty may."""

from collections.abc import Awaitable, Callable
from typing import Any

from sandbox.person import Person, Reply
from tests.support.crew import SEEN_LIMIT_S, Crew, side_by_side

EVERYONE = ("malee", "anan", "kanya", "preecha", "somchai", "nok")
NO_DUTY = "needs the duty"


async def refused_to_all_but(place: Crew, allowed: str, act: Callable[[Person], Awaitable[Reply]]) -> None:
    """Check that everyone else is refused for want of the duty, and that nobody's deed is on record."""
    before = deeds(place)
    others = [key for key in EVERYONE if key not in allowed.split()]

    for reply in await side_by_side(*(act(place.person(key)) for key in others)):
        await place.refused(reply, NO_DUTY)
    assert before == deeds(place)


def deeds(place: Crew) -> list[tuple[Any, ...]]:
    """Return what people have done; what the bot does by itself goes on meanwhile."""
    return place.query("SELECT kind, number, event FROM events WHERE by != 0 ORDER BY sequence")


def slash(command: str, **options: Any) -> Callable[[Person], Awaitable[Reply]]:
    """Return the act of using a command."""
    return lambda person: person.slash(command, channel="general", **options)


def press(channel: str, head: str, label: str) -> Callable[[Person], Awaitable[Reply]]:
    """Return the act of pressing a card's button."""
    return lambda person: person.click(channel, label, containing=head, within_s=SEEN_LIMIT_S)


async def decide(place: Crew, who: str, channel: str, head: str, label: str, *, reason: str = "So it is.") -> Reply:
    """Press a button that asks for a reason, and give one."""
    form = await press(channel, head, label)(place.person(who))

    assert form.modal is not None, form.text
    return await form.submit({"Reason": reason})
