"""Gathers the facts that a thing's card shows and has it drawn."""

from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from bot.core.cards import Card
from bot.core.links import links_of
from bot.core.record import no_such
from bot.core.said import ENGLISH, Say
from bot.core.values import Kind, Ref, Stage, Thing
from bot.core.view import View
from bot.domain.drawing import draw
from bot.domain.drawing_parts import View as OldView
from bot.errors import NotFound
from bot.lifecycle import RULES, moves
from bot.ports import Reader, Series, Store
from bot.services.attempts import fitting
from bot.services.comparing import series_of
from bot.services.incidents import CLUSTER, about_run, cause_told, outage_since
from bot.services.planning import OPEN, budget_of
from bot.services.recipes import recipe_of
from bot.services.sweep_failures import MOST_RUNS
from bot.services.sweep_retries import remedies_for
from bot.services.sweeps import leaderboard, running_best_first
from bot.services.training import OPEN_STAGES
from bot.things.audit.model import Audit
from bot.things.incident.model import Incident
from bot.things.incident.readings import COUNTED
from bot.things.incident.subjects import MANY_RUNS, Matter
from bot.things.recipe.card import RecipeView
from bot.things.recipe.model import RecipeVersion
from bot.things.requirement.card import SHOWN_RUNS, RequirementView
from bot.things.requirement.model import Requirement
from bot.things.run.card import glance
from bot.things.run.causes import Remedy
from bot.things.run.model import Run
from bot.things.run.readings import CURVE, HELD_BACK, OUTLOOK, PROGRESS, SLURM, TRACKED
from bot.things.sweep.model import Sweep

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
        if rules.card is not None:
            seen = await view_of(tx, thing)
            chart = seen.chart
            alt_text = say(chart.alt_text) if chart else ""
            return Face(rules.card(seen, say), chart.path if chart else None, alt_text)
        view = await _view(tx, about, thing)
        curve = await _curve(tx, thing) if isinstance(thing, Run) else None
    alt_text = ""
    has_channel = getattr(thing, "sweep", None) is None
    if curve:
        epochs = int(max(line.x[-1] for line in curve.lines.values()))
        alt_text = f"Curves of {' and '.join(curve.lines)} over {epochs} epochs"
    return Face(draw(view), None, alt_text, curve, has_channel)


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
}
"""What the cards of some kinds show beside what they refer to, where their folder alone cannot tell."""


async def _curve(tx: Reader, run: Run) -> Curve | None:
    """Return a run's curve once it has two points; a sweep's runs have no card to show it on."""
    rows = await tx.reading(Ref(Kind.RUN, run.number), CURVE) if run.sweep is None else None
    measures = series_of(f"RUN-{run.number}", rows or ())
    lines = {name: line for name, line in measures.items() if len(line.x) > 1}
    return Curve(lines, is_growing=run.stage is Stage.RUNNING) if lines else None


async def _view(tx: Reader, about: Ref, thing: Thing) -> OldView:
    requirement = getattr(thing, "requirement", None)
    run = getattr(thing, "run", None)
    view = OldView(
        thing=thing,
        history=await tx.history(about),
        requirement=await tx.find(Requirement, requirement) if requirement else None,
        run=await tx.find(Run, run) if run else None,
    )
    match thing:
        case Run():
            return await _run_view(tx, thing, view)
        case Incident():
            many = await tx.reading(about, COUNTED) if thing.about == MANY_RUNS else None
            of_runs = await _sweep_remedies(tx, thing)
            remedies = tuple(of_runs) or await _remedies(tx, thing)
            return replace(view, remedies=remedies, remedy_counts=of_runs, many=many)
        case Sweep():
            runs = await tx.select(Run, sweep=thing.number, limit=MOST_RUNS)
            counts = Counter(one.stage.value for one in runs)
            progress = await tx.readings(Run.kind, [one.number for one in runs if one.stage is Stage.RUNNING], PROGRESS)
            runners = running_best_first(runs, progress, thing.metric)
            held_back = await _held_back(tx, about, 1) if thing.stage is Stage.ORDERED else ""
            view = replace(await _outage(tx, view, thing), held_back=held_back)
            view = replace(view, leaders=leaderboard(runs, thing.metric), runners=runners, stage_counts=counts)
            fits = await remedies_for(tx, thing, runs)
            view = replace(view, runs=[run for run in runs if run.failure], remedies=tuple(fits), remedy_counts=fits)
            return await _planned(tx, replace(view, run=runs[0]), runs[0]) if thing.stage is Stage.PLANNED else view
        case _:
            return view


async def _run_view(tx: Reader, run: Run, view: OldView) -> OldView:
    about = Ref(Kind.RUN, run.number)
    view = await _outage(tx, view, run)
    view = await _planned(tx, view, run) if run.stage is Stage.PLANNED else view
    incident = await about_run(tx, run.number)
    tracked = await tx.reading(about, TRACKED)
    return replace(
        view,
        incident=incident,
        remedies=await _remedies(tx, incident) if incident else await fitting(tx, run),
        audit=next(iter(await tx.select(Audit, run=run.number, limit=1)), None),
        progress=await tx.reading(about, PROGRESS),
        slurm=await tx.reading(about, SLURM) if run.stage.value in OPEN_STAGES else None,
        held_back=await _held_back(tx, about, run.attempt) if run.stage is Stage.ORDERED else "",
        like=await tx.find(Run, run.like) if run.like else None,
        tracking_url=tracked.url if tracked and tracked.attempt == run.attempt else "",
    )


async def _held_back(tx: Reader, about: Ref, attempt: int) -> str:
    """Return why the cluster was not given this attempt when it was to be."""
    kept = await tx.reading(about, HELD_BACK)
    return kept.why if kept and kept.attempt == attempt else ""


async def _outage(tx: Reader, view: OldView, thing: Run | Sweep) -> OldView:
    """Return the view of what has not ended with since when the cluster cannot be asked, if it cannot."""
    is_with_cluster = thing.stage in (Stage.PLANNED, Stage.ORDERED, *OPEN)
    return replace(view, outage_since=await outage_since(tx, CLUSTER)) if is_with_cluster else view


async def _planned(tx: Reader, view: OldView, run: Run) -> OldView:
    """Return the view with what the cluster would do with a planned run, or with the sweep that it stands for."""
    budget = await budget_of(tx, view.requirement) if view.requirement else None
    return replace(view, outlook=await tx.reading(Ref(Kind.RUN, run.number), OUTLOOK), budget=budget)


async def _remedies(tx: Reader, incident: Incident) -> tuple[Remedy, ...]:
    about = incident.about
    run = await tx.find(Run, about.thing.number) if about.thing and about.thing.kind is Kind.RUN else None
    is_over = run is not None and run.stage.value not in OPEN_STAGES
    if run is None or is_over is not (about.matter is Matter.FAILURE):
        return ()
    return await fitting(tx, run, cause_told(about))


async def _sweep_remedies(tx: Reader, incident: Incident) -> Mapping[Remedy, int]:
    about = incident.about.thing if incident.about.matter is Matter.FAILURE else None
    sweep = await tx.find(Sweep, about.number) if about and about.kind is Kind.SWEEP else None
    if sweep is None:
        return {}
    return await remedies_for(tx, sweep, await tx.select(Run, sweep=sweep.number, limit=MOST_RUNS))
