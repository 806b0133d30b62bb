"""The suite of an operation: `assert not await problems_of_operation(outside)` for each system that it runs on.

What ends well is taken once. A system that cannot be asked ends nothing, and Ops hear of it once. A thing's own fault
ends that thing and no other, and is no outage. What is stopped ends, and nobody is called for it.
"""

import asyncio
from collections.abc import AsyncIterator, Collection
from enum import StrEnum
from typing import Protocol

from bot.app import App
from bot.core.values import Ref, Stage, Thing
from bot.effects.health import TELL_AFTER
from bot.lifecycle import RULES
from bot.things.incident.model import Incident
from bot.things.incident.subjects import Matter

PATIENCE_S = 180.0
PAUSE_S = 0.2
"""Between two looks."""


class Fate(StrEnum):
    """What is to become of a thing outside."""

    ENDS_WELL = "ends well"
    FAILS = "fails"
    GOES_ON = "goes on"


class Outside(Protocol):
    """An app with one operation, and the system that it watches, which does as the suite says."""

    @property
    def app(self) -> App:
        """The app, on a store of its own."""
        ...

    async def begin(self, fate: Fate) -> Ref:
        """Have a thing begun that has this fate, and return it when its system has it."""
        ...

    async def stop(self, about: Ref) -> None:
        """Stop it as people do, with all that is due then."""
        ...

    async def look(self) -> None:
        """Look once, as the job does."""
        ...

    def goes_away(self, *, is_away: bool) -> None:
        """Let the system answer nothing, or answer again."""
        ...

    def restarts(self) -> None:
        """Forget what only memory has."""
        ...

    def outcomes(self) -> tuple[Collection[Stage], Collection[Stage]]:
        """Return the stages of what has ended well, and of what has failed."""
        ...


async def problems_of_operation(outside: Outside) -> list[str]:
    """Return what is not as it should be, a sentence each."""
    return [
        problem
        for story in (_of_an_outage, _of_a_fault, _of_a_stop)
        for problem in [problem async for problem in story(outside)]
    ]


async def _of_an_outage(outside: Outside) -> AsyncIterator[str]:
    well, _ = outside.outcomes()
    about = await outside.begin(Fate.ENDS_WELL)
    stage = (await _thing(outside, about)).stage
    outside.goes_away(is_away=True)
    for _ in range(TELL_AFTER + 1):
        await outside.look()
    if (now := (await _thing(outside, about)).stage) is not stage:
        yield f"{about} became {now.value} while its system could not be asked"
    if (told := await _told(outside)) != [Matter.OUTAGE]:
        yield f"of a system that cannot be asked Ops have {_named(told)} and not one outage"
    outside.goes_away(is_away=False)
    await _until(outside, about, well)
    if told := await _told(outside):
        yield f"the system answers again, and Ops still have {_named(told)}"
    before = await _newest_fact(outside)
    await outside.look()
    outside.restarts()
    await outside.look()
    if await _newest_fact(outside) != before:
        yield f"{about} has ended, and is told of again"


async def _of_a_fault(outside: Outside) -> AsyncIterator[str]:
    well, badly = outside.outcomes()
    faulty, other = await outside.begin(Fate.FAILS), await outside.begin(Fate.ENDS_WELL)
    await _until(outside, faulty, badly)
    await _until(outside, other, well)
    async with outside.app.store.reading() as tx:
        told = [one.about for one in await tx.select(Incident) if one.stage is Stage.OPEN]
    if [faulty] != [one.thing for one in told]:
        yield f"of the fault of {faulty} Ops have {_named([one.matter for one in told])} and not one of its own"


async def _of_a_stop(outside: Outside) -> AsyncIterator[str]:
    well, badly = outside.outcomes()
    before = await _told(outside)
    about = await outside.begin(Fate.GOES_ON)
    await outside.look()
    await outside.stop(about)
    thing = await _until_over(outside, about)
    if thing.stage in {*well, *badly}:
        yield f"{about} was stopped and became {thing.stage.value}"
    if (told := await _told(outside)) != before:
        yield f"{about} was stopped, and Ops have {_named(told)}"


async def _thing(outside: Outside, about: Ref) -> Thing:
    async with outside.app.store.reading() as tx:
        thing = await tx.find(RULES[about.kind].model, about.number)
    assert thing is not None, f"{about} is gone"
    return thing


async def _newest_fact(outside: Outside) -> object:
    async with outside.app.store.reading() as tx:
        return await tx.head()


async def _told(outside: Outside) -> list[Matter]:
    async with outside.app.store.reading() as tx:
        return [one.about.matter for one in await tx.select(Incident) if one.stage is Stage.OPEN]


def _named(matters: Collection[Matter]) -> str:
    return ", ".join(matters) or "nothing"


async def _until(outside: Outside, about: Ref, stages: Collection[Stage]) -> Thing:
    async with asyncio.timeout(PATIENCE_S):
        while (thing := await _thing(outside, about)).stage not in stages:
            await asyncio.sleep(PAUSE_S)
            await outside.look()
    return thing


async def _until_over(outside: Outside, about: Ref) -> Thing:
    kind = RULES[about.kind]
    ends = set(kind.steps.values()) - {before for (before, event), after in kind.steps.items() if before is not after}
    return await _until(outside, about, {*ends, *outside.outcomes()[0], *outside.outcomes()[1], Stage.CANCELLED})
