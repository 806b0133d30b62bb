"""The sweep's card with its leaderboard, and how it looks in a line."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from bot.core import words as core
from bot.core.cards import ButtonStyle, Card, Tone
from bot.core.links import ASKED_BY
from bot.core.said import Phrase, Said, Say, Value
from bot.core.store import Reader
from bot.core.text import as_typed, bar, typed
from bot.core.values import Fact, Kind, Ref, Stage
from bot.core.view import Glance, Offer, StageFace, View, buttons, headline, section, stage_line
from bot.things.sweep import words
from bot.things.sweep.events import SweepEvent
from bot.things.sweep.measures import is_less_better
from bot.things.sweep.model import Sweep

S = Stage
STAGES: Mapping[Stage, StageFace] = {
    S.PLANNED: StageFace("📝", Tone.NEUTRAL, words.PLANNED),
    S.ORDERED: StageFace("📮", Tone.BUSY, words.ORDERED),
    S.RUNNING: StageFace("🏃", Tone.BUSY, words.RUNNING),
    S.ENDED: StageFace("📦", Tone.NEUTRAL, words.ENDED),
    S.CANCELLED: StageFace("🚫", Tone.NEUTRAL, words.CANCELLED),
    S.FAILED: StageFace("❌", Tone.BAD, words.FAILED),
}
"""The stage's word within a line."""
METHODS: Mapping[str, Phrase] = {"grid": words.GRID, "random": words.RANDOM, "list": words.ONE_BY_ONE}
PROMOTABLE = frozenset({S.RUNNING, S.ENDED, S.CANCELLED})
SHOWN_SPACE, SHOWN_SETTINGS = 300, 1000
LEADERS, RUNNERS = 10, 5
NAMED = 5
"""Of the runs that failed of one cause."""


@dataclass(frozen=True, slots=True)
class Leader:
    """A run with a result."""

    run: Ref
    value: float
    """Of the measure that the board is ordered by."""
    parameters: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Runner:
    """A run that runs."""

    run: Ref
    value: float
    epoch: int
    epochs: int


@dataclass(frozen=True, slots=True)
class SweepView(View[Sweep]):
    """A sweep with its runs."""

    notices: Sequence[Said] = ()
    """Why nothing is known of it now, or why it is not sent."""
    plan: Sequence[Said] = ()
    """For a planned one: when it would start, and what it may cost."""
    asked: Sequence[Said] = ()
    """What each of its runs asks of the cluster, while it is planned."""
    plan_offers: Sequence[Offer] = ()
    cancel_asked: Fact | None = None
    """The newest wish to cancel it."""
    ended_count: int = 0
    tally: Sequence[Said] = ()
    """How many of its runs stand at each stage."""
    has_successes: bool = False
    leaders: Sequence[Leader] = ()
    """Best first."""
    runners: Sequence[Runner] = ()
    """Best first."""
    failures: Sequence[tuple[Said, Ref]] = ()
    """The class of cause of each run that failed."""
    remedies: Sequence[Offer] = ()
    hints: Sequence[Said] = ()


async def view(tx: Reader, sweep: Sweep, bare: View[Sweep]) -> SweepView:
    """Return the sweep with what its folder can tell of it."""
    wishes = [fact for fact in await tx.history(sweep.ref) if fact.event == SweepEvent.CANCEL_REQUESTED]
    return SweepView(sweep, bare.since, bare.links, bare.chart, cancel_asked=wishes[-1] if wishes else None)


def glance(sweep: Sweep) -> Glance:
    """Return what others may know of a sweep."""
    return Glance(sweep.ref, sweep.stage, people=(sweep.ordered_by,), line=line(sweep))


def line(sweep: Sweep) -> Said:
    """Return a sweep in a line, for lists."""
    stage = core.STAGES[sweep.stage]()
    return words.LINE(sign=STAGES[sweep.stage].sign, sweep=sweep.ref, stage=stage, count=sweep.run_count)


def card(view: SweepView, say: Say) -> Card:
    """Return a sweep's card: how far it is, its board, what failed, and what it is over."""
    sweep, face = view.thing, STAGES[view.thing.stage]
    stage = "\n".join([stage_line(face, view.since, say), *_wish(view, say)])
    paragraphs = [stage, *map(say, view.notices)]
    if sweep.cause:
        paragraphs += [
            section(say(core.CAUSE()), say(sweep.cause)),
            section(say(core.NEXT_STEP()), say(words.ORDER_AGAIN())),
        ]
    if view.plan:
        paragraphs += [
            section(say(words.PLAN()), "\n".join(map(say, view.plan))),
            f"{say(words.EACH_ON(count=sweep.run_count))}\n{' · '.join(map(say, view.asked))}",
        ]
    elif sweep.job_id or sweep.stage is S.ORDERED:  # none of its runs ever was, otherwise
        paragraphs += _state(view, say)
    paragraphs.append(_origin(view, say))
    if sweep.best_run:
        paragraphs.append(say(words.WAS_PROMOTED(run=Ref(Kind.RUN, sweep.best_run))))
    return Card(
        headline(sweep, view.links[ASKED_BY].title, say),
        paragraphs,
        face.tone,
        buttons=buttons(_offers(view), say),
        footer=say(words.SLURM_ARRAY(job=sweep.job_id)) if sweep.job_id else "",
    )


def _wish(view: SweepView, say: Say) -> Iterator[str]:
    """Yield who asked to cancel it, while it is being cancelled and when it is."""
    wish = view.cancel_asked
    if wish is not None and view.thing.stage is S.RUNNING:
        yield say(words.CANCEL_ASKED(who=wish.by, at=wish.at))
    elif wish is not None and view.thing.stage is S.CANCELLED:
        yield say(words.ENDED_BY(who=wish.by))


def _state(view: SweepView, say: Say) -> Iterator[str]:
    sweep = view.thing
    share = bar(view.ended_count / sweep.run_count)
    done = say(words.DONE(bar=share, done=view.ended_count, count=sweep.run_count))
    yield f"{done}\n{' · '.join(map(say, view.tally))}"
    best = words.BEST_LEAST if is_less_better(sweep.metric) else words.BEST_MOST
    yield section(say(best(measure=sweep.metric)), "\n".join(map(say, _board(view))))
    if view.failures:
        lines = [*map(say, _failed(view.failures)), *map(say, view.hints)]
        yield section(say(words.RUNS_FAILED()), "\n".join(lines))
    if view.runners:
        yield section(say(words.STILL_TRAINING()), "\n".join(say(_runner(one)) for one in view.runners[:RUNNERS]))


def _runner(one: Runner) -> Said:
    return words.RUNNER(value=one.value, run=one.run, epoch=one.epoch, epochs=one.epochs)


def _board(view: SweepView) -> Iterator[Said]:
    """Yield the leaders, each with the settings in which it differs from others."""
    leaders = view.leaders
    if not leaders:
        yield words.UNMEASURED(number=view.thing.number) if view.has_successes else words.NO_RESULT()
        return
    common = set.intersection(*(set(one.parameters.items()) for one in leaders)) if len(leaders) > 1 else set()
    for place, one in enumerate(leaders[:LEADERS], start=1):
        own = [item for item in one.parameters.items() if item not in common]
        differing = [f"{name}={as_typed(value)}" for name, value in own]
        settings = typed(" ".join(differing), limit=SHOWN_SETTINGS)
        told: dict[str, Value] = {"place": place, "value": one.value, "run": one.run}
        yield words.LEADER_WITH(**told, settings=settings) if settings else words.LEADER(**told)


def _failed(failures: Sequence[tuple[Said, Ref]]) -> Iterator[Said]:
    """Yield how many failed of each cause, the commonest first, with the runs to look at."""
    groups: dict[str, list[tuple[Said, Ref]]] = defaultdict(list)
    for cause, run in failures:
        groups[str(cause)].append((cause, run))
    for _, group in sorted(groups.items(), key=lambda item: (-len(item[1]), item[0])):
        runs = sorted((run for _, run in group), key=lambda run: run.number)
        told: dict[str, Value] = {"cause": group[0][0], "count": len(group), "runs": " ".join(map(str, runs[:NAMED]))}
        more = len(runs) - NAMED
        yield words.FAILED_OF_MORE(**told, more=more) if more > 0 else words.FAILED_OF(**told)


def _origin(view: SweepView, say: Say) -> str:
    sweep = view.thing
    origin = (words.ORIGIN_PLANNED if sweep.stage is S.PLANNED else words.ORIGIN)(
        recipe=sweep.recipe, at_once=sweep.at_once, requirement=view.links[ASKED_BY].ref, who=sweep.ordered_by
    )
    return f"{say(METHODS[sweep.method](space=typed(sweep.space, limit=SHOWN_SPACE)))}\n{say(origin)}"


def _offers(view: SweepView) -> Iterator[Offer]:
    sweep = view.thing
    yield from view.plan_offers
    if view.leaders and not sweep.best_run and sweep.stage in PROMOTABLE:
        yield Offer(words.PROMOTE_BEST(), f"promote:{sweep.ref}", ButtonStyle.SUCCESS)
    yield from view.remedies
    if sweep.stage in (S.ORDERED, S.RUNNING):
        yield Offer(words.CANCEL(), f"cancel_sweep:{sweep.ref}", ButtonStyle.DANGER)
