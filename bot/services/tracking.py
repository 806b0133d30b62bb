"""What a registry is told of an attempt of a run, by the record; and where it stands there."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.core.record import Record
from bot.core.said import said_in
from bot.core.values import Fact, Ref
from bot.ports import Outcome
from bot.services.things import found
from bot.things.run.events import RunEvent
from bot.things.run.model import Run
from bot.things.run.readings import TRACKED, Tracked

_NEXT_ATTEMPT = (RunEvent.RETRIED, RunEvent.RESUMED)
_OUTCOMES: Mapping[str, Outcome] = {
    RunEvent.SUCCEEDED: Outcome.FINISHED,
    RunEvent.FAILED: Outcome.FAILED,
    RunEvent.CANCELLED: Outcome.CANCELLED,
}


@dataclass(frozen=True, slots=True)
class Attempt:
    """An attempt that the cluster had."""

    started_at: datetime
    ended_at: datetime | None = None
    outcome: Outcome | None = None
    cause: str = ""


def attempt_of(history: Sequence[Fact], number: int) -> Attempt | None:
    """Return one of a run's attempts, or None when the cluster never had it."""
    count, own = 1, []
    for fact in history:
        count += fact.event in _NEXT_ATTEMPT
        if count == number:
            own.append(fact)
    began = [fact.at for event in (RunEvent.STARTED, RunEvent.SUBMITTED) for fact in own if fact.event == event]
    if not began:
        return None
    end = next((fact for fact in reversed(own) if fact.event in _OUTCOMES), None)
    if end is None:
        return Attempt(began[0])
    reason = end.details.get("reason")
    cause = said_in(end.changes.get("cause")) or said_in(reason) or reason
    return Attempt(began[0], end.at, _OUTCOMES[end.event], str(cause or ""))


async def tracked(record: Record, number: int, *, attempt: int, url: str) -> None:
    """Keep where the run's present attempt stands in the registry, for its card."""
    async with record.store.writing() as tx:
        run = await found(tx, Run, number)
        about = Ref(Run.kind, number)
        stands = Tracked(attempt, url)
        if run.attempt == attempt and await tx.reading(about, TRACKED) != stands:
            await tx.put_reading(about, TRACKED, stands, at=record.now())
            if run.shown_on == about:  # a sweep's card does not lead there
                await tx.mark_card(about, not_before=record.now())
