"""The run's card, what others may know of it, and how it looks in a line."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from bot.core import words as core
from bot.core.cards import Button, ButtonStyle, Card, Tone
from bot.core.links import ASKED_BY
from bot.core.said import Phrase, Said, Say, Value, said_in
from bot.core.store import Reader
from bot.core.text import as_typed, bar, clip, typed
from bot.core.values import Fact, PersonId, Ref, Stage
from bot.core.view import Glance, Offer, StageFace, View, buttons, headline, section, stage_line
from bot.things.run import words
from bot.things.run.events import RunEvent
from bot.things.run.model import Run
from bot.things.run.plan import asked
from bot.things.run.readings import PROGRESS, SLURM, TRACKED, Progress, SlurmWords
from bot.things.run.reproduction import compared
from bot.things.run.waiting import is_a_word, wait_of

S = Stage
STAGES: Mapping[Stage, StageFace] = {
    S.PLANNED: StageFace("📝", Tone.NEUTRAL, words.PLANNED),
    S.ORDERED: StageFace("📮", Tone.BUSY, words.ORDERED),
    S.SUBMITTED: StageFace("📤", Tone.BUSY, words.SUBMITTED),
    S.QUEUED: StageFace("⏳", Tone.BUSY, words.QUEUED),
    S.RUNNING: StageFace("🏃", Tone.BUSY, words.RUNNING),
    S.SUCCEEDED: StageFace("✅", Tone.GOOD, words.SUCCEEDED),
    S.FAILED: StageFace("❌", Tone.BAD, words.FAILED),
    S.CANCELLED: StageFace("🚫", Tone.NEUTRAL, words.CANCELLED),
}
"""The stage's word within a line."""
OPEN = frozenset({S.SUBMITTED, S.QUEUED, S.RUNNING})
WITH_CLUSTER = OPEN | {S.PLANNED, S.ORDERED}
SHOWN_SETTINGS, SHOWN_REASON, SHOWN_NODE = 1000, 200, 100
SHOWN_RESULTS = 8


@dataclass(frozen=True, slots=True)
class Told:
    """What Ops were told of a run."""

    ref: Ref
    title: Said
    cause: Said
    next_step: Said
    handled_by: PersonId | None = None


@dataclass(frozen=True, slots=True)
class RunView(View[Run]):
    """A run with what is around it."""

    notices: Sequence[Said] = ()
    """Why nothing is known of it now, or why it is not sent."""
    plan: Sequence[Said] = ()
    """For a planned one: when it would start, and what it may cost."""
    plan_offers: Sequence[Offer] = ()
    progress: Progress | None = None
    slurm: SlurmWords | None = None
    cancel_asked: Fact | None = None
    """The wish to cancel it, while nothing has come of it."""
    ending: Said | None = None
    """Of a cancelled one: who asked for it, and whether it saved."""
    told: Told | None = None
    """The newest incident about it that is not resolved."""
    remedies: Sequence[Offer] = ()
    hints: Sequence[Said] = ()
    like: Run | None = None
    """The run that it repeats."""
    judged: Said | None = None
    """Its audit, and where that stands."""
    tracking_url: str = ""
    """Where its present attempt stands in the registry."""


async def view(tx: Reader, run: Run, bare: View[Run]) -> RunView:
    """Return the run with what its folder can tell of it."""
    history = await tx.history(run.ref)
    newest = history[-1]
    tracked = await tx.reading(run.ref, TRACKED)
    return RunView(
        run,
        bare.since,
        bare.links,
        bare.chart,
        progress=await tx.reading(run.ref, PROGRESS),
        slurm=await tx.reading(run.ref, SLURM) if run.stage in OPEN else None,
        cancel_asked=newest if newest.event == RunEvent.CANCEL_REQUESTED else None,
        ending=ending(run, history) if run.stage is S.CANCELLED else None,
        like=await tx.find(Run, run.like) if run.like else None,
        tracking_url=tracked.url if tracked and tracked.attempt == run.attempt else "",
    )


_BEGINNINGS = frozenset({RunEvent.RETRIED.value, RunEvent.RESUMED.value})


def ending(run: Run, history: Sequence[Fact]) -> Said | None:
    """Return who asked for the end of a run, and whether it saved: both are known of its facts only."""
    since = next((at for at, fact in enumerate(reversed(history)) if fact.event in _BEGINNINGS), len(history))
    facts = {fact.event: fact for fact in history[len(history) - since :]}
    wished, ended = facts.get(RunEvent.CANCEL_REQUESTED), facts.get(RunEvent.CANCELLED)
    told = ended.details.get("reason") if ended else None
    reason: Said | str = said_in(told) or clip(str(told or ""), SHOWN_REASON)
    saved = None if str(reason).startswith("by uid") or run.cause else reason
    if wished:
        return words.ENDED_BY_WITH(who=wished.by, reason=saved) if saved else words.ENDED_BY(who=wished.by)
    return words.ENDED_WITH(reason=saved) if saved else None


def glance(run: Run) -> Glance:
    """Return what others may know of a run: who ordered it, and what it came to."""
    return Glance(run.ref, run.stage, people=(run.ordered_by,), figures=run.metrics or {}, line=line(run))


def line(run: Run) -> Said:
    """Return a run in a line, for lists."""
    said = words.LINE(sign=STAGES[run.stage].sign, run=run.ref, stage=core.STAGES[run.stage]())
    if run.metrics and "accuracy" in run.metrics:
        said = words.LINE_ACCURACY(line=said, accuracy=run.metrics["accuracy"])
    return words.LINE_CAUSE(line=said, cause=run.cause) if run.cause else said


def counted(stage: Stage, count: int) -> Said:
    """Return how many stand at a stage."""
    return COUNTED[stage](sign=STAGES[stage].sign, count=count)


COUNTED: Mapping[Stage, Phrase] = {
    S.PLANNED: words.COUNTED_PLANNED,
    S.ORDERED: words.COUNTED_ORDERED,
    S.SUBMITTED: words.COUNTED_SUBMITTED,
    S.QUEUED: words.COUNTED_QUEUED,
    S.RUNNING: words.COUNTED_RUNNING,
    S.SUCCEEDED: words.COUNTED_SUCCEEDED,
    S.FAILED: words.COUNTED_FAILED,
    S.CANCELLED: words.COUNTED_CANCELLED,
}


def card(view: RunView, say: Say) -> Card:
    """Return a run's card: where it stands, what it came to, and what it was made of."""
    run, face = view.thing, STAGES[view.thing.stage]
    stage = stage_line(face, view.since, say)
    if (wish := view.cancel_asked) is not None:
        stage += "\n" + say(words.CANCEL_ASKED(who=wish.by, at=wish.at))
    people = (words.FOR_PLANNED if run.stage is S.PLANNED else words.FOR)(
        requirement=Ref(view.links[ASKED_BY].ref.kind, run.requirement), who=run.ordered_by
    )
    paragraphs = [stage, *map(say, view.notices), *_state(view, say), *_texts(run, say), _settings(run, say)]
    return Card(
        headline(run, view.links[ASKED_BY].title, say),
        [*paragraphs, say(people)],
        face.tone,
        buttons=tuple(_buttons(view, say)),
        footer=" · ".join(map(say, _footer(view))),
    )


def _state(view: RunView, say: Say) -> Iterator[str]:
    """Yield what is to be said of where the run stands."""
    run = view.thing
    if view.plan:
        yield section(say(words.PLAN()), "\n".join(map(say, view.plan)))
    if run.stage is S.RUNNING and view.progress:
        yield "\n".join(_progress(view.progress, say))
    if view.slurm:
        yield from map(say, _slurm(view.slurm, run))
    yield from _what_went_wrong(view, say)
    if run.metrics:
        results = [say(words.RESULT(measure=name, value=value)) for name, value in run.metrics.items()]
        yield section(say(words.RESULTS()), "\n".join(results[:SHOWN_RESULTS]))
        if view.like is not None:
            yield section(say(words.REPEATS(run=view.like.ref)), say(compared(view.like, run)))


def _what_went_wrong(view: RunView, say: Say) -> Iterator[str]:
    """Yield why it failed, was ended or does not get on, and what to do."""
    run = view.thing
    if run.cause:
        yield section(say(core.CAUSE()), say(run.cause))
    if view.ending:
        yield say(view.ending)
    if _is_resumable(run) and not view.remedies:
        yield say(words.HOW_TO_RESUME())
    if view.told:
        yield _told(view.told, say, is_cause_shown=run.cause is not None)
    yield from map(say, view.hints)


def _told(told: Told, say: Say, *, is_cause_shown: bool) -> str:
    """Return what Ops were told of it, and what to do."""
    cause = [] if is_cause_shown else [say(words.TROUBLE(title=told.title)), say(told.cause)]
    who = (
        words.TOLD_OPS_DEALT(incident=told.ref, who=told.handled_by)
        if told.handled_by
        else words.TOLD_OPS(incident=told.ref)
    )
    return "\n".join([*cause, section(say(core.NEXT_STEP()), say(told.next_step)), say(who)])


def _slurm(said: SlurmWords, run: Run) -> Iterator[Said]:
    """Yield what SLURM says of an open run."""
    reason, is_in_queue = clip(said.reason, SHOWN_REASON), run.stage in (S.QUEUED, S.RUNNING)
    if reason and said.is_unclear:
        yield (words.STATE_UNKNOWN if is_a_word(said.reason) else words.UNCLEAR)(reason=reason)
    elif reason and is_in_queue:
        wait = wait_of(said.reason) if run.stage is S.QUEUED else None
        if wait:
            yield words.SLURM_SAYS_WHICH(reason=reason, meaning=wait.said())
        else:
            yield words.SLURM_SAYS(reason=reason)
    if is_in_queue and said.restarts:
        yield words.REQUEUED(count=said.restarts)


def _is_resumable(run: Run) -> bool:
    return run.stage is S.CANCELLED and bool(run.job_id or run.resume_from)


def _texts(run: Run, say: Say) -> Iterator[str]:
    """Yield what people wrote about it."""
    for heading, text in ((words.HYPOTHESIS, run.hypothesis), (words.CONCLUSION, run.conclusion)):
        if text:
            yield section(say(heading()), say(core.QUOTED(text=text)))


def _buttons(view: RunView, say: Say) -> Iterator[Button]:
    """Yield the presses that fit how it ended or what troubles it, and the others that its stage allows."""
    standing = buttons((*view.plan_offers, *_offers(view.thing)), say)
    ids = {button.id for button in standing}
    yield from (one for one in buttons(view.remedies, say) if one.id not in ids)
    yield from standing


def _offers(run: Run) -> Iterator[Offer]:
    """Yield the presses that its stage allows."""
    if run.stage is S.ORDERED or run.stage in OPEN:
        yield Offer(words.CANCEL(), f"cancel:{run.ref}", ButtonStyle.DANGER)
    if run.stage is S.RUNNING:
        yield Offer(words.SAVE_AND_STOP(), f"stop:{run.ref}")
    if _is_resumable(run):
        yield Offer(words.RESUME(), f"resume:{run.ref}", ButtonStyle.PRIMARY)
    has_log = run.stage not in (S.SUBMITTED, S.QUEUED) if run.job_id else run.attempt > 1  # that of the attempt before
    if has_log:
        yield Offer(words.LOG(), f"log:{run.ref}")


def _settings(run: Run, say: Say) -> str:
    parameters = " ".join(f"{name}={as_typed(value)}" for name, value in run.parameters.items() if value != "")
    shown = typed(f"{clip(parameters, SHOWN_SETTINGS)} seed={run.seed}", limit=SHOWN_SETTINGS + 20)
    settings = words.SETTINGS(recipe=run.recipe, dataset=run.dataset, parameters=shown)
    return f"{say(settings)}\n{' · '.join(map(say, asked(run.resources)))}"


def _footer(view: RunView) -> Iterator[Said]:
    run = view.thing
    if run.job_id:
        yield words.SLURM_JOB(job=run.job_id)
    if run.node and run.stage is not S.QUEUED:
        yield words.NODE(node=clip(run.node, SHOWN_NODE))
    if run.attempt > 1:
        yield words.ATTEMPT(attempt=run.attempt)
    if run.gpu_h:
        yield words.GPU_HOURS_USED(gpu_h=run.gpu_h)
    url = run.tracking_url or view.tracking_url
    version = words.MODEL_VERSION(version=run.model_version) if run.model_version else None
    if url.startswith(("http://", "https://")):  # what MLflow keeps in a local folder has no page
        yield words.LINK(label=version, url=url) if version else words.LINK_MLFLOW(url=url)
    elif version:
        yield version
    if view.judged:
        yield view.judged


def _progress(seen: Progress, say: Say) -> Iterator[str]:
    if seen.left_s is None:
        share = (seen.epoch - 1) / seen.epochs if seen.epochs else 0.0  # the epoch it is in is not done
    else:
        share = seen.elapsed_s / (seen.elapsed_s + seen.left_s) if seen.left_s > 0 else 1.0
    how_far: dict[str, Value] = {"bar": bar(share), "share": share, "epoch": seen.epoch, "epochs": seen.epochs}
    yield say(words.PROGRESS(**how_far) if seen.left_s is None else words.PROGRESS_LEFT(**how_far, left=seen.left_s))
    yield say(words.LEARNT(loss=seen.loss, measure=seen.metric, value=seen.value))
    if used := " · ".join(map(say, _used(seen))):
        yield used


def _used(seen: Progress) -> Iterator[Said]:
    """Yield what a run uses, as far as it says so."""
    if seen.gpu_share is not None:
        yield words.GPU_BUSY(share=seen.gpu_share)
    if seen.gpu_memory_gib is not None:
        if seen.gpu_memory_total_gib is None:
            yield words.GPU_MEMORY(used=seen.gpu_memory_gib)
        else:
            yield words.GPU_MEMORY_OF(used=seen.gpu_memory_gib, total=seen.gpu_memory_total_gib)
    if seen.memory_gib is not None:
        yield words.MEMORY(used=seen.memory_gib)
    if seen.rows_per_s is not None:
        yield words.ROWS(count=seen.rows_per_s)
