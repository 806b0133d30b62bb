"""Gathers the facts that a thing's card shows and has it drawn."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from bot.core.cards import Card
from bot.core.links import links_of
from bot.core.record import no_such
from bot.core.said import ENGLISH, Said, Say
from bot.core.values import Kind, Ref, Stage, Thing
from bot.core.view import View
from bot.errors import NotFound
from bot.lifecycle import RULES, moves
from bot.ports import Reader, Series, Store
from bot.services.comparing import series_of
from bot.services.planning import budget_of
from bot.services.recipes import recipe_of
from bot.services.views import incident_view, run_view, sweep_view
from bot.things.recipe.card import RecipeView
from bot.things.recipe.model import RecipeVersion
from bot.things.requirement.card import SHOWN_RUNS, RequirementView
from bot.things.requirement.model import Requirement
from bot.things.run import words
from bot.things.run.card import glance
from bot.things.run.model import Run
from bot.things.run.readings import CURVE

T = TypeVar("T", bound=Thing)


@dataclass(frozen=True, slots=True)
class Face:
    """A card with the name of its chart, a file below the data directory, if it has one."""

    card: Card
    chart: str | None
    chart_alt_text: str = ""
    curve: "Curve | None" = None
    """What the chart of a run is drawn of, once there is something to draw."""
    has_channel: bool = True
    """False for a sweep's runs: they stand on the sweep's card, and have one of their own only when asked for."""


@dataclass(frozen=True, slots=True)
class Curve:
    """How a run's measures have gone."""

    lines: Mapping[str, Series]
    """By measure, over the epochs; each with two points at least."""
    is_growing: bool
    alt_text: Said


async def face_for(store: Store, about: Ref, say: Say = ENGLISH) -> Face:
    """Return the card of a thing for somebody who asked for it. Raises NotFound with the way out."""
    face = await face_of(store, about, say)
    if face is None:
        raise NotFound(no_such(RULES[about.kind], about.number))
    return face


async def face_of(store: Store, about: Ref, say: Say = ENGLISH) -> Face | None:
    """Return the card of a thing as it stands, or None when there is no such thing."""
    rules = RULES[about.kind]
    async with store.reading() as tx:
        thing = await tx.find(rules.model, about.number)
        if thing is None:
            return None
        seen = await view_of(tx, thing)
        curve = await _curve(tx, thing) if isinstance(thing, Run) else None
    card, chart = rules.card(seen, say), seen.chart
    if curve:
        return Face(card, None, say(curve.alt_text), curve)
    has_channel = getattr(thing, "sweep", None) is None
    return Face(card, chart.path if chart else None, say(chart.alt_text) if chart else "", has_channel=has_channel)


async def view_of(tx: Reader, thing: T) -> View[T]:
    """Return a thing with what its card shows: what every kind has, and what its own asks for."""
    rules = RULES[thing.kind]
    moved = (fact for fact in reversed(await tx.history(thing.ref)) if moves(thing.kind, fact.event))
    links = {}
    for link in links_of(thing, rules.links):
        other = RULES[link.to.kind]
        found = await tx.find(other.model, link.to.number)
        links[link.role] = other.glance(found)
    view = View(thing, next(moved, None), links)
    if rules.view is not None:
        view = await rules.view(tx, thing, view)
    return await _BESIDE[thing.kind](tx, view) if thing.kind in _BESIDE else view


async def _requirement_view(tx: Reader, view: View[Requirement]) -> RequirementView:
    requirement = view.thing
    runs = await tx.select(Run, requirement=requirement.number, sweep=None, limit=SHOWN_RUNS)
    budget = await budget_of(tx, requirement) if requirement.budget_gpu_h is not None else None
    return RequirementView(requirement, view.since, view.links, runs=tuple(map(glance, runs)), budget=budget)


async def _recipe_view(_: Reader, view: View[RecipeVersion]) -> RecipeView:
    return RecipeView(view.thing, view.since, view.links, recipe=recipe_of(view.thing))


_BESIDE: Mapping[Kind, Callable[[Reader, Any], Awaitable[View[Any]]]] = {
    Kind.REQUIREMENT: _requirement_view,
    Kind.RECIPE: _recipe_view,
    Kind.RUN: run_view,
    Kind.SWEEP: sweep_view,
    Kind.INCIDENT: incident_view,
}
"""What the cards of some kinds show beside what they refer to, where their folder alone cannot tell."""


async def _curve(tx: Reader, run: Run) -> Curve | None:
    """Return a run's curve once it has two points; a sweep's runs have no card to show it on."""
    rows = await tx.reading(Ref(Kind.RUN, run.number), CURVE) if run.sweep is None else None
    measures = series_of(f"RUN-{run.number}", rows or ())
    lines = {name: line for name, line in measures.items() if len(line.x) > 1}
    if not lines:
        return None
    epochs = int(max(line.x[-1] for line in lines.values()))
    alt_text = words.CURVES(measures=list(lines), epochs=epochs)
    return Curve(lines, is_growing=run.stage is Stage.RUNNING, alt_text=alt_text)
