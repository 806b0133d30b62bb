"""The monitor's card with its latest measurement, and the list of what is watched."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.core.cards import Button, ButtonStyle, Card, Tone
from bot.core.judging import Check
from bot.core.links import ASKED_BY, WATCHES
from bot.core.readings import CHART
from bot.core.said import Said, Say
from bot.core.store import Reader
from bot.core.values import Kind, Ref, Stage
from bot.core.view import StageFace, View, headline, newest, section, stage_line, with_room
from bot.things.monitor import words
from bot.things.monitor.model import Monitor
from bot.things.monitor.readings import MEASUREMENT, Drift, Measurement

STAGES: Mapping[Stage, StageFace] = {
    Stage.WATCHING: StageFace("📈", Tone.GOOD, words.WATCHING),
    Stage.ENDED: StageFace("📦", Tone.NEUTRAL, words.ENDED),
}


ROOM_OF_CHECKS = 1000
"""Characters: the measures beside have more to say."""


@dataclass(frozen=True, slots=True)
class MonitorView(View[Monitor]):
    """A monitor with what it measured last."""

    measurement: Measurement | None = None


async def view(tx: Reader, monitor: Monitor, seen: View[Monitor]) -> MonitorView:
    """Return the view with the latest measurement and its chart."""
    chart, measurement = await tx.reading(monitor.ref, CHART), await tx.reading(monitor.ref, MEASUREMENT)
    return MonitorView(seen.thing, seen.since, seen.links, chart, measurement)


def card(view: MonitorView, say: Say) -> Card:
    """Return the card: the measures that drifted first."""
    monitor, face, seen = view.thing, STAGES[view.thing.stage], view.measurement
    requirement = view.links[ASKED_BY]
    paragraphs = [stage_line(face, view.since, say)]
    if seen is None:
        paragraphs.append(say(words.NOT_MEASURED(button=words.MEASURE_NOW())))
    else:
        rows, reference_rows = seen.current_rows, seen.reference_rows
        paragraphs.append(say(words.MEASURED(at=seen.at, rows=rows, reference_rows=reference_rows)))
        paragraphs.append(section(say(_summary(seen.drifts)), _measures(seen.drifts, say)))
        if seen.checks:
            paragraphs.append(section(say(words.FOUND()), _checks(seen.checks, say)))
    endpoint, deployment, rollout = monitor.endpoint, monitor.deployment, view.links[WATCHES].ref
    where = words.WHERE(endpoint=endpoint, deployment=deployment, rollout=rollout, requirement=requirement.ref)
    measure = Button(say(words.MEASURE_NOW()), f"measure:{monitor.ref}", ButtonStyle.PRIMARY)
    return Card(
        headline(monitor, requirement.title, say),
        [*paragraphs, say(where)],
        Tone.WARNING if seen and not _is_well(seen) else face.tone,
        buttons=(measure,) if monitor.stage is Stage.WATCHING else (),
    )


def _is_well(seen: Measurement) -> bool:
    return all(check.is_passed for check in seen.checks) and not any(drift.is_drifted for drift in seen.drifts)


def _checks(checks: Sequence[Check], say: Say) -> str:
    failing_first = sorted(checks, key=lambda check: check.is_passed)
    told = [
        (words.PASSED if check.is_passed else words.FAILED)(name=check.name, evidence=check.evidence)
        for check in failing_first
    ]
    return with_room([say(one) for one in told], say, room=ROOM_OF_CHECKS)


def _summary(drifts: Sequence[Drift]) -> Said:
    drifted, total = sum(drift.is_drifted for drift in drifts), len(drifts)
    if not total:
        return words.MEASURES()
    return words.MEASURES_DRIFTED(count=drifted, total=total) if drifted else words.MEASURES_STABLE(total=total)


def _measures(drifts: Sequence[Drift], say: Say) -> str:
    drifted_first = sorted(drifts, key=lambda drift: not drift.is_drifted)
    return with_room([say(_beside_limit(drift)) for drift in drifted_first], say) or say(words.NOTHING_TO_COMPARE())


def _beside_limit(drift: Drift) -> Said:
    told = words.DRIFTED if drift.is_drifted else words.STABLE
    return told(measure=drift.measure, method=drift.method, score=drift.score, limit=drift.threshold)


def listed(monitors: Sequence[Monitor], say: Say) -> Card:
    """Return monitors as a card, a line each."""
    lines = [say(_line(monitor)) for monitor in monitors]
    return newest(say(words.MONITORS()), lines, say, empty=words.NO_MONITOR(), older=words.OLDER(count=len(lines)))


def _line(monitor: Monitor) -> Said:
    return words.LINE(
        sign=STAGES[monitor.stage].sign,
        monitor=monitor.ref,
        endpoint=monitor.endpoint,
        requirement=Ref(Kind.REQUIREMENT, monitor.requirement),
        rollout=Ref(Kind.ROLLOUT, monitor.rollout),
    )
