"""What the cards of runs, sweeps and incidents show of other things and of the cluster."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import starmap

from bot.core.cards import Card
from bot.core.said import Said, Say
from bot.core.values import Kind, Ref, Stage
from bot.core.view import newest
from bot.ports import Reader
from bot.services.attempts import fitting
from bot.services.incidents import CLUSTER, about_run, cause_told, outage_since
from bot.services.planning import budget_of
from bot.services.sweep_failures import MOST_RUNS
from bot.services.sweep_retries import remedies_for
from bot.services.sweeps import leaderboard, running_best_first
from bot.services.things import found
from bot.services.training import OPEN_STAGES
from bot.things.audit.card import STAGES as OF_AUDITS
from bot.things.audit.model import Audit
from bot.things.incident.card import IncidentView
from bot.things.incident.model import Incident
from bot.things.incident.subjects import Matter
from bot.things.requirement.model import Requirement
from bot.things.run import plan, words
from bot.things.run.budget import gpu_h_at_most
from bot.things.run.card import STAGES, WITH_CLUSTER, RunView, Told, counted
from bot.things.run.card import line as of_run
from bot.things.run.causes import NAMES, Cause, Remedy
from bot.things.run.model import Run
from bot.things.run.readings import HELD_BACK, OUTLOOK, PROGRESS, Outlook, Progress
from bot.things.run.remedies import hints, offers
from bot.things.sweep.card import Leader, Runner, SweepView
from bot.things.sweep.card import line as of_sweep
from bot.things.sweep.model import Sweep

_ENDED = (Stage.SUCCEEDED, Stage.FAILED, Stage.CANCELLED)


async def run_view(tx: Reader, view: RunView) -> RunView:
    """Return a run with its plan, its audit, what Ops were told of it, and the presses that fit."""
    run = view.thing
    incident = await about_run(tx, run.number)
    remedies = await _of_run(tx, incident) if incident else await fitting(tx, run)
    audit = next(iter(await tx.select(Audit, run=run.number, limit=1)), None)
    view = replace(
        view,
        notices=await _notices(tx, run, attempt=run.attempt),
        told=_told(incident) if incident else None,
        remedies=offers(remedies, run.ref),
        hints=hints(remedies),
        judged=words.JUDGED(audit=audit.ref, stage=OF_AUDITS[audit.stage].word()) if audit else None,
    )
    if run.stage is not Stage.PLANNED:
        return view
    outlook = await tx.reading(run.ref, OUTLOOK)
    view = replace(view, plan=await _plan(tx, run, outlook, is_away=bool(view.notices)))
    if run.sweep is not None:  # a sweep's is launched and discarded on the sweep's card
        return view
    pressed = plan.offers(outlook, run.ref, launch=f"launch:{run.ref}", discard=f"cancel:{run.ref}")
    return replace(view, plan_offers=tuple(pressed))


async def sweep_view(tx: Reader, view: SweepView) -> SweepView:
    """Return a sweep with its plan, or with its runs and the presses that fit those that failed."""
    sweep = view.thing
    runs = await tx.select(Run, sweep=sweep.number, limit=MOST_RUNS)
    view = replace(view, notices=await _notices(tx, sweep))
    if sweep.stage is Stage.PLANNED:
        [first] = runs
        outlook = await tx.reading(first.ref, OUTLOOK)
        told = await _plan(tx, first, outlook, count=sweep.run_count, is_away=bool(view.notices))
        pressed = plan.offers(
            outlook, first.ref, launch=f"launch_sweep:{sweep.ref}", discard=f"cancel_sweep:{sweep.ref}"
        )
        return replace(view, plan=told, asked=tuple(plan.asked(first.resources)), plan_offers=tuple(pressed))
    progress = await tx.readings(Run.kind, [one.number for one in runs if one.stage is Stage.RUNNING], PROGRESS)
    fits = await remedies_for(tx, sweep, runs)
    return replace(
        with_runs(view, runs, running_best_first(runs, progress, sweep.metric)),
        remedies=offers(fits, sweep.ref, fits),
        hints=hints(fits),
    )


def with_runs(view: SweepView, runs: Sequence[Run], runners: Iterable[tuple[int, Progress]]) -> SweepView:
    """Return a sweep's view with its runs, and those that run, best first."""
    metric = view.thing.metric
    counts = Counter(run.stage for run in runs)
    return replace(
        view,
        tally=tuple(starmap(counted, ((stage, counts[stage]) for stage in STAGES if counts[stage]))),
        ended_count=sum(counts[stage] for stage in _ENDED),
        has_successes=bool(counts[Stage.SUCCEEDED]),
        leaders=[Leader(run.ref, (run.metrics or {})[metric], run.parameters) for run in leaderboard(runs, metric)],
        runners=[Runner(Ref(Kind.RUN, number), seen.value, seen.epoch, seen.epochs) for number, seen in runners],
        failures=[(NAMES[Cause(run.failure)](), run.ref) for run in runs if run.failure],
    )


async def incident_view(tx: Reader, view: IncidentView) -> IncidentView:
    """Return an incident with the presses that fit the run, or the sweep's runs, that it is about."""
    incident, about = view.thing, view.thing.about.thing
    if about is None:
        return view
    counts = await _of_sweep(tx, incident)
    remedies: Iterable[Remedy] = counts or await _of_run(tx, incident)
    return replace(view, remedies=offers(remedies, about, counts), hints=hints(remedies))


def _told(incident: Incident) -> Told:
    return Told(incident.ref, incident.title, incident.cause, incident.next_step, incident.handled_by)


async def _notices(tx: Reader, thing: Run | Sweep, *, attempt: int = 1) -> tuple[Said, ...]:
    """Return that the cluster cannot be asked, if so, and why an ordered one is not sent yet."""
    notices = []
    if thing.stage in WITH_CLUSTER and (since := await outage_since(tx, CLUSTER)) is not None:
        notices.append(plan.cluster_away(thing.stage, since))
    if thing.stage is Stage.ORDERED:
        kept = await tx.reading(thing.ref, HELD_BACK)
        if kept and kept.attempt == attempt:
            notices.append(words.HELD_BACK(why=kept.why))
    return tuple(notices)


async def _plan(tx: Reader, run: Run, outlook: Outlook | None, *, is_away: bool, count: int = 1) -> tuple[Said, ...]:
    """Return what the cluster would do with a planned run, or with so many like it, and what they may cost."""
    wanted = await found(tx, Requirement, run.requirement)
    spent = (await budget_of(tx, wanted)).said
    cost = words.COST(gpu_h=gpu_h_at_most(run.resources) * count)
    return (
        *plan.start(outlook, is_cluster_away=is_away),
        cost,
        words.BUDGET(requirement=wanted.ref, spent=spent),
    )


async def _of_run(tx: Reader, incident: Incident) -> tuple[Remedy, ...]:
    """Return the presses that fit the run that an incident is about."""
    about = incident.about
    run = await tx.find(Run, about.thing.number) if about.thing and about.thing.kind is Kind.RUN else None
    is_over = run is not None and run.stage.value not in OPEN_STAGES
    if run is None or is_over is not (about.matter is Matter.FAILURE):
        return ()
    return await fitting(tx, run, cause_told(about))


async def _of_sweep(tx: Reader, incident: Incident) -> Mapping[Remedy, int]:
    """Return how many of the runs each press fits, if an incident is about a sweep's."""
    about = incident.about.thing if incident.about.matter is Matter.FAILURE else None
    sweep = await tx.find(Sweep, about.number) if about and about.kind is Kind.SWEEP else None
    if sweep is None:
        return {}
    return await remedies_for(tx, sweep, await tx.select(Run, sweep=sweep.number, limit=MOST_RUNS))


def run_list(things: Sequence[Run | Sweep], say: Say) -> Card:
    """Return the runs as a card; those of a sweep are its line."""
    lines = []
    for one in things:
        line = of_run(one) if isinstance(one, Run) else of_sweep(one)
        requirement = Ref(Kind.REQUIREMENT, one.requirement)
        lines.append(say(words.LISTED(line=line, requirement=requirement, who=one.ordered_by)))
    return newest(say(words.LIST()), lines, say, empty=words.NONE_YET(), older=words.OLDER(count=len(lines)))
