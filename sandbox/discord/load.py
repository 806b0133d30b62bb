"""Many acts at once, timed where Discord would see it: from making an interaction to its first answer."""

import asyncio
from collections.abc import Sequence

from sandbox.discord.people import People
from sandbox.discord.slash import Mistake
from sandbox.discord.wire import Payload


async def load(people: People, acts: Sequence[Payload], *, in_flight: int) -> Payload:
    """Do all acts, so many at a time, and return `latencies_ms` and how many got no answer in time."""
    waiting = list(reversed(acts))
    latencies: list[float] = []
    failed: list[str] = []

    async def one_after_another() -> None:
        while waiting:
            try:
                done = await people.act(waiting.pop(), {})
            except Mistake as mistake:
                failed.append(str(mistake))
                continue
            took = people.server.desk.by_id[done["interaction"]].answered_after_ms
            if took is None:
                failed.append(str(done.get("error")))
            else:
                latencies.append(took)

    await asyncio.gather(*(one_after_another() for _ in range(in_flight)))
    return {"latencies_ms": latencies, "failed": failed}
