"""Waiting for a fact with a deadline, instead of sleeping and hoping."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

T = TypeVar("T")
POLL_S, LONGEST_POLL_S = 0.05, 0.2
"""Between two looks: what comes at once is seen at once; a long wait costs little."""
POLL_GROWTH = 1.2
PATIENCE_S = 180.0
"""Many times what anything takes that is awaited here: a limit that is never reached costs nothing, and another machine
may be a third as fast and busy with other tests too."""


async def eventually(ask: Callable[[], T | None], *, within_s: float = PATIENCE_S) -> T:
    """Return the first true answer; fail with the last answer when the time is over."""

    async def awaited() -> T | None:
        return ask()

    return await eventually_awaited(awaited, within_s=within_s)


async def eventually_awaited(
    ask: Callable[[], Awaitable[T | None]], *, within_s: float = PATIENCE_S, longest_poll_s: float = LONGEST_POLL_S
) -> T:
    """Return the first true answer of an async question; fail with the last answer when the time is over."""
    deadline, wait_s = time.monotonic() + within_s, POLL_S
    while True:
        answer = await ask()
        if answer:
            return answer
        assert time.monotonic() < deadline, f"not within {within_s:g} s; the last answer was {answer!r}"
        await asyncio.sleep(wait_s)
        wait_s = min(longest_poll_s, wait_s * POLL_GROWTH)
