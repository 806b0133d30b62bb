"""What ended attempts took by our own clock, for budgets, until accounting says what it was."""

from collections.abc import Sequence
from datetime import datetime

from bot.core.kind import Event
from bot.core.values import Json, Ref, Stage
from bot.domain.budget import gpu_h_at_most
from bot.domain.model import Run
from bot.ports import Reader, Writer
from bot.services.record import Decision
from bot.things.run.rules import RunEvent

UNACCOUNTED = "unaccounted"
"""Name of the reading that keeps GPU hours by job."""
_BEGINNINGS = frozenset({RunEvent.STARTED.value, RunEvent.QUEUED.value, RunEvent.SUBMITTED.value})


def mark(key: str, job_id: str) -> str:
    """Return the name of the reading that says that what a job took is added up."""
    return f"use {key} {job_id}"


async def ended(decision: Decision, run: Run, event: Event) -> None:
    """Keep what an attempt took that ends now, at most its limit; what was not seen to run counts from before."""
    waited = event is RunEvent.CANCELLED and run.stage is not Stage.RUNNING
    if run.job_id is None or waited:
        return
    about = Ref(Run.kind, run.number)
    is_task = run.sweep is not None and "_" in run.job_id
    name = mark(f"slipway-sweep-{run.sweep}" if is_task else run.key, run.job_id)
    if await decision.tx.reading(about, name) is not None:  # accounting was the first to see the end
        return
    history = await decision.tx.history(about)
    began = next((fact.at for fact in reversed(history) if fact.event in _BEGINNINGS), decision.at)
    took_gpu_h = run.resources.nodes * run.resources.gpus * (decision.at - began).total_seconds() / 3600
    kept = await _kept(decision.tx, about) | {name: min(took_gpu_h, gpu_h_at_most(run.resources))}
    await decision.tx.put_reading(about, UNACCOUNTED, kept, at=decision.at)


async def accounted(tx: Writer, run: Run, name: str, *, at: datetime) -> None:
    """Forget what a job took by our clock: it is added up as accounting has it."""
    about = Ref(Run.kind, run.number)
    kept = await _kept(tx, about)
    if kept.pop(name, None) is not None:
        await tx.put_reading(about, UNACCOUNTED, kept, at=at)


async def gpu_h_of(tx: Reader, runs: Sequence[Run]) -> float:
    """Return the GPU hours of these runs that accounting is yet to tell."""
    kept = await tx.readings(Run.kind, [run.number for run in runs], UNACCOUNTED)
    return sum(sum(_hours(one).values()) for one in kept.values())


async def _kept(tx: Reader, about: Ref) -> dict[str, float]:
    return _hours(await tx.reading(about, UNACCOUNTED))


def _hours(kept: Json) -> dict[str, float]:
    return {name: hours for name, hours in kept.items() if isinstance(hours, float)} if isinstance(kept, dict) else {}
