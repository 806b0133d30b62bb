"""The things whose cards hang in the gallery: each kind at each stage of its table, as facts would have made it."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from bot.core.sample import PEOPLE, Sample
from bot.core.values import Duty, Fact, Kind, Ref, Stage, Thing
from bot.core.view import View
from bot.lifecycle import RULES, STEPS
from bot.things.incident.sample import INCIDENT
from bot.things.requirement.sample import FILED as REQUIREMENT
from bot.things.run.sample import AT, PROGRESS, RUN, SUCCEEDED
from bot.things.sweep.sample import SWEEP

S = Stage
SINCE = timedelta(minutes=4)
NOW = AT + SINCE
"""The moment in the gallery, on its page too: what has not changed is photographed alike."""
MALEE, ANAN, KANYA, PREECHA, SOMCHAI = (
    PEOPLE[duty] for duty in (Duty.ANALYST, Duty.CREATOR, Duty.AUDITOR, Duty.DATA_ANALYST, Duty.OPERATOR)
)
THINGS: Mapping[Kind, Thing] = {kind: rules.samples[0].thing for kind, rules in RULES.items()}

__all__ = ["INCIDENT", "PROGRESS", "REQUIREMENT", "RUN", "SUCCEEDED", "SWEEP"]


def stages_of(kind: Kind) -> tuple[Stage, ...]:
    """Return the stages of a kind in the order of its table."""
    return tuple(dict.fromkeys(STEPS[kind].values()))


def sample_at(kind: Kind, stage: Stage) -> Sample:
    """Return the kind's first example at this stage."""
    return next(one for one in RULES[kind].samples if one.thing.stage is stage)


def view_of(kind: Kind, stage: Stage, sample: Sample | None = None, **others: Any) -> Any:
    """Return the view of a thing of this kind at this stage, or of the kind's example that is given."""
    sample = sample or sample_at(kind, stage)
    return seen(sample.thing, like=sample, **others)


def seen(thing: Thing, *, like: Sample | None = None, since: Fact | None = None, **others: Thing) -> Any:
    """Return the view of a thing with what an example has beside it: by default the first at its stage.

    What it refers to is the other kind's example, unless another is given by the field's name.
    """
    like = like or sample_at(thing.kind, thing.stage)
    links = {}
    for name, reference in RULES[thing.kind].links.items():
        number = getattr(thing, name)
        if number is not None:
            glance = RULES[reference.to].glance(others.get(name) or THINGS[reference.to])
            links[reference.role] = replace(glance, ref=Ref(reference.to, number))
    return like.seen(View(thing, since or fact_of(thing, like), links))


def fact_of(thing: Thing, like: Sample | None = None) -> Fact:
    """Return the fact that brought the thing to its stage."""
    event = next(event for (_, event), after in STEPS[thing.kind].items() if after is thing.stage)
    by = PEOPLE[(like or sample_at(thing.kind, thing.stage)).by]
    return Fact(1, NOW - SINCE, thing.ref, event, by, {}, {}, "", "")


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
