"""Sweeps as examples: at each stage, and one of some hundred runs."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from bot.core import words as core
from bot.core.cards import ButtonStyle
from bot.core.sample import PEOPLE, Sample
from bot.core.values import Duty, Kind, Ref, Stage
from bot.core.view import Offer, View
from bot.things.sweep.card import Leader, SweepView
from bot.things.sweep.model import Sweep

S = Stage
SWEEP = Sweep(
    number=5,
    requirement=12,
    ordered_by=PEOPLE[Duty.CREATOR],
    recipe="image_classifier",
    method="grid",
    space="hidden=16|32|64 learning_rate=0.001|0.01|0.1",
    run_count=9,
    at_once=3,
    metric="accuracy",
)
_SIGNS = {"ordered": "📮", "queued": "⏳", "running": "🏃", "succeeded": "✅", "failed": "❌", "cancelled": "🚫"}
_RATES = (0.001, 0.01, 0.1)
_ENDED = ("succeeded", "failed", "cancelled")
Seen = Callable[[View[Any]], View[Any]]


def _offer(label: str, press: str, style: ButtonStyle = ButtonStyle.SECONDARY) -> Offer:
    return Offer(core.QUOTED(text=label), press, style)


def leaders(count: int, *, sizes: Sequence[int] = (16, 32, 64)) -> tuple[Leader, ...]:
    """Return runs with results, best first."""
    return tuple(
        Leader(
            Ref(Kind.RUN, 40 + place),
            0.9722 - 0.0031 * place,
            {"epochs": 80, "hidden": sizes[place % len(sizes)], "learning_rate": _RATES[place // len(sizes) % 3]},
        )
        for place in range(count)
    )


def _runs(counts: Mapping[str, int], *, sizes: Sequence[int] = (16, 32, 64), **beside: Any) -> Seen:
    """Return what stands beside a sweep of whose runs so many stand at each stage."""
    tally = tuple(core.QUOTED(text=f"{_SIGNS[stage]} {count} {stage}") for stage, count in counts.items())
    return lambda view: SweepView(
        view.thing,
        view.since,
        view.links,
        tally=tally,
        ended_count=sum(counts.get(stage, 0) for stage in _ENDED),
        leaders=leaders(counts.get("succeeded", 0), sizes=sizes),
        **beside,
    )


def _planned(view: View[Any]) -> View[Any]:
    told = (
        "🟢 It would start at once · as of <t:1795685820:t>",
        "At most **9.0** GPU hours",
        "Budget of REQ-12: 2.2 used, 1.0 promised to open runs, 16.8 of 20 left",
    )
    asked = ("1 node × 1 mi100 GPU, 4 CPU, 8 GiB", "1 h 00 min at most", "partition `gpu`")
    return SweepView(
        view.thing,
        view.since,
        view.links,
        plan=tuple(core.WRITTEN(text=one) for one in told),
        asked=tuple(core.WRITTEN(text=one) for one in asked),
        plan_offers=(
            _offer("Launch", "launch_sweep:SWP-5", ButtonStyle.SUCCESS),
            _offer("Show the script", "script:RUN-31"),
            _offer("Discard", "cancel_sweep:SWP-5"),
        ),
    )


_ON_CLUSTER = replace(SWEEP, stage=S.RUNNING, job_id="4720")
_SIZES = tuple(range(4, 136, 4))
_OUT_OF_MEMORY, _NODE_LOST = core.QUOTED(text="out of memory"), core.QUOTED(text="node lost")

SAMPLES = (
    Sample("planned", replace(SWEEP, stage=S.PLANNED), Duty.CREATOR, _planned),
    Sample("ordered", SWEEP, Duty.CREATOR, _runs({"ordered": 9})),
    Sample("running", _ON_CLUSTER, seen=_runs({"queued": 3, "running": 3, "succeeded": 3})),
    Sample("ended", replace(_ON_CLUSTER, stage=S.ENDED, best_run=40), seen=_runs({"succeeded": 8, "failed": 1})),
    Sample("cancelled", replace(_ON_CLUSTER, stage=S.CANCELLED), seen=_runs({"succeeded": 3, "cancelled": 6})),
    Sample(
        "failed",
        replace(
            SWEEP,
            stage=S.FAILED,
            cause=core.QUOTED(text="SLURM refused it: this account may not use the QOS long."),
        ),
        seen=_runs({}),
    ),
    Sample(
        "ninety-nine runs",
        replace(_ON_CLUSTER, run_count=99, space=f"hidden={'|'.join(map(str, _SIZES))} learning_rate=0.001|0.01|0.1"),
        seen=_runs(
            {"queued": 39, "running": 4, "succeeded": 50, "failed": 6},
            sizes=_SIZES,
            failures=tuple((_OUT_OF_MEMORY if at else _NODE_LOST, Ref(Kind.RUN, 90 + at)) for at in range(6)),
            hints=(
                core.WRITTEN(text="-# Resume goes on from the last checkpoint; where none was saved, it begins anew."),
            ),
            remedies=(
                _offer("Resume with twice the memory · 5 runs", "retry_memory:SWP-5", ButtonStyle.PRIMARY),
                _offer("Resume from checkpoint · 6 runs", "resume:SWP-5"),
                _offer("Retry from the beginning · 1 run", "retry:SWP-5"),
                _offer("Resume on another node · 1 run", "retry_elsewhere:SWP-5"),
            ),
        ),
    ),
)
