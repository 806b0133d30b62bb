"""What Ops are told of a sweep's failures: one incident at the first few, brought up to date when the sweep is over."""

from collections import Counter
from collections.abc import Sequence

from bot.core.record import Decision
from bot.core.said import Said
from bot.core.secrets import redacted
from bot.core.values import Kind, Ref, Stage
from bot.services.incidents import LOG_LIMIT, UNRESOLVED, open_in
from bot.services.things import found
from bot.things.incident import words
from bot.things.incident.model import Incident
from bot.things.incident.rules import IncidentEvent
from bot.things.incident.subjects import of_failure
from bot.things.run.model import Run
from bot.things.sweep.events import SweepEvent
from bot.things.sweep.model import Sweep
from bot.things.sweep.readings import FAILURE_LOG, FAILURES_TOLD, FailedAttempt, FailureLog

TELL_AFTER = 3
"""Runs that have failed: one or two may be bad luck."""
MOST_RUNS = 1000
_ENDED = (Stage.FAILED.value, Stage.CANCELLED.value)


async def noted(decision: Decision, run: Run, *, log_tail: str = "", may_tell: bool = True) -> None:
    """Tell Ops of a sweep whose run has failed, if that makes enough of them; once, also when they resolve it.

    Of a sweep that somebody cancels they hear at its end only.
    """
    assert run.sweep is not None
    about = Ref(Sweep.kind, run.sweep)
    if log_tail and await decision.tx.reading(about, FAILURE_LOG) is None:
        kept = FailureLog(run.number, redacted(log_tail)[-LOG_LIMIT:])
        await decision.tx.put_reading(about, FAILURE_LOG, kept, at=decision.at)
    told = await decision.tx.select(Incident, about=of_failure(about), limit=1)
    await decision.tx.mark_card(*(Ref(Incident.kind, one.number) for one in told), not_before=decision.at)
    if told or not may_tell:
        return
    failures = await _failures(decision, run.sweep)
    if len(failures) >= TELL_AFTER:
        sweep = await found(decision.tx, Sweep, run.sweep)
        title = words.SOME_FAILED_SO_FAR(count=len(failures), run_count=sweep.run_count, sweep=about)
        await _opened(decision, about, title, failures)


async def summed_up(decision: Decision, sweep: Sweep) -> None:
    """Tell Ops how many runs of a sweep that is over have failed: on the incident about it, or a new one.

    If all were tried again and have succeeded, it is over; what Ops have dealt with is not told again.
    """
    failures = await _failures(decision, sweep.number)
    about = Ref(Sweep.kind, sweep.number)
    before = await decision.tx.reading(about, FAILURES_TOLD)
    standing = tuple(FailedAttempt(run.number, run.attempt) for run in failures)
    await decision.tx.put_reading(about, FAILURES_TOLD, standing, at=decision.at)
    title = words.SOME_FAILED(count=len(failures), run_count=sweep.run_count, sweep=about)
    open_ones = await decision.tx.select(Incident, about=of_failure(about), stages=UNRESOLVED, limit=1)
    if not failures:
        await _resolve(decision, open_ones, words.NONE_FAILED())
        return
    if not open_ones:
        if before is None or set(standing) - set(before):
            await _opened(decision, about, title, failures)
        return
    log, cause = await _evidence(decision, about, failures)
    number = open_ones[0].number
    await decision.move(Incident, number, IncidentEvent.UPDATED, title=title, cause=cause, log_tail=log)


async def tried_again(decision: Decision, runs: Sequence[Run]) -> None:
    """Note that runs of a sweep have next attempts: one that had ended goes on, and Ops see what is left to do."""
    if not runs or (number := runs[0].sweep) is None:
        return
    about = Ref(Sweep.kind, number)
    if (await found(decision.tx, Sweep, number)).stage is Stage.ENDED:
        await decision.move(Sweep, number, SweepEvent.RETRIED, details={"run": runs[0].number})
    kept = await decision.tx.reading(about, FAILURE_LOG)
    if kept and kept.run in {run.number for run in runs}:
        await decision.tx.put_reading(about, FAILURE_LOG, None, at=decision.at)
    told = await decision.tx.select(Incident, about=of_failure(about), stages=UNRESOLVED)
    await decision.tx.mark_card(*(Ref(Incident.kind, one.number) for one in told), not_before=decision.at)
    failed = await decision.tx.select(Run, sweep=number, stages=(Stage.FAILED.value,), limit=1)
    if told and not failed and not await _failures(decision, number):
        await _resolve(decision, told, words.ALL_TRIED_AGAIN())


async def _resolve(decision: Decision, told: Sequence[Incident], resolution: Said) -> None:
    for incident in told:
        await decision.by_system().move(Incident, incident.number, IncidentEvent.RESOLVED, resolution=resolution)


async def _failures(decision: Decision, number: int) -> list[Run]:
    """Return the sweep's runs that have failed, newest first; what was cancelled through us has no cause."""
    runs = await decision.tx.select(Run, sweep=number, stages=_ENDED, limit=MOST_RUNS)
    return [run for run in runs if run.cause]


async def _opened(decision: Decision, about: Ref, title: Said, failures: Sequence[Run]) -> None:
    log, cause = await _evidence(decision, about, failures)
    await open_in(decision, of_failure(about), title=title, cause=cause, next_step=words.LOOK_AT_ONE(), log_tail=log)


async def _evidence(decision: Decision, about: Ref, failures: Sequence[Run]) -> tuple[str, Said]:
    """Return the log of a failed run, and the commonest cause, as the newest of those runs has it."""
    [(kind, count)] = Counter(run.failure for run in failures).most_common(1)
    newest = next(run.cause for run in failures if run.failure == kind and run.cause)
    kept = await decision.tx.reading(about, FAILURE_LOG)
    told = words.COMMONEST(count=count, cause=newest)
    return (kept.log, words.WHOSE_LOG(told=told, run=Ref(Kind.RUN, kept.run))) if kept else ("", told)
