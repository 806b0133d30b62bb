"""Gathers the facts that a thing's card shows and has it drawn."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

from bot.domain.cards import Card
from bot.domain.drawing import View, draw
from bot.domain.model import THINGS, Audit, Json, Kind, Recommendation, Ref, Requirement, Run, Thing
from bot.ports import Reader, Store

CHANNELS: Mapping[Kind, str] = {
    Kind.REQUIREMENT: "requirements",
    Kind.RUN: "training",
    Kind.AUDIT: "audit",
    Kind.ROLLOUT: "deployments",
    Kind.INCIDENT: "ops",
    Kind.MONITOR: "monitoring",
    Kind.RECOMMENDATION: "monitoring",
}
"""Where each kind of card stands."""


@dataclass(frozen=True, slots=True)
class Face:
    """A card with the name of its chart, a file below the data directory, if it has one."""

    card: Card
    chart: str | None
    chart_alt_text: str = ""


async def face_of(store: Store, about: Ref) -> Face | None:
    """Return the card of a thing as it stands, or None when there is no such thing."""
    async with store.reading() as tx:
        thing = await tx.find(THINGS[about.kind], about.number)
        if thing is None:
            return None
        view = await _view(tx, about, thing)
    chart = view.measurement.get("chart") if view.measurement else None
    rows = view.measurement.get("current_rows") if view.measurement else 0
    alt_text = f"Histograms of {rows} production rows beside the reference, measure by measure"
    return Face(draw(view), chart if isinstance(chart, str) else None, alt_text)


async def _view(tx: Reader, about: Ref, thing: Thing) -> View:
    requirement = getattr(thing, "requirement", None)
    run = getattr(thing, "run", None)
    return View(
        thing=thing,
        history=await tx.history(about),
        requirement=await tx.find(Requirement, requirement) if requirement else None,
        runs=await tx.select(Run, requirement=about.number) if about.kind is Kind.REQUIREMENT else (),
        run=await tx.find(Run, run) if run else None,
        audit=next(iter(await tx.select(Audit, run=about.number, limit=1)), None) if about.kind is Kind.RUN else None,
        progress=_mapping(await tx.reading(about, "progress")) if about.kind is Kind.RUN else None,
        measurement=await _measurement(tx, thing),
    )


async def _measurement(tx: Reader, thing: Thing) -> Mapping[str, Json] | None:
    if thing.kind is Kind.MONITOR:
        return _mapping(await tx.reading(Ref(Kind.MONITOR, thing.number), "measurement"))
    if isinstance(thing, Recommendation):
        return _mapping(await tx.reading(Ref(Kind.MONITOR, thing.monitor), "measurement"))
    return None


def _mapping(value: Json) -> Mapping[str, Json] | None:
    return cast("Mapping[str, Json]", value) if isinstance(value, dict) else None
