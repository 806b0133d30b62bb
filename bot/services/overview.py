"""How everything stands, on one card."""

from collections.abc import Mapping, Sequence

from bot.core.cards import Card, Tone
from bot.core.said import ENGLISH
from bot.core.text import clip, plain
from bot.core.values import Kind, Stage
from bot.core.view import StageFace, first_of
from bot.ports import Due, Store
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
_ROWS = (
    (Kind.REQUIREMENT, "Requirements", OF_REQUIREMENTS),
    (Kind.RUN, "Runs", OF_RUNS),
    (Kind.AUDIT, "Audits", OF_AUDITS),
    (Kind.ROLLOUT, "Rollouts", OF_ROLLOUTS),
    (Kind.RECOMMENDATION, "Recommendations", OF_RECOMMENDATIONS),
)


async def status(store: Store, *, troubles: Mapping[str, object]) -> Card:
    """Return the status card. `troubles` has the outside systems that fail."""
    async with store.reading() as tx:
        counts = {kind: await tx.counts(kind) for kind in (*(kind for kind, _, _ in _ROWS), Kind.INCIDENT)}
        incidents = await tx.select(Incident, stages=UNRESOLVED, limit=SHOWN)
        live = await tx.select(Rollout, stages=(Stage.LIVE.value,), limit=SHOWN)
        failing = await tx.failing_effects(limit=SHOWN)
        failing_count = await tx.failing_count()
    return status_card(counts, incidents, live, failing, troubles=sorted(troubles), failing_count=failing_count)


def status_card(
    counts: Mapping[Kind, Mapping[str, int]],
    incidents: Sequence[Incident],
    live: Sequence[Rollout],
    failing: Sequence[tuple[Due, str]],
    *,
    troubles: Sequence[str],
    failing_count: int = 0,
) -> Card:
    """Return the card: how many stand where, what is live, what is open, and what waits with its error.

    Of each the first are given; `counts` and `failing_count` say how many there are.
    """
    lines = [f"**{name}** {_by_stage(counts[kind], faces)}" for kind, name, faces in _ROWS]
    endpoints = [f"🟢 `{one.endpoint}` · DEP-{one.number} · REQ-{one.requirement}" for one in live]
    opened = [ENGLISH(of_incident(one)) for one in incidents]
    waiting = [
        f"- {due.about} `{due.effect}`, attempt {due.attempt}: {plain(clip(error, 120))}" for due, error in failing
    ]
    live_count = counts[Kind.ROLLOUT].get(Stage.LIVE, 0)
    open_count = sum(counts.get(Kind.INCIDENT, {}).get(stage, 0) for stage in UNRESOLVED)
    paragraphs = ["\n".join(lines)]
    paragraphs.append("**Live**\n" + (first_of(endpoints, ENGLISH, shown=SHOWN, count=live_count) or "none"))
    paragraphs.append("**Open incidents**\n" + (first_of(opened, ENGLISH, shown=SHOWN, count=open_count) or "none"))
    if waiting:
        paragraphs.append(
            "**Waiting to be tried again**\n" + first_of(waiting, ENGLISH, shown=SHOWN, count=failing_count)
        )
    if troubles:
        paragraphs.append("⚠️ Not answering as they should: " + ", ".join(troubles))
    is_well = not incidents and not failing and not troubles
    return Card(f"{'✅' if is_well else '⚠️'} Status", paragraphs, Tone.GOOD if is_well else Tone.WARNING)


def _by_stage(counts: Mapping[str, int], faces: Mapping[Stage, StageFace]) -> str:
    parts = [f"{faces[Stage(stage)].sign} {count} {stage}" for stage, count in counts.items() if count]
    return " · ".join(parts) or "none yet"
