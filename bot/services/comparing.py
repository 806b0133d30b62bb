"""Comparing runs: what differs between their parameters, their measures side by side, a table as CSV."""

import csv
import io
from collections.abc import Sequence

from bot.core.cards import Card, File
from bot.core.said import Say
from bot.core.text import as_typed, figure, typed
from bot.core.values import Ref
from bot.core.view import section
from bot.errors import Refused
from bot.ports import Series, Store
from bot.services.things import found
from bot.things.run import answers_words
from bot.things.run.model import Run
from bot.things.run.readings import CURVE, Curve

MOST = 8
LEAST = 2
SHOWN_SETTINGS = 200
"""Characters of what differs."""
SHOWN_MEASURES = 5
"""Of each run; the file has all."""
ABSENT = "–"
UNKNOWN = "not known"
"""What a run's code is before it has ended well, or where nobody has hashed it; no difference of its own."""
CODE_SHOWN = 12
"""Characters of its hash."""
ASKED = ("partition", "nodes", "gpus", "gpu_type", "cpus", "memory_gib", "time_limit_min", "account", "qos")
"""What is compared of the resources, as one types it; not the nodes to keep away from, which come with attempts."""


async def runs_named(store: Store, text: str) -> tuple[Run, ...]:
    """Return the runs of a text such as `31 32 RUN-33`. Raises Refused for too few or many, or what is no number."""
    words = text.replace(",", " ").upper().replace("RUN-", "").split()
    wrong = next((word for word in words if not word.isdecimal() or len(word) > 9), None)  # noqa: PLR2004  # no such run
    if wrong is not None:
        raise Refused(answers_words.NO_RUN(name=typed(wrong)))
    numbers = list(dict.fromkeys(int(word) for word in words))
    if not LEAST <= len(numbers) <= MOST:
        raise Refused(answers_words.HOW_MANY_RUNS(least=LEAST, most=MOST, count=len(numbers)))
    async with store.reading() as tx:
        return tuple([await found(tx, Run, number) for number in numbers])


async def curves(store: Store, runs: Sequence[Run]) -> dict[str, list[Series]]:
    """Return the runs' curves by measure, for those that have ended well."""
    panels: dict[str, list[Series]] = {}
    async with store.reading() as tx:
        for run in runs:
            rows = await tx.reading(Ref(Run.kind, run.number), CURVE) or ()
            for name, series in series_of(f"RUN-{run.number}", rows).items():
                panels.setdefault(name, []).append(series)
    return panels


def series_of(name: str, rows: Curve) -> dict[str, Series]:
    """Return a curve's measures as series over the epochs."""
    points: dict[str, list[tuple[float, float]]] = {}
    for row in rows:
        if "epoch" in row:
            for measure, value in row.items():
                if measure != "epoch":
                    points.setdefault(measure, []).append((row["epoch"], value))
    return {measure: Series(name, [x for x, _ in line], [y for _, y in line]) for measure, line in points.items()}


def comparison_card(runs: Sequence[Run], say: Say) -> Card:
    """Return what differs and what came of it, run by run, as a card with the whole table as a file."""
    differing = [(name, values) for name, values in _settings(runs) if len(set(values) - {UNKNOWN}) > 1]
    measures = [(name, values) for name, values in _measures(runs)][:SHOWN_MEASURES]
    paragraphs = [
        section(
            say(answers_words.RUN(run=run.ref)),
            "\n".join(filter(None, (_own(differing, place, say), _results(measures, place, say)))),
        )
        for place, run in enumerate(runs)
    ]
    if not differing:
        paragraphs.insert(0, say(answers_words.NOTHING_DIFFERS()))
    return Card(say(answers_words.COMPARISON()), paragraphs, files=(File("comparison.csv", _csv(runs)),))


def _own(differing: Sequence[tuple[str, tuple[str, ...]]], place: int, say: Say) -> str:
    """Return the settings of one run that others have otherwise."""
    text = " ".join(f"{name}={values[place]}" for name, values in differing)
    return say(answers_words.SETTINGS(settings=typed(text, limit=SHOWN_SETTINGS))) if text else ""


def _results(measures: Sequence[tuple[str, tuple[float | None, ...]]], place: int, say: Say) -> str:
    """Return the measures of one run."""
    told = [(name, value) for name, values in measures if (value := values[place]) is not None]
    return " · ".join(say(answers_words.MEASURE(name=name, value=value)) for name, value in told) or say(
        answers_words.NO_RESULT_YET()
    )


def _settings(runs: Sequence[Run]) -> list[tuple[str, tuple[str, ...]]]:
    names = list(dict.fromkeys(name for run in runs for name in run.parameters))
    rows = [(name, tuple(as_typed(run.parameters.get(name, ABSENT)) for run in runs)) for name in names]
    rows.append(("recipe", tuple(run.recipe for run in runs)))
    rows.append(("dataset", tuple(run.dataset for run in runs)))
    rows.append(("code", tuple((run.fingerprint or {}).get("code", UNKNOWN)[:CODE_SHOWN] for run in runs)))
    rows.append(("seed", tuple(str(run.seed) for run in runs)))
    rows += [(name, tuple(str(getattr(run.resources, name)) or ABSENT for run in runs)) for name in ASKED]
    return rows


def _measures(runs: Sequence[Run]) -> list[tuple[str, tuple[float | None, ...]]]:
    names = list(dict.fromkeys(name for run in runs for name in run.metrics or {}))
    return [(name, tuple((run.metrics or {}).get(name) for run in runs)) for name in names]


def _text(value: object) -> str:
    return ABSENT if value is None else figure(value) if isinstance(value, float) else str(value)


def _csv(runs: Sequence[Run]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["", *(f"RUN-{run.number}" for run in runs)])
    writer.writerow(["stage", *(run.stage.value for run in runs)])
    for name, values in _settings(runs):
        writer.writerow([name, *values])
    for name, measured in _measures(runs):
        writer.writerow([name, *map(_text, measured)])
    return text.getvalue().encode()
