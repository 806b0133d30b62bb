"""Drives the whole road as the five people, prints it as it goes, and fails when a step is not seen in Discord."""

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from sandbox.person import NotSeen, Town
from sandbox.road import STEPS, Road
from sandbox.world import World


class StoryFailed(Exception):  # what it is
    """A step of the road was not seen."""


@dataclass
class Teller:
    """Prints the steps with their times."""

    began: float = field(default_factory=time.monotonic)
    count: int = 0

    def step(self, who: str, what: str) -> None:
        """Print a step that was seen."""
        self.count += 1
        print(f"{time.monotonic() - self.began:6.1f} s  {self.count:2d}. {who:<8} {what}", flush=True)


async def tell(world: World, *, between: Callable[[str], Awaitable[None]] | None = None) -> None:
    """Drive the road; `between` is awaited with a step's name after it, for those who want to break things there.

    Raises:
        StoryFailed: a step was not seen in Discord.
    """
    teller = Teller()
    async with Town(world.page) as town:
        road = Road(world, town)
        try:
            await town.bot_is_online()
            await town.has_command("requirement")
            for step in STEPS:
                await step.act(road)
                teller.step(step.who, step.said(road))
                if between is not None:
                    await between(step.key)
        except NotSeen as missing:
            raise StoryFailed(
                f"after step {teller.count}: {missing}\n\nThe bot's log ends:\n{world.bot.log_tail()}"
            ) from missing
    print(f"\n  The model is deployed, announced and monitored; {teller.count} steps seen in Discord.")
