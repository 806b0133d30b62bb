"""The engine: looks at all slow things of a kind in one round, so that the fault of one is not the others'.

What effects began outside goes on there for minutes or days. A kind of such things brings an `Operation`; the engine
has what is the same for all. A system that cannot be asked ends nothing, and Ops hear of it once. A thing's own fault
ends that thing at once. What only waiting can mend is waited for up to the deadline. When too many of a round's
questions fail, the rest wait for the next round.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Generic, Protocol, TypeVar

import structlog

from bot.app import App
from bot.core.said import Said
from bot.core.secrets import redacted_said
from bot.core.values import Thing
from bot.core.words import QUOTED
from bot.effects import health
from bot.errors import Misconfigured, NeedsMending, Refused, SlipwayError, Upstream

log = structlog.get_logger()

T = TypeVar("T", bound=Thing)
S = TypeVar("S")
MOST_FAILURES = 3
"""When so many questions of a round fail, the others wait for the next: each would wait as long as these did."""


@dataclass(frozen=True, slots=True)
class Waits:
    """A thing that has not ended: why, and since when it is at that."""

    why: Said
    since: datetime


@dataclass(frozen=True, slots=True)
class Deadline:
    """For how long a thing may be at it."""

    limit: timedelta
    cause: Callable[[Said], Said]
    """Returns what it ends with, of why it has not ended."""


class Operation(Protocol[T, S]):
    """One kind of slow things: what its system is asked, and what the answers mean."""

    @property
    def work(self) -> str:
        """What it is called in the log, and among what fails for an outside system."""
        ...

    @property
    def system(self) -> str:
        """Whose settings it is when one cannot be used."""
        ...

    async def under_way(self) -> Mapping[str, T]:
        """Return what has not ended, by key."""
        ...

    async def observe(self, things: Mapping[str, T]) -> Mapping[str, S]:
        """Ask for all of them in one round; each has an answer. Raises Upstream when the system cannot be asked."""
        ...

    def asks_more(self, seen: S) -> bool:
        """Tell whether to follow it means to ask the system once more."""
        ...

    async def follow(self, thing: T, seen: S, *, may_ask: bool) -> Waits | None:
        """Tell what is new, and take the result of what has ended; return what it waits for, if it has a deadline."""
        ...

    async def progressed(self, things: Mapping[str, T], seen: Mapping[str, S]) -> None:
        """Keep how far all are that go on, in one go, after each was followed."""
        ...

    async def failed(self, thing: T, cause: Said, error: SlipwayError) -> bool:
        """End it for a fault of its own. Return False when that is none, and the next round is to look again."""
        ...

    async def since(self, thing: T) -> datetime:
        """Return since when it is at what it is at."""
        ...

    def deadline(self, thing: T) -> Deadline | None:
        """Return how long it may be at it, or None where its system ends it."""
        ...


@dataclass(slots=True)
class Watch(Generic[T, S]):
    """The rounds of one operation."""

    app: App
    operation: Operation[T, S]
    _failures: list[Upstream] = field(default_factory=list)
    """Of the present round."""

    async def tick(self) -> None:
        """Look once at all that is under way."""
        work, self._failures = self.operation.work, []
        things = await self.operation.under_way()
        if not things:
            health.ended(self.app, work)
            return
        try:
            seen = await self.operation.observe(things)
        except Upstream as error:
            self._failures.append(error)
        else:
            for key, one in seen.items():
                if not self._is_enough or not self.operation.asks_more(one):
                    await self._follow(things[key], one)
            await self.operation.progressed(things, seen)
        if not self._failures:
            await health.answered(self.app, work)
            return
        log.warning("system cannot be asked", work=work, error=str(self._failures[0]), count=len(self._failures))
        await health.failed(self.app, self._failures[0], work=work)

    @property
    def _is_enough(self) -> bool:
        return len(self._failures) >= MOST_FAILURES

    async def _follow(self, thing: T, seen: S) -> None:
        try:
            waits = await self.operation.follow(thing, seen, may_ask=not self._is_enough)
        except Refused as refusal:
            said = refusal.said if isinstance(refusal.said, Said) else QUOTED(text=str(refusal))
            if not await self.operation.failed(thing, redacted_said(said), refusal):
                log.error("thing cannot be followed", thing=str(thing.ref), error=str(refusal))
        except Misconfigured as error:
            await self._not_followed(thing, NeedsMending(self.operation.system, str(error)))
        except Upstream as error:
            await self._not_followed(thing, error)
        else:
            if waits is not None:
                await self._end_if_late(thing, waits)

    async def _not_followed(self, thing: T, error: Upstream) -> None:
        why = redacted_said(QUOTED(text=error.message))
        is_own = not error.retryable and not isinstance(error, NeedsMending)
        if is_own and await self.operation.failed(thing, why, error):
            log.warning("thing has failed", thing=str(thing.ref), error=str(error))
            return
        self._failures.append(error)
        if not error.retryable and self.operation.deadline(thing) is not None:  # an outage is waited out
            await self._end_if_late(thing, Waits(why, await self.operation.since(thing)))

    async def _end_if_late(self, thing: T, waits: Waits) -> None:
        deadline = self.operation.deadline(thing)
        if deadline is None or self.app.record.now() - waits.since < deadline.limit:
            return
        cause = deadline.cause(waits.why)
        await self.operation.failed(thing, cause, Upstream(self.operation.system, str(cause), retryable=False))
