"""The things whose cards hang in the gallery: each kind at each stage of its table, as facts would have made it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from bot.core.sample import PEOPLE
from bot.core.values import Duty, Fact, Json, Kind, PersonId, Ref, Stage, Thing
from bot.domain.drawing_parts import View
from bot.lifecycle import RULES, STEPS
from bot.ports import JobStatus, Observation
from bot.services.causes import BY_STATUS, failure_of
from bot.things.incident.model import Incident
from bot.things.incident.subjects import of_failure
from bot.things.recipe.recipe import Recipe
from bot.things.recipe.sample import FORMS_READER
from bot.things.requirement.budget import Budget
from bot.things.requirement.sample import FILED
from bot.things.run.causes import REMEDIES, Cause
from bot.things.run.model import Resources, Run
from bot.things.run.readings import Outlook, Progress
from bot.things.sweep.model import Sweep

S = Stage
NOW = datetime(2026, 11, 26, 9, 41, tzinfo=UTC)
"""The moment in the gallery, on its page too: what has not changed is photographed alike."""
SINCE = timedelta(minutes=4)
MALEE, ANAN, KANYA, PREECHA, SOMCHAI = (
    PEOPLE[duty] for duty in (Duty.ANALYST, Duty.CREATOR, Duty.AUDITOR, Duty.DATA_ANALYST, Duty.OPERATOR)
)
METRICS = {
    "accuracy": 0.9611,
    "train_accuracy": 0.9882,
    "recall_worst_class": 0.9057,
    "loss": 0.1284,
    "latency_p95_ms": 1.82,
    "model_size_bytes": 41_212.0,
}
DIGEST = "9f2c4e7ab1d05c3388aa61e2f7704bd9"

REQUIREMENT = FILED
RESOURCES = Resources(partition="gpu", nodes=1, gpus=1, cpus=4, memory_gib=8, time_limit_min=60, gpu_type="mi100")
RUN = Run(
    number=31,
    requirement=12,
    ordered_by=ANAN,
    recipe="image_classifier",
    dataset="digits",
    parameters={"epochs": 80, "learning_rate": 0.01, "hidden": 64},
    seed=7,
    hypothesis="A small network is enough for 8 x 8 pixels.",
    resources=RESOURCES,
)
ON_CLUSTER: dict[str, Any] = {"job_id": "4711", "node": "gpu1"}
ENDED_WELL: dict[str, Any] = ON_CLUSTER | {
    "metrics": METRICS,
    "model_digest": DIGEST,
    "model_version": "3",
    "gpu_h": 0.21,
}
DIVERGED = failure_of(
    Observation(JobStatus.FAILED, reason="NonZeroExitCode 87:0", node="gpu1"),
    last_words={"said": "the loss is nan in epoch 3"},
)
LOST = BY_STATUS[JobStatus.NODE_FAIL]
TOO_FAST: dict[str, Any] = {"parameters": {**RUN.parameters, "learning_rate": 1000.0}}
AUDIT = RULES[Kind.AUDIT].samples[0].thing
DECIDED: dict[str, Any] = {"decided_by": KANYA}
INCIDENT = Incident(
    number=7,
    about=of_failure(Ref(Kind.RUN, 31)),
    title="RUN-31 failed",
    cause=LOST.cause,
    log_tail="".join(
        f"epoch {epoch} of 80 loss {10 / epoch:.4f} accuracy {1 - 3 / epoch:.3f}\n" for epoch in (45, 46, 47)
    ),
    next_step=LOST.next_step,
)
SWEEP = Sweep(
    number=5,
    requirement=12,
    ordered_by=ANAN,
    recipe="image_classifier",
    method="grid",
    space="hidden=16|32|64 learning_rate=0.001|0.01|0.1",
    run_count=9,
    at_once=3,
    metric="accuracy",
)
THINGS: Mapping[Kind, Thing] = {
    **{kind: rules.samples[0].thing for kind, rules in RULES.items() if rules.samples},
    **{one.kind: one for one in (RUN, INCIDENT, SWEEP)},
}

STAGE_FIELDS: Mapping[tuple[Kind, Stage], Mapping[str, Any]] = {
    (Kind.RUN, S.SUBMITTED): {"job_id": "4711"},
    (Kind.RUN, S.QUEUED): {"job_id": "4711"},
    (Kind.RUN, S.RUNNING): ON_CLUSTER,
    (Kind.RUN, S.SUCCEEDED): ENDED_WELL | {"conclusion": "64 hidden units are plenty; more data would help class 8."},
    (Kind.RUN, S.FAILED): ON_CLUSTER
    | TOO_FAST
    | {"cause": DIVERGED.cause, "failure": DIVERGED.kind.value, "gpu_h": 0.01},
    (Kind.RUN, S.CANCELLED): ON_CLUSTER | {"gpu_h": 0.05},
    (Kind.INCIDENT, S.ACKNOWLEDGED): {"handled_by": SOMCHAI},
    (Kind.INCIDENT, S.RESOLVED): {
        "handled_by": SOMCHAI,
        "resolution": "gpu1 had lost its power; it is back, and the run was resumed.",
    },
    (Kind.SWEEP, S.RUNNING): {"job_id": "4720"},
    (Kind.SWEEP, S.ENDED): {"job_id": "4720", "best_run": 40},
    (Kind.SWEEP, S.CANCELLED): {"job_id": "4720"},
}
"""What a thing has at a stage beside what it has from the start."""

ACTORS: Mapping[tuple[Kind, Stage], PersonId] = {
    (Kind.RUN, S.PLANNED): ANAN,
    (Kind.RUN, S.ORDERED): ANAN,
    (Kind.RUN, S.CANCELLED): SOMCHAI,
    (Kind.SWEEP, S.PLANNED): ANAN,
    (Kind.SWEEP, S.ORDERED): ANAN,
    (Kind.INCIDENT, S.ACKNOWLEDGED): SOMCHAI,
    (Kind.INCIDENT, S.RESOLVED): SOMCHAI,
}
"""Who brought a thing there; the bot where nobody is named."""


@dataclass(frozen=True, slots=True)
class Around(View):
    """A thing with what there is around it, of what all kinds' cards show and of what only one kind's does."""

    recipe: Recipe = FORMS_READER
    """For a registered one: what its table says."""


def stages_of(kind: Kind) -> tuple[Stage, ...]:
    """Return the stages of a kind in the order of its table."""
    return tuple(dict.fromkeys(STEPS[kind].values()))


def view_of(kind: Kind, stage: Stage) -> Around:
    """Return the view of a thing of this kind at this stage."""
    own = next((one.thing for one in RULES[kind].samples if one.thing.stage is stage), None)
    thing = own or replace(THINGS[kind], stage=stage, **STAGE_FIELDS.get((kind, stage), {}))
    view = Around(thing, history=(fact_of(thing),), requirement=None if kind is Kind.INCIDENT else REQUIREMENT)
    return replace(view, **AROUND[kind](stage)) if kind in AROUND else view


def fact_of(thing: Thing) -> Fact:
    """Return the fact that brought the thing to its stage."""
    event = next(event for (_, event), after in STEPS[thing.kind].items() if after is thing.stage)
    own = next((PEOPLE[one.by] for one in RULES[thing.kind].samples if one.thing.stage is thing.stage), PersonId(0))
    by = ACTORS.get((thing.kind, thing.stage), own)
    details = DETAILS.get((thing.kind, thing.stage), {})
    return Fact(1, NOW - SINCE, Ref(thing.kind, thing.number), event, by, details, {}, "", "")


DETAILS: Mapping[tuple[Kind, Stage], Mapping[str, Json]] = {
    (Kind.SWEEP, S.FAILED): {"cause": "SLURM refused it: this account may not use the QOS long."},
}
"""What the record says of how a thing came to a stage."""


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


def _around_run(stage: Stage) -> dict[str, Any]:
    if stage is S.PLANNED:
        told = Outlook(NOW - SINCE, "#!/bin/bash", is_at_once=True)
        return {"outlook": told, "budget": Budget(10.0, 2.2, 1.0)}
    if stage is S.SUCCEEDED:
        return {"audit": AUDIT}
    return {"progress": PROGRESS if stage is S.RUNNING else None}


def _around_requirement(stage: Stage) -> dict[str, Any]:
    if stage not in (S.CLAIMED, S.FULFILLED):
        return {}
    failed = replace(RUN, number=30, stage=S.FAILED, cause=DIVERGED.cause)
    good = replace(RUN, stage=S.SUCCEEDED, **ENDED_WELL)
    budget = Budget(10.0, 2.2, 1.0) if stage is S.CLAIMED else None
    return {"runs": (good, failed), "budget": budget}


def loss_of(place: int, epoch: float) -> float:
    """Return the loss of one of the runs below; the faster they learn, the better they end."""
    return 0.06 + 0.035 * place + (0.9 - 0.035 * place) / (1 + epoch / (2 + 3 * place))


def accuracy_of(place: int, epoch: float) -> float:
    """Return the accuracy that goes with it."""
    return 1 - 0.7 * loss_of(place, epoch)


COMPARED = tuple(
    replace(
        RUN,
        number=30 + place,
        stage=S.SUCCEEDED,
        parameters={**RUN.parameters, "learning_rate": 0.02 / 2**place, "hidden": 16 * (place + 1)},
        metrics={
            "accuracy": accuracy_of(place, 80),
            "loss": loss_of(place, 80),
            "latency_p95_ms": 1.2 + 0.11 * place,
        },
    )
    for place in range(8)
)
"""Eight runs that differ in what they learnt with, and in what they came to."""


def swept(count: int, *, sizes: Sequence[int] = (16, 32, 64)) -> tuple[Run, ...]:
    """Return runs of a sweep with results, best first."""
    rates = (0.001, 0.01, 0.1)
    return tuple(
        replace(
            RUN,
            number=40 + place,
            stage=S.SUCCEEDED,
            parameters={
                "epochs": 80,
                "hidden": sizes[place % len(sizes)],
                "learning_rate": rates[place // len(sizes) % 3],
            },
            metrics={"accuracy": 0.9722 - 0.0031 * place},
        )
        for place in range(count)
    )


def _around_sweep(stage: Stage) -> dict[str, Any]:
    if stage is S.PLANNED:
        return {**_around_run(stage), "run": RUN, "budget": Budget(20.0, 2.2, 1.0)}
    counts = {
        S.ORDERED: {"ordered": 9},
        S.RUNNING: {"queued": 3, "running": 3, "succeeded": 3},
        S.ENDED: {"succeeded": 8, "failed": 1},
        S.CANCELLED: {"succeeded": 3, "cancelled": 6},
        S.FAILED: {"failed": 9},
    }[stage]
    return {"stage_counts": counts, "leaders": swept(counts.get("succeeded", 0))}


AROUND: Mapping[Kind, Callable[[Stage], dict[str, Any]]] = {
    Kind.REQUIREMENT: _around_requirement,
    Kind.RUN: _around_run,
    Kind.AUDIT: lambda _: {"run": RUN},
    Kind.MODEL: lambda _: {"run": RUN},
    Kind.INCIDENT: lambda _: {"remedies": REMEDIES[Cause.NODE_LOST]},
    Kind.SWEEP: _around_sweep,
}
"""The facts around a thing that its card shows."""
