"""What ended attempts took by our own clock, for budgets, until accounting says what it was."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from bot.core.kind import Event
from bot.core.readings import Reading
from bot.core.record import Decision
from bot.core.values import Ref, Stage
from bot.ports import Reader, Writer
from bot.things.run.budget import gpu_h_at_most
from bot.things.run.events import RunEvent
from bot.things.run.model import Run
from bot.things.run.readings import UNACCOUNTED, Unaccounted, Use, use_of

_BEGINNINGS = frozenset({RunEvent.STARTED.value, RunEvent.QUEUED.value, RunEvent.SUBMITTED.value})


async def ended(decision: Decision, run: Run, event: Event) -> None:
    """Keep what an attempt took that ends now, at most its limit; what was not seen to run counts from before."""
    waited = event is RunEvent.CANCELLED and run.stage is not Stage.RUNNING
    if run.job_id is None or waited:
        return
    about = Ref(Run.kind, run.number)
    is_task = run.sweep is not None and "_" in run.job_id
    use = use_of(f"slipway-sweep-{run.sweep}" if is_task else run.key, run.job_id)
    if await decision.tx.reading(about, use) is not None:  # accounting was the first to see the end
        return
    history = await decision.tx.history(about)
    began = next((fact.at for fact in reversed(history) if fact.event in _BEGINNINGS), decision.at)
    took_gpu_h = run.resources.nodes * run.resources.gpus * (decision.at - began).total_seconds() / 3600
    gpu_h = {**await _kept(decision.tx, about), use.name: min(took_gpu_h, gpu_h_at_most(run.resources))}
    await decision.tx.put_reading(about, UNACCOUNTED, Unaccounted(gpu_h), at=decision.at)


async def accounted(tx: Writer, run: Run, use: Reading[Use], *, at: datetime) -> None:
    """Forget what a job took by our clock: it is added up as accounting has it."""
    about = Ref(Run.kind, run.number)
    kept = await _kept(tx, about)
    if use.name in kept:
        left = {name: gpu_h for name, gpu_h in kept.items() if name != use.name}
        await tx.put_reading(about, UNACCOUNTED, Unaccounted(left), at=at)


async def gpu_h_of(tx: Reader, runs: Sequence[Run]) -> float:
    """Return the GPU hours of these runs that accounting is yet to tell."""
    kept = await tx.readings(Run.kind, [run.number for run in runs], UNACCOUNTED)
    return sum(sum(one.gpu_h.values()) for one in kept.values())


async def _kept(tx: Reader, about: Ref) -> Mapping[str, float]:
    kept = await tx.reading(about, UNACCOUNTED)
    return kept.gpu_h if kept else {}
