"""How everything stands, on one card."""

from collections.abc import Mapping, Sequence

from bot.core.cards import Card, Tone
from bot.core.text import clip, plain
from bot.core.values import Kind, Stage
from bot.domain.drawing_lists import first_of
from bot.domain.drawing_parts import STAGE_SIGNS
from bot.ports import Due, Store
from bot.services.incidents import UNRESOLVED
from bot.things.incident.model import Incident
from bot.things.rollout.model import Rollout

SHOWN = 10
_ROWS = (
    (Kind.REQUIREMENT, "Requirements"),
    (Kind.RUN, "Runs"),
    (Kind.AUDIT, "Audits"),
    (Kind.ROLLOUT, "Rollouts"),
    (Kind.RECOMMENDATION, "Recommendations"),
)


async def status(store: Store, *, troubles: Mapping[str, object]) -> Card:
    """Return the status card. `troubles` has the outside systems that fail."""
    async with store.reading() as tx:
        counts = {kind: await tx.counts(kind) for kind in (*(kind for kind, _ in _ROWS), Kind.INCIDENT)}
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
    lines = [f"**{name}** {_by_stage(counts[kind])}" for kind, name in _ROWS]
    endpoints = [f"🟢 `{one.endpoint}` · DEP-{one.number} · REQ-{one.requirement}" for one in live]
    opened = [
        f"{STAGE_SIGNS[one.stage][0]} INC-{one.number} {plain(clip(one.title, 80))} · *{one.stage.value}*"
        for one in incidents
    ]
    waiting = [
        f"- {due.about} `{due.effect}`, attempt {due.attempt}: {plain(clip(error, 120))}" for due, error in failing
    ]
    live_count = counts[Kind.ROLLOUT].get(Stage.LIVE, 0)
    open_count = sum(counts.get(Kind.INCIDENT, {}).get(stage, 0) for stage in UNRESOLVED)
    paragraphs = ["\n".join(lines)]
    paragraphs.append("**Live**\n" + (first_of(endpoints, shown=SHOWN, count=live_count) or "none"))
    paragraphs.append("**Open incidents**\n" + (first_of(opened, shown=SHOWN, count=open_count) or "none"))
    if waiting:
        paragraphs.append("**Waiting to be tried again**\n" + first_of(waiting, shown=SHOWN, count=failing_count))
    if troubles:
        paragraphs.append("⚠️ Not answering as they should: " + ", ".join(troubles))
    is_well = not incidents and not failing and not troubles
    return Card(f"{'✅' if is_well else '⚠️'} Status", paragraphs, Tone.GOOD if is_well else Tone.WARNING)


def _by_stage(counts: Mapping[str, int]) -> str:
    parts = [f"{STAGE_SIGNS[Stage(stage)][0]} {count} {stage}" for stage, count in counts.items() if count]
    return " · ".join(parts) or "none yet"
