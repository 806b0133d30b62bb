"""Every kind of card and list at its extremes: long texts in many scripts, no row, a hundred, the longest names."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from datetime import UTC, datetime
from typing import Any

from bot.core.cards import Card
from bot.core.judging import Check, Target
from bot.core.said import ENGLISH, Said, Say
from bot.core.values import Fact, Kind, Ref, Stage
from bot.core.view import View
from bot.lifecycle import RULES
from bot.ports import Due, Node, Queued, Share
from bot.services import cluster_words
from bot.services.capacity import Efficiency, Used
from bot.services.cluster_cards import nodes_card, queue_card, status_card, usage_card
from bot.services.comparing import comparison_card
from bot.services.overview import status_card as overview_card
from bot.services.views import run_list, with_runs
from bot.things.audit.card import verdict
from bot.things.incident.model import Incident
from bot.things.incident.readings import ManyRuns
from bot.things.monitor.card import listed
from bot.things.monitor.readings import Drift
from bot.things.recipe.card import recipe_card, recipe_list
from bot.things.recipe.recipe import Code, Parameter, Recipe, RetryPolicy
from bot.things.recipe.sample import FORMS_READER
from bot.things.requirement.card import SHOWN_RUNS, requirement_list
from bot.things.rollout.card import announcement
from bot.things.run import words
from bot.things.run.card import Told, glance
from bot.things.run.causes import Cause, Remedy
from bot.things.run.model import Resources, Run
from bot.things.run.plan import start
from bot.things.run.readings import Outlook, SlurmWords
from bot.things.run.remedies import offers
from tests.gallery.things import (
    ANAN,
    INCIDENT,
    NOW,
    PROGRESS,
    REQUIREMENT,
    RUN,
    THINGS,
    sample_at,
    seen,
    stages_of,
    view_of,
)
from tests.support.drawing import draw
from tests.support.said import said

BEGIN, END = "«", "»"
"""Around what people wrote, so that what is missing of it is seen on the card."""
MOST_TARGETS = 12
EPOCH = datetime.fromtimestamp(1, UTC)
A_TEXT = said("x")
SEEN = 25
"""Things of one kind that a list is ever given."""


def used(gpus: tuple[int, float], cpus: tuple[int, float], memory_gib: tuple[int, float]) -> Any:
    """Return how much an ended run used of what it had asked for: each amount with the share of it."""
    return (
        Used(cluster_words.GPUS, *gpus),
        Used(cluster_words.CPUS, *cpus),
        Used(cluster_words.MEMORY, *memory_gib),
    )


@dataclass(frozen=True, slots=True)
class Extreme:
    """What people and machines may write."""

    signs: tuple[str, ...]
    """Of which texts are made; none of them may be cut in two."""
    length: int = 60
    rows: int = 3
    has_long_names: bool = False
    marks: tuple[str, str] = (BEGIN, END)

    def text(self, *, limit: int = 10**6) -> str:
        """Return a text of the length, or of the limit where people are held to one."""
        begin, end = self.marks
        unit = "".join(self.signs)
        return begin + unit * max(1, (min(self.length, limit) - 2) // len(unit)) + end

    def name(self, usual: str, longest: int) -> str:
        """Return a machine's name: the usual one, or one of the longest."""
        return (usual * longest)[:longest] if self.has_long_names else usual


EXTREMES: Mapping[str, Extreme] = {
    "Thai": Extreme(("น้ำ", "ที่", "กำ", "ลั", "ง"), 4000),
    "emoji": Extreme(("👩‍👩‍👧‍👦",), 4000),
    "flags and accents": Extreme(("🇹🇭", "👍🏽", "e\u0301"), 4000),
    "4 000 characters": Extreme(("wort ",), 4000),
    "one long word": Extreme(("W",), 4000),
    "no row": Extreme(("word ",), rows=0),
    "a hundred rows": Extreme(("word ",), rows=100),
    "the longest names": Extreme(("word ",), rows=100, has_long_names=True),
    "all at once": Extreme(("น้ำ", "ที่"), 4000, 100, has_long_names=True),
}
TEXTS: Mapping[str, int] = {
    "title": 100,
    "problem": 1000,
    "value": 1000,
    "constraints": 1000,
    "hypothesis": 500,
    "conclusion": 500,
    "reason": 1000,
    "decision": 1000,
    "resolution": 1000,
    "cause": 10**6,
    "log_tail": 10**6,
}
"""What is written, by field, with what the services take of it; what machines say has no limit."""
SENTENCES: Mapping[str, int] = {"title": 200, "cause": 800, "resolution": 1000}
"""What is said with values in it, as long as one may be."""
NAMES: Mapping[str, int] = {
    "dataset": 80,
    "recipe": 40,
    "name": 40,
    "node": 256,
    "endpoint": 32,
    "deployment": 32,
    "model_name": 40,
    "metric": 40,
}


def extreme(thing: Any, of: Extreme) -> Any:
    """Return the thing with its texts, names and rows at the extreme; what it does not have it does not get."""
    known = {one.name: getattr(thing, one.name) for one in fields(thing)}
    changed: dict[str, Any] = {
        name: of.text(limit=limit) for name, limit in TEXTS.items() if isinstance(known.get(name), str)
    }
    changed |= {
        name: said(of.text(limit=limit)) for name, limit in SENTENCES.items() if isinstance(known.get(name), Said)
    }
    changed |= {name: of.name(known[name], longest) for name, longest in NAMES.items() if known.get(name)}
    metric = of.name("recall", 40)
    rows: dict[str, Any] = {
        "targets": tuple(Target(f"{metric}{at}", True, 0.123456789) for at in range(min(of.rows, MOST_TARGETS))),
        "checks": tuple(
            Check(said(of.text(limit=100)), bool(at % 2), said(of.text(limit=200))) for at in range(of.rows)
        ),
        "findings": tuple(said(f"{of.text(limit=60)} drifted: PSI 1.87, limit 0.2") for _ in range(of.rows)),
        "drifts": tuple(Drift(of.text(limit=60), "PSI", 1.8, 0.2, True, None, None) for _ in range(of.rows)),
        "at": EPOCH,
        "metrics": {f"{metric}{at}": 0.5 + at for at in range(of.rows)},
        "parameters": {f"{of.name('rate', 40)}{at}": 0.1 for at in range(min(of.rows, 40))},
        "space": of.text(limit=2000),
        "resources": _resources(of),
    }
    changed |= {name: value for name, value in rows.items() if known.get(name)}
    return replace(thing, **changed)


def _resources(of: Extreme) -> Resources:
    word = of.name("mi100", 40)
    return Resources(word, 16, 8, 128, 2048, 10080, gpu_type=word, account=word, qos=word)


def around(kind: Kind, stage: Stage, of: Extreme) -> Any:
    """Return the view of a thing with everything around it that its card may show, at the extreme."""
    sample = sample_at(kind, stage)
    own = seen(extreme(sample.thing, of), like=sample, requirement=extreme(REQUIREMENT, of), run=_run(of))
    return replace(own, **{**_beside(own, of), **_BESIDE.get(kind, lambda _, __: {})(own, of)})


def _run(of: Extreme) -> Run:
    run: Run = extreme(replace(RUN, stage=Stage.SUCCEEDED, metrics={"accuracy": 0.9}, node="gpu1", cause=A_TEXT), of)
    return run


def _beside(view: View[Any], of: Extreme) -> dict[str, Any]:
    """Return what a kind's own view has beside its thing at the extreme."""
    own = {one.name: getattr(view, one.name) for one in fields(view)[len(fields(View)) :]}
    return {
        name: _recipe(of) if isinstance(value, Recipe) else extreme(value, of)
        for name, value in own.items()
        if is_dataclass(value) and not isinstance(value, Fact)
    }


def _beside_requirement(_: Any, of: Extreme) -> dict[str, Any]:
    return {"runs": [replace(glance(_run(of)), ref=Ref(Kind.RUN, at)) for at in range(of.rows)][:SHOWN_RUNS]}


def _beside_run(view: Any, of: Extreme) -> dict[str, Any]:
    told = Told(INCIDENT.ref, said(of.text(limit=200)), said(of.text(limit=800)), said(of.text(limit=500)))
    outlook = Outlook(NOW, "#!", said=of.text())
    return {
        "progress": replace(PROGRESS, metric=of.text(limit=60)) if view.progress else None,
        "slurm": SlurmWords(of.text(), is_unclear=False, since_at=NOW),
        "plan": tuple(start(outlook, is_cluster_away=False)) if view.plan else (),
        "told": told,
        "ending": words.ENDED_WITH(reason=of.text(limit=1000)),
        "remedies": offers(tuple(Remedy)[: of.rows], view.thing.ref),
    }


def _beside_sweep(view: Any, of: Extreme) -> dict[str, Any]:
    runs = [
        replace(_run(of), number=at, failure=Cause.CODE.value, stage=Stage.FAILED, metrics={view.thing.metric: 0.9})
        for at in range(of.rows)
    ]
    own = with_runs(view, runs, [(at, PROGRESS) for at in range(of.rows)])
    return {"leaders": own.leaders, "runners": own.runners, "failures": own.failures, "tally": own.tally}


def _beside_incident(view: Any, of: Extreme) -> dict[str, Any]:
    return {
        "remedies": offers(tuple(Remedy)[: of.rows], view.thing.about.thing) if view.thing.about.thing else (),
        "many": ManyRuns(of.rows, (said(of.text(limit=200)),) * min(of.rows, 10)) if of.rows else None,
    }


_BESIDE: Mapping[Kind, Callable[[Any, Extreme], dict[str, Any]]] = {
    Kind.REQUIREMENT: _beside_requirement,
    Kind.RUN: _beside_run,
    Kind.SWEEP: _beside_sweep,
    Kind.INCIDENT: _beside_incident,
}
"""Lists that an example has short."""


def _recipe(of: Extreme) -> Any:
    choices = tuple(of.text(limit=60) for _ in range(max(1, min(of.rows, 9))))
    parameters = {
        f"{of.name('rate', 38)}{at}": Parameter("choice", choices[0], help=of.text(limit=200), choices=choices)
        for at in range(min(of.rows, 60))
    }
    datasets = tuple(f"{of.name('forms', 40)}{at}" for at in range(of.rows))
    code = Code(("python", of.text(limit=400)), folder=f"/{of.name('shared', 400)}")
    retry = RetryPolicy(("node lost", "preempted"), 2)
    return replace(
        FORMS_READER, title=of.text(limit=100), parameters=parameters, datasets=datasets, code=code, retry=retry
    )


def cards(of: Extreme) -> Iterator[tuple[str, Card]]:
    """Yield every kind at every stage, and what is told once."""
    for kind in RULES:
        for stage in stages_of(kind):
            yield f"{kind.name.lower()}, {stage}", draw(around(kind, stage, of))
    requirement, run = extreme(REQUIREMENT, of), extreme(replace(RUN, metrics={"accuracy": 0.9}), of)
    for stage in (Stage.APPROVED, Stage.CHANGES_REQUESTED, Stage.REJECTED):
        yield f"verdict, {stage}", verdict(around(Kind.AUDIT, stage, of), ENGLISH)
    live = extreme(sample_at(Kind.ROLLOUT, Stage.LIVE).thing, of)
    yield "announcement", announcement(seen(live, requirement=requirement, run=run), ENGLISH)


def lists(of: Extreme, say: Say = ENGLISH) -> Iterator[tuple[str, Card]]:
    """Yield what is answered with rows; with no row each has a sentence instead."""
    few = range(min(of.rows, SEEN))
    yield "requirements", requirement_list([extreme(REQUIREMENT, of)] * len(few), say)
    failed = replace(RUN, cause=A_TEXT, stage=Stage.FAILED)
    yield "runs", run_list([extreme(failed, of)] * len(few), say)
    yield "monitors", listed([extreme(THINGS[Kind.MONITOR], of)] * len(few), say)
    yield "recipes", recipe_list({f"{of.name('reader', 38)}{at}": _recipe(of) for at in range(of.rows)}, say)
    word = of.name("gpu", 40)
    nodes = [Node(f"{word}{at}", "drained", word, 8, 3, 128, 12, 512, 24, of.text()) for at in range(of.rows)]
    yield "nodes", nodes_card(nodes, say)
    jobs = [
        Queued(
            str(at), of.name("slipway", 200), of.name("anan", 32), "PENDING" if at % 2 else "RUNNING", of.text(), 8, NOW
        )
        for at in range(of.rows)
    ]
    yield "queue", queue_card(jobs, say)
    use = {f"REQ-{at}": {f"<@{ANAN + one}>": 1.0 for one in range(of.rows)} for at in range(of.rows)}
    ended = [Efficiency(at, used((8, 0.1), (128, 0.1), (2048, 0.1))) for at in range(of.rows)]
    yield "usage", usage_card(use, ended, say, job_count=of.rows)
    yield "cluster", status_card(nodes, jobs, Share(2000, 640, 1000, 31, complaint=of.text()), say)
    yield "status", _overview(of, say)


def _overview(of: Extreme, say: Say) -> Card:
    counts = {kind: dict.fromkeys(map(str, stages_of(kind)), of.rows) for kind in RULES}
    opened: list[Incident] = [extreme(INCIDENT, of)] * min(of.rows, 10)
    due = Due(1, Ref(Kind.RUN, 31), "cluster.submit", "cluster", {}, 4, NOW)
    live = [extreme(view_of(Kind.ROLLOUT, Stage.LIVE).thing, of)] * min(of.rows, 10)
    waiting = [(due, of.text())] * min(of.rows, 10)
    return overview_card(
        counts, opened, live, waiting, say, troubles=("cluster",) * bool(of.rows), failing_count=of.rows
    )


def others(of: Extreme, say: Say = ENGLISH) -> Iterator[tuple[str, Card]]:
    """Yield what is answered about things that there are."""
    yield "a recipe", recipe_card(_recipe(of), say)
    runs: list[Run] = [
        extreme(replace(RUN, number=30 + at, seed=at, metrics={"accuracy": 0.1 * at}), of) for at in range(8)
    ]
    yield "a comparison", comparison_card(runs, say)


DRAWN: Mapping[str, Callable[[Extreme], Iterator[tuple[str, Card]]]] = {
    "cards": cards,
    "lists": lists,
    "others": others,
}
