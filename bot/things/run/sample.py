"""Runs as examples: at each stage, and with what may be around them."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from bot.core import words as core
from bot.core.sample import PEOPLE, Sample
from bot.core.values import Duty, Fact, Kind, Ref, Stage
from bot.core.view import View
from bot.things.run import words
from bot.things.run.card import RunView, Told
from bot.things.run.causes import REMEDIES, Cause
from bot.things.run.events import RunEvent
from bot.things.run.model import Resources, Run
from bot.things.run.plan import cluster_away, offers, start
from bot.things.run.readings import Outlook, Progress, SlurmWords
from bot.things.run.remedies import hints
from bot.things.run.remedies import offers as remedy_offers

S = Stage
AT = datetime(2026, 11, 26, 9, 37, tzinfo=UTC)
RUN = Run(
    number=31,
    requirement=12,
    ordered_by=PEOPLE[Duty.CREATOR],
    recipe="image_classifier",
    dataset="digits",
    parameters={"epochs": 80, "learning_rate": 0.01, "hidden": 64},
    seed=7,
    hypothesis="A small network is enough for 8 x 8 pixels.",
    resources=Resources(partition="gpu", nodes=1, gpus=1, cpus=4, memory_gib=8, time_limit_min=60, gpu_type="mi100"),
)
ON_NODE = replace(RUN, stage=S.RUNNING, job_id="4711", node="gpu1")
SUCCEEDED = replace(
    ON_NODE,
    stage=S.SUCCEEDED,
    metrics={
        "accuracy": 0.9611,
        "train_accuracy": 0.9882,
        "recall_worst_class": 0.9057,
        "loss": 0.1284,
        "latency_p95_ms": 1.82,
        "model_size_bytes": 41_212.0,
    },
    model_digest="9f2c4e7ab1d05c3388aa61e2f7704bd9",
    model_version="3",
    gpu_h=0.21,
)
PROGRESS = Progress(
    epoch=47,
    epochs=80,
    loss=0.2113,
    metric="accuracy",
    value=0.944,
    elapsed_s=94.0,
    left_s=66.0,
    gpu_share=0.83,
    gpu_memory_gib=1.4,
    gpu_memory_total_gib=32.0,
    memory_gib=3.2,
    rows_per_s=48_120.0,
)
_LOST = replace(
    ON_NODE,
    stage=S.FAILED,
    cause=core.QUOTED(text="The node that the run was on was lost."),
    failure=Cause.NODE_LOST.value,
)
_DIVERGED = replace(
    ON_NODE,
    stage=S.FAILED,
    parameters={**RUN.parameters, "learning_rate": 1000.0},
    cause=core.QUOTED(
        text="The loss became NaN or infinite: the training diverged. (NonZeroExitCode 87:0 on gpu1) It said: the loss "
        "is nan in epoch 3"
    ),
    failure=Cause.DIVERGED.value,
    gpu_h=0.01,
)
_MADE_OF = {"code": "a", "dataset": "b", "parameters": "c", "seed": "7", "weights": "w"}
_FIRST = replace(SUCCEEDED, number=30, fingerprint=_MADE_OF)
_INCIDENT = Ref(Kind.INCIDENT, 7)

Seen = Callable[[View[Any]], View[Any]]


def _with(**beside: Any) -> Seen:
    return lambda view: RunView(view.thing, view.since, view.links, **beside)


def planned(outlook: Outlook | None, *, gpu_h: float = 1.0, left: str = "6.8 of 10 left", **beside: Any) -> Seen:
    """Return what stands beside a plan of which the cluster has said this."""
    spent = core.QUOTED(text=f"2.2 used, 1.0 promised to open runs, {left}")
    budget = words.BUDGET(requirement=Ref(Kind.REQUIREMENT, 12), spent=spent)
    return _with(
        plan=(*start(outlook, is_cluster_away="notices" in beside), words.COST(gpu_h=gpu_h), budget),
        plan_offers=tuple(offers(outlook, RUN.ref, launch=f"launch:{RUN.ref}", discard=f"cancel:{RUN.ref}")),
        **beside,
    )


def _told(title: str, cause: str, next_step: str) -> Told:
    return Told(_INCIDENT, core.QUOTED(text=title), core.QUOTED(text=cause), core.WRITTEN(text=next_step))


def _remedies(cause: Cause) -> dict[str, Any]:
    return {"remedies": remedy_offers(REMEDIES[cause], RUN.ref), "hints": hints(REMEDIES[cause])}


def _slurm(reason: str, **other: Any) -> SlurmWords:
    return SlurmWords(reason, is_unclear=other.pop("is_unclear", False), since_at=AT, **other)


_PLANNED = replace(RUN, stage=S.PLANNED)
_QUEUED = replace(RUN, stage=S.QUEUED, job_id="4711")
_BARE = _with()
_RUNNING = {"progress": PROGRESS}
_CANCEL_ASKED = Fact(1, AT, RUN.ref, RunEvent.CANCEL_REQUESTED, PEOPLE[Duty.CREATOR], {}, {}, "", "")
_REFUSED = Outlook(
    AT,
    "#!/bin/bash",
    refused=core.QUOTED(text="sbatch: error: Requested node configuration is not available"),
    nearest=core.WRITTEN(text="The nearest that fits: 1 node with 8 GPUs of `mi100` in `gpu`."),
)
_STILL = _told(
    "RUN-31 stands still",
    "It runs on gpu1, but has written no progress for 30 minutes.",
    "Look at `/train logs run:31` and `/cluster nodes`; then wait, or press what fits.",
)
_NODE_LOST = _told(
    "RUN-31 failed",
    "The node that the run was on was lost.",
    "Look at the node with `/cluster nodes`; resume the run, on another node if this one stays away.",
)
_JUDGED = words.JUDGED(audit=Ref(Kind.AUDIT, 9), stage=core.QUOTED(text="In review"))

SAMPLES = (
    Sample("planned", _PLANNED, Duty.CREATOR, planned(Outlook(AT, "#!/bin/bash", is_at_once=True))),
    Sample("ordered", RUN, Duty.CREATOR, _BARE),
    Sample("submitted", replace(RUN, stage=S.SUBMITTED, job_id="4711"), seen=_BARE),
    Sample("queued", _QUEUED, seen=_BARE),
    Sample("running", ON_NODE, seen=_with(**_RUNNING)),
    Sample(
        "succeeded",
        replace(SUCCEEDED, conclusion="64 hidden units are plenty; more data would help class 8."),
        seen=_with(judged=_JUDGED),
    ),
    Sample("failed", _DIVERGED, seen=_BARE),
    Sample("cancelled", replace(ON_NODE, stage=S.CANCELLED, gpu_h=0.05), Duty.OPERATOR, _BARE),
    Sample("planned, asking", _PLANNED, Duty.CREATOR, planned(None)),
    Sample(
        "planned, later",
        _PLANNED,
        Duty.CREATOR,
        planned(Outlook(AT, "#!/bin/bash", starts_at=AT + timedelta(hours=2)), left="no limit set"),
    ),
    Sample(
        "planned, impossible",
        replace(_PLANNED, resources=replace(RUN.resources, gpus=16)),
        Duty.CREATOR,
        planned(_REFUSED, gpu_h=16.0),
    ),
    Sample(
        "planned, and the cluster cannot be asked",
        _PLANNED,
        Duty.CREATOR,
        planned(None, notices=(cluster_away(S.PLANNED, AT),)),
    ),
    Sample("queued, with SLURM's reason", _QUEUED, seen=_with(slurm=_slurm("Resources"))),
    Sample("queued, requeued by SLURM", _QUEUED, seen=_with(slurm=_slurm("BeginTime", restarts=2))),
    Sample(
        "running, and SLURM does not know it",
        ON_NODE,
        seen=_with(slurm=_slurm("neither squeue nor sacct shows it", is_unclear=True), **_RUNNING),
    ),
    Sample(
        "running, and the cluster cannot be asked",
        ON_NODE,
        seen=_with(notices=(cluster_away(S.RUNNING, AT),), **_RUNNING),
    ),
    Sample("running, cancel asked for", ON_NODE, seen=_with(cancel_asked=_CANCEL_ASKED, **_RUNNING)),
    Sample("failed, with its node", _LOST, seen=_with(told=_NODE_LOST, **_remedies(Cause.NODE_LOST))),
    Sample("running, stands still", ON_NODE, seen=_with(told=_STILL, **_RUNNING, **_remedies(Cause.STALLED))),
    Sample(
        "succeeded, repeats another",
        replace(_FIRST, number=31, like=30),
        seen=_with(like=_FIRST, judged=_JUDGED),
    ),
)
