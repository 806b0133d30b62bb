"""Incidents: what Ops must deal with, from failed runs to systems that do not answer."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta

from bot.core.reason import checked_reason
from bot.core.record import Decision, Record
from bot.core.said import Phrase, Said
from bot.core.secrets import redacted, redacted_said
from bot.core.text import sentence, tail
from bot.core.values import SYSTEM, Actor, Kind, Ref, Stage
from bot.core.words import QUOTED
from bot.errors import Refused, WrongStage
from bot.ports import Reader, Store
from bot.services.planning import OPEN
from bot.services.things import every
from bot.things.incident import words
from bot.things.incident.model import Incident
from bot.things.incident.readings import COUNTED, ManyRuns
from bot.things.incident.rules import IncidentEvent
from bot.things.incident.subjects import MANY_RUNS, Matter, Subject, of_outage
from bot.things.run.causes import Cause
from bot.things.run.model import Run

UNRESOLVED = (Stage.OPEN.value, Stage.ACKNOWLEDGED.value)
LOG_LIMIT = 20_000
"""Characters of log that an incident keeps; its card shows the end, and has the rest as a file."""
TITLE_LIMIT, NEXT_STEP_LIMIT = 200, 500
"""Characters of a value in them."""

CLUSTER = "cluster"
"""What the system is called that is out while the cluster cannot be asked."""
CARDS_A_MINUTE = 30
"""Of those that say so: half of a channel's edits, for what happens meanwhile must be shown too."""
MOST_ALONE = 10
"""Incidents of runs within the span below; what befalls further ones is told by one, or Ops would see nothing else."""
LOOKED_AT = 5 * MOST_ALONE
"""Incidents, those of nodes and systems among them, which do not count."""
SPAN = timedelta(minutes=10)
NEWEST = 10
"""Runs that the incident about many names."""


async def open_in(
    decision: Decision, about: Subject, *, title: Said, cause: Said, next_step: Said, log_tail: str = ""
) -> Incident:
    """Open an incident within a transaction of the bot; what looks like a secret is not kept."""
    incident = Incident(
        about=about,
        title=redacted_said(title, limit=TITLE_LIMIT),
        cause=redacted_said(cause),
        next_step=redacted_said(next_step, limit=NEXT_STEP_LIMIT),
        log_tail=tail(redacted(log_tail), LOG_LIMIT),
    )
    if _is_of_a_run(about) and await _are_many(decision):
        return await _one_of_many(decision, incident)
    opened = await decision.open(incident, IncidentEvent.OPENED)
    await _mark_cards(decision, about)
    return opened


async def _mark_cards(decision: Decision, about: Subject) -> None:
    """When an outage of the cluster begins or ends, have the cards drawn of what it was or is to be given."""
    if about != of_outage(CLUSTER):
        return
    stages = [stage.value for stage in (Stage.PLANNED, Stage.ORDERED, *OPEN)]
    runs = await every(decision.tx, Run, stages=stages)
    shown = list(dict.fromkeys(run.shown_on for run in reversed(runs)))
    for minute, start in enumerate(range(0, len(shown), CARDS_A_MINUTE)):
        at = decision.at + timedelta(minutes=minute)
        await decision.tx.mark_card(*shown[start : start + CARDS_A_MINUTE], not_before=at)


def _is_of_a_run(about: Subject) -> bool:
    """Tell whether it is about how a run fares, and not about something that was given up after it."""
    return about.thing is not None and about.thing.kind is Kind.RUN and about.matter is not Matter.GIVEN_UP


async def _are_many(decision: Decision) -> bool:
    newest = await decision.tx.select(Incident, limit=LOOKED_AT)
    of_runs = [one for one in newest if _is_of_a_run(one.about)]
    if len(of_runs) < MOST_ALONE:
        return False
    opened = (await decision.tx.history(Ref(Kind.INCIDENT, of_runs[MOST_ALONE - 1].number)))[0]
    return decision.at - opened.at < SPAN


async def _one_of_many(decision: Decision, one: Incident) -> Incident:
    """Count a run's incident with the others in the one that stands for many, and return that."""
    many = next(iter(await decision.tx.select(Incident, about=MANY_RUNS, stages=UNRESOLVED, limit=1)), None)
    if many is None:
        minutes = SPAN // timedelta(minutes=1)
        cause = words.COUNTED_HERE(count=MOST_ALONE, minutes=minutes, title=one.title, cause=one.cause)
        next_step = words.LOOK_FOR_COMMON()
        opened = Incident(about=MANY_RUNS, title=words.MANY_RUNS(), cause=cause, next_step=next_step, log_tail="")
        many = await decision.open(opened, IncidentEvent.OPENED)
    about = Ref(Kind.INCIDENT, many.number)
    before = await decision.tx.reading(about, COUNTED) or ManyRuns(0, ())
    counted = ManyRuns(before.count + 1, (one.title, *before.newest)[:NEWEST])
    await decision.tx.put_reading(about, COUNTED, counted, at=decision.at)
    await decision.tx.mark_card(about, not_before=decision.at)
    return many


async def open_once(
    record: Record, about: Subject, *, title: Said, cause: Said, next_step: Said, log_tail: str = ""
) -> Incident | None:
    """Open an incident unless one about the same is unresolved."""
    async with record.decide(SYSTEM) as decision:
        if await decision.tx.select(Incident, about=about, stages=UNRESOLVED, limit=1):
            return None
        return await open_in(decision, about, title=title, cause=cause, next_step=next_step, log_tail=log_tail)


OUTAGE_STEPS: Mapping[str, Phrase] = {
    CLUSTER: words.LOOK_AT_CLUSTER,
    "azure": words.LOOK_AT_AZURE,
    "mlflow": words.LOOK_AT_MLFLOW,
    "accounting": words.LOOK_AT_ACCOUNTING,
    "database": words.LOOK_AT_DATABASE,
    "data directory": words.LOOK_AT_DATA_DIRECTORY,
}
_NAMED: Mapping[str, Phrase] = {
    CLUSTER: words.THE_CLUSTER,
    "accounting": words.ACCOUNTING,
    "database": words.THE_DATABASE,
    "data directory": words.THE_DATA_DIRECTORY,
}
_NAMES = {"azure": "Azure", "mlflow": "MLflow", "discord": "Discord", "evidently": "Evidently"}


def name_of(system: str) -> Said:
    """Return what an outside system is called at the beginning of a sentence; a product's name is that everywhere."""
    named = _NAMED.get(system)
    return named() if named else QUOTED(text=_NAMES.get(system) or sentence(system))


async def outage(record: Record, system: str, message: str) -> Incident | None:
    """Tell Ops once that an outside system fails us; work for it waits and is tried again."""
    return await open_once(
        record,
        of_outage(system),
        title=words.DOES_NOT_ANSWER(system=name_of(system)),
        cause=QUOTED(text=sentence(message)),
        next_step=OUTAGE_STEPS.get(system, words.LOOK_AT_SYSTEM)(),
    )


async def outage_since(tx: Reader, system: str) -> datetime | None:
    """Return when Ops were told of the system's outage, or None when it has none that is not resolved."""
    for incident in await tx.select(Incident, about=of_outage(system), stages=UNRESOLVED, limit=1):
        return (await tx.history(Ref(Kind.INCIDENT, incident.number)))[0].at
    return None


async def about_run(tx: Reader, number: int) -> Incident | None:
    """Return the newest unresolved incident about a run: its failure or a trouble, or else what was given up."""
    told = await tx.select(Incident, about_kind=Run.kind, about_number=number, stages=UNRESOLVED)
    return next((one for one in told if one.about.matter is not Matter.GIVEN_UP), told[0] if told else None)


def cause_told(about: Subject) -> Cause | None:
    """Return what is wrong with a run that has not ended, if it is about that."""
    return Cause(about.code) if about.matter is Matter.TROUBLE else None


async def outages(store: Store, *, systems: Collection[str]) -> tuple[str, ...]:
    """Return which of the systems have an outage that is not resolved."""
    async with store.reading() as tx:
        out = {one.about.code for one in await every(tx, Incident, stages=UNRESOLVED, about_matter=Matter.OUTAGE.value)}
    return tuple(system for system in systems if system in out)


async def is_told(store: Store, about: Subject) -> bool:
    """Tell whether an incident about this is not resolved."""
    async with store.reading() as tx:
        return bool(await tx.select(Incident, about=about, stages=UNRESOLVED, limit=1))


async def recovered(record: Record, about: Subject, *, resolution: Said | None = None) -> None:
    """Resolve what is unresolved about something that is well again."""
    told = resolution or words.ANSWERS_AGAIN()
    async with record.decide(SYSTEM) as decision:
        for incident in await decision.tx.select(Incident, about=about, stages=UNRESOLVED):
            await decision.move(Incident, incident.number, IncidentEvent.RESOLVED, resolution=told)
            await _mark_cards(decision, about)


async def assign(record: Record, number: int, *, to: Actor, by: Actor) -> Incident:
    """Give it to somebody who may deal with it."""
    record.check_duty(IncidentEvent.ACKNOWLEDGED, by=by)
    if not to.duties & record.duties[IncidentEvent.ACKNOWLEDGED]:
        raise Refused(words.NO_OPERATOR(who=to.id, incident=Ref(Kind.INCIDENT, number)))
    async with record.decide(by) as decision:
        return await decision.move(Incident, number, IncidentEvent.ASSIGNED, details={"to": to.id}, handled_by=to.id)


async def resolve_gone(
    record: Record, *matters: Matter, of: Ref | None = None, still: Collection[Subject], resolution: Said
) -> None:
    """Resolve the unresolved incidents about such matters, of one thing or any, that are not the matter any more."""
    sorts = tuple(matter.value for matter in matters)
    thing = {} if of is None else {"about_kind": of.kind.value, "about_number": of.number}
    async with record.store.reading() as tx:
        unresolved = await every(tx, Incident, stages=UNRESOLVED, about_matter=sorts, **thing)
    for incident in unresolved:
        if incident.about not in still:
            async with record.decide(SYSTEM) as decision:
                await decision.move(Incident, incident.number, IncidentEvent.RESOLVED, resolution=resolution)


async def acknowledge(record: Record, number: int, *, by: Actor) -> Incident:
    """Say that one is dealing with it."""
    async with record.decide(by) as decision:
        return await decision.move(Incident, number, IncidentEvent.ACKNOWLEDGED, handled_by=by.id)


async def try_again(record: Record, number: int, *, by: Actor) -> Incident:
    """Have what was given up done after all; the incident is over, and there is a new one if it is given up again.

    Raises:
        Refused: the incident is over, or is about nothing that could be asked for again.
    """
    async with record.decide(by) as decision:
        incident = await decision.check(Incident, number, IncidentEvent.RESOLVED)
        thing = incident.about.thing if incident.about.matter is Matter.GIVEN_UP else None
        if thing is None or not await decision.tx.try_again(thing, incident.about.code, at=decision.at):
            raise WrongStage(words.NOTHING_GIVEN_UP(incident=incident.ref))
        return await decision.move(
            Incident,
            number,
            IncidentEvent.RESOLVED,
            handled_by=by.id,
            resolution=words.IS_TRIED_AGAIN(),
        )


async def resolve(record: Record, number: int, *, resolution: str, by: Actor) -> Incident:
    """Say that it is over, and how. Raises Refused when it is not said how."""
    told = QUOTED(text=checked_reason(resolution))
    async with record.decide(by) as decision:
        resolved = await decision.move(Incident, number, IncidentEvent.RESOLVED, handled_by=by.id, resolution=told)
        await _mark_cards(decision, resolved.about)
        return resolved
