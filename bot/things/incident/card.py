"""The incident's card."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from bot.core import words as core
from bot.core.cards import ButtonStyle, Card, File, Tone
from bot.core.said import Said, Say
from bot.core.store import Reader
from bot.core.text import fence, tail
from bot.core.values import Stage
from bot.core.view import Glance, Offer, StageFace, View, buttons, headline, section, stage_line
from bot.things.incident import words
from bot.things.incident.model import Incident, Matter
from bot.things.incident.readings import COUNTED, ManyRuns
from bot.things.incident.subjects import MANY_RUNS

STAGES: Mapping[Stage, StageFace] = {
    Stage.OPEN: StageFace("🔥", Tone.BAD, words.OPEN),
    Stage.ACKNOWLEDGED: StageFace("👀", Tone.WARNING, words.ACKNOWLEDGED),
    Stage.RESOLVED: StageFace("✅", Tone.GOOD, words.IS_RESOLVED),
}
SHOWN_LOG = 1200
"""Characters of log on the card; what there is before them is in its file."""


@dataclass(frozen=True, slots=True)
class IncidentView(View[Incident]):
    """An incident with what may be pressed against it."""

    remedies: Sequence[Offer] = ()
    hints: Sequence[Said] = ()
    many: ManyRuns | None = None
    """The runs that it stands for, if it is about many."""


async def view(tx: Reader, incident: Incident, bare: View[Incident]) -> IncidentView:
    """Return the incident with the runs that it stands for."""
    many = await tx.reading(incident.ref, COUNTED) if incident.about == MANY_RUNS else None
    return IncidentView(incident, bare.since, bare.links, bare.chart, many=many)


def glance(incident: Incident) -> Glance:
    """Return what others may know of an incident."""
    return Glance(incident.ref, incident.stage, line=line(incident))


def line(incident: Incident) -> Said:
    """Return an incident in a line, for lists."""
    stage = core.STAGES[incident.stage]()
    return words.LINE(sign=STAGES[incident.stage].sign, incident=incident.ref, title=incident.title, stage=stage)


def card(view: IncidentView, say: Say) -> Card:
    """Return the card: what is the matter and what to do, then the evidence and who deals with it."""
    incident, face = view.thing, STAGES[view.thing.stage]
    files = (File(f"inc-{incident.number}-log.txt", incident.log_tail.encode()),) if incident.log_tail else ()
    return Card(
        headline(incident, incident.title, say),
        [stage_line(face, view.since, say), *_what_is_the_matter(view, say), *_what_was_done(incident, say)],
        face.tone,
        files=files,
        buttons=buttons(_offers(view), say),
    )


def _what_is_the_matter(view: IncidentView, say: Say) -> Iterator[str]:
    incident = view.thing
    yield section(say(core.CAUSE()), say(incident.cause))
    if incident.stage is not Stage.RESOLVED:
        yield "\n".join([section(say(core.NEXT_STEP()), say(incident.next_step)), *map(say, view.hints)])
    if view.many:
        newest = "\n".join(say(words.ONE_OF_MANY(title=one)) for one in view.many.newest)
        yield section(say(words.MANY_NEWEST(count=view.many.count)), newest)
    if incident.log_tail:
        yield section(say(words.LAST_LINES()), fence(_last_lines(incident.log_tail), limit=SHOWN_LOG + 100))


def _what_was_done(incident: Incident, say: Say) -> Iterator[str]:
    if incident.resolution:
        yield section(say(words.RESOLUTION()), say(incident.resolution))
    if incident.handled_by:
        yield say(words.HANDLED_BY(who=incident.handled_by))


def _last_lines(log: str) -> str:
    """Return the end of a log that a card has room for, from the beginning of a line if there is one."""
    end = tail(log, SHOWN_LOG)
    return end.partition("\n")[2] or end if len(log) > SHOWN_LOG else end


def _offers(view: IncidentView) -> Iterator[Offer]:
    incident = view.thing
    if incident.stage is Stage.RESOLVED:
        return
    yield from view.remedies
    is_given_up = incident.about.matter is Matter.GIVEN_UP
    if is_given_up:
        yield Offer(words.PRESS_TRY_AGAIN(), f"try_again:{incident.ref}", ButtonStyle.PRIMARY)
    if incident.stage is Stage.OPEN:
        has_remedy = view.remedies or is_given_up
        style = ButtonStyle.SECONDARY if has_remedy else ButtonStyle.PRIMARY
        yield Offer(words.ACKNOWLEDGE(), f"acknowledge:{incident.ref}", style)
    yield Offer(words.ASSIGN(), f"assign:{incident.ref}")
    yield Offer(words.RESOLVE(), f"resolve:{incident.ref}", ButtonStyle.SUCCESS)
