"""How everything stands, on one card."""

from collections.abc import Mapping, Sequence

from bot.core.cards import Card, Tone
from bot.core.said import Phrase, Said, Say
from bot.core.text import clip
from bot.core.values import Kind, Ref, Stage
from bot.core.view import StageFace, first_of, section
from bot.core.words import STAGES
from bot.ports import Due, Store
from bot.services import overview_words as words
from bot.services.incidents import UNRESOLVED
from bot.things.audit.card import STAGES as OF_AUDITS
from bot.things.incident.card import line as of_incident
from bot.things.incident.model import Incident
from bot.things.recommendation.card import STAGES as OF_RECOMMENDATIONS
from bot.things.requirement.card import STAGES as OF_REQUIREMENTS
from bot.things.rollout.card import STAGES as OF_ROLLOUTS
from bot.things.rollout.model import Rollout
from bot.things.run.card import STAGES as OF_RUNS

SHOWN = 10
SHOWN_ERROR = 120
_ROWS = (
    (Kind.REQUIREMENT, words.REQUIREMENTS, OF_REQUIREMENTS),
    (Kind.RUN, words.RUNS, OF_RUNS),
    (Kind.AUDIT, words.AUDITS, OF_AUDITS),
    (Kind.ROLLOUT, words.ROLLOUTS, OF_ROLLOUTS),
    (Kind.RECOMMENDATION, words.RECOMMENDATIONS, OF_RECOMMENDATIONS),
)


async def status(store: Store, say: Say, *, troubles: Mapping[str, object]) -> Card:
    """Return the status card. `troubles` has the outside systems that fail."""
    async with store.reading() as tx:
        counts = {kind: await tx.counts(kind) for kind in (*(kind for kind, _, _ in _ROWS), Kind.INCIDENT)}
        incidents = await tx.select(Incident, stages=UNRESOLVED, limit=SHOWN)
        live = await tx.select(Rollout, stages=(Stage.LIVE.value,), limit=SHOWN)
        failing = await tx.failing_effects(limit=SHOWN)
        failing_count = await tx.failing_count()
    return status_card(counts, incidents, live, failing, say, troubles=sorted(troubles), failing_count=failing_count)


def status_card(
    counts: Mapping[Kind, Mapping[str, int]],
    incidents: Sequence[Incident],
    live: Sequence[Rollout],
    failing: Sequence[tuple[Due, str]],
    say: Say,
    *,
    troubles: Sequence[str],
    failing_count: int = 0,
) -> Card:
    """Return the card: how many stand where, what is live, what is open, and what waits with its error.

    Of each the first are given; `counts` and `failing_count` say how many there are.
    """
    lines = [say(_row(name, _by_stage(counts[kind], faces))) for kind, name, faces in _ROWS]
    endpoints = [
        say(words.ENDPOINT(endpoint=one.endpoint, rollout=one.ref, requirement=Ref(Kind.REQUIREMENT, one.requirement)))
        for one in live
    ]
    opened = [say(of_incident(one)) for one in incidents]
    waiting = [
        say(words.WAITING(about=due.about, effect=due.effect, attempt=due.attempt, error=clip(error, SHOWN_ERROR)))
        for due, error in failing
    ]
    live_count = counts[Kind.ROLLOUT].get(Stage.LIVE, 0)
    open_count = sum(counts.get(Kind.INCIDENT, {}).get(stage, 0) for stage in UNRESOLVED)
    none = say(words.NONE())
    paragraphs = ["\n".join(lines)]
    for heading, shown, count in ((words.LIVE, endpoints, live_count), (words.OPEN_INCIDENTS, opened, open_count)):
        paragraphs.append(section(say(heading()), first_of(shown, say, shown=SHOWN, count=count) or none))
    if waiting:
        paragraphs.append(section(say(words.TRIED_AGAIN()), first_of(waiting, say, shown=SHOWN, count=failing_count)))
    if troubles:
        paragraphs.append(say(words.NOT_ANSWERING(systems=troubles)))
    is_well = not incidents and not failing and not troubles
    headline = words.WELL() if is_well else words.TROUBLED()
    return Card(say(headline), paragraphs, Tone.GOOD if is_well else Tone.WARNING)


def _row(name: Phrase, stages: Sequence[Said]) -> Said:
    return words.ROW(name=name(), stages=stages) if stages else words.ROW_EMPTY(name=name())


def _by_stage(counts: Mapping[str, int], faces: Mapping[Stage, StageFace]) -> list[Said]:
    return [
        words.AT_STAGE(sign=faces[Stage(stage)].sign, count=count, stage=STAGES[Stage(stage)]())
        for stage, count in counts.items()
        if count
    ]
