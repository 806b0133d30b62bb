"""Cards beside one for each stage: what a stage may look like besides, messages that are sent once, and extremes."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

from bot.core.judging import Target
from bot.core.said import ENGLISH
from bot.core.values import Kind, Ref, Stage
from bot.domain.drawing_parts import View
from bot.ports import JobStatus
from bot.services.causes import BY_STATUS
from bot.services.incidents import MANY_STEP, OUTAGE_STEPS, TRY_AGAIN_STEP
from bot.services.sweep_failures import NEXT_STEP
from bot.things.audit.card import verdict
from bot.things.incident import subjects
from bot.things.incident.readings import ManyRuns
from bot.things.requirement.budget import Budget
from bot.things.requirement.decisions import TEXT_LIMIT
from bot.things.rollout.card import announcement
from bot.things.run.causes import REMEDIES, Cause, Remedy
from bot.things.run.readings import Outlook, SlurmWords
from bot.things.run.rules import RunEffect, RunEvent
from bot.things.sweep.model import Sweep
from tests.gallery import things
from tests.gallery.exhibit import Exhibit
from tests.gallery.things import (
    ANAN,
    ENDED_WELL,
    INCIDENT,
    LOST,
    REQUIREMENT,
    RUN,
    view_of,
)
from tests.support.drawing import draw, seen
from tests.support.extremes import Extreme, around

S = Stage
THAI_TITLE = "ระบบอ่านตัวเลขลายมือบนแบบฟอร์มกระดาษของฝ่ายบัญชี เพื่อลดเวลาการพิมพ์และความผิดพลาดในการบันทึก"
EMOJI = "👩🏽‍🔬🇹🇭👨‍👩‍👧‍👦✨"
LONG = "ทุกวันพนักงานต้องพิมพ์ตัวเลขจากแบบฟอร์มกระดาษสองพันใบด้วยมือ และหนึ่งในห้าสิบใบผิด "
A_HUNDRED = Extreme((LONG,), 200, 100, marks=("", ""))
LONGEST_NAMES = Extreme((LONG, EMOJI), 4000, 100, has_long_names=True, marks=("", ""))
TYPED = "*bold*, _slanted_, `code`, > quote, # head, ||spoiler||, @everyone, <@1>, [link](https://example.com)"


def of_requirement() -> Iterator[Exhibit]:
    """Yield requirements as people may write them."""
    long, signs = (LONG * 20)[:TEXT_LIMIT], ("*_`~|[]< " * 200)[:TEXT_LIMIT]
    targets = tuple(Target(f"recall_of_class_number_{number}", True, 0.8) for number in range(12))
    wordy = replace(REQUIREMENT, title=THAI_TITLE, problem=long, value=long, constraints=signs, targets=targets)
    yield _exhibit("a long Thai title, and more than 4 000 characters", view_of(Kind.REQUIREMENT, S.FILED), wordy)
    unbroken = replace(REQUIREMENT, title="W" * 100, problem="x" * TEXT_LIMIT, value=TYPED)
    yield _exhibit("words without a blank, and signs of markup", view_of(Kind.REQUIREMENT, S.FILED), unbroken)
    happy = replace(REQUIREMENT, title=f"Sort parcels by label {EMOJI}", constraints="")
    yield _exhibit("emoji", view_of(Kind.REQUIREMENT, S.FILED), happy)


def of_run() -> Iterator[Exhibit]:
    """Yield what a stage of a run may look like besides."""
    planned, running = view_of(Kind.RUN, S.PLANNED), view_of(Kind.RUN, S.RUNNING)
    yield Exhibit("planned, asking", draw(replace(planned, outlook=None)))
    later = Outlook(script="#!/bin/bash", starts_at=planned.history[0].at + timedelta(hours=2))
    yield Exhibit("planned, later", draw(replace(planned, outlook=later, budget=Budget(None, 2.2, 1.0))))
    refused = Outlook(
        planned.history[0].at,
        "#!/bin/bash",
        refused="sbatch: error: Requested node configuration is not available",
        nearest="The nearest that fits: 1 node with 8 GPUs of `mi100` in `gpu`.",
    )
    too_many = replace(RUN, stage=S.PLANNED, resources=replace(RUN.resources, gpus=16))
    yield Exhibit("planned, impossible", draw(replace(planned, thing=too_many, outlook=refused)))
    away = replace(planned, outage_since=planned.history[0].at)
    yield Exhibit("planned, and the cluster cannot be asked", draw(replace(away, outlook=None)))
    queued = view_of(Kind.RUN, S.QUEUED)
    waiting = SlurmWords("Resources", is_unclear=False, since_at=queued.history[0].at)
    yield Exhibit("queued, with SLURM's reason", draw(replace(queued, slurm=waiting)))
    again = replace(waiting, reason="BeginTime", restarts=2)
    yield Exhibit("queued, requeued by SLURM", draw(replace(queued, slurm=again)))
    unclear = replace(waiting, reason="neither squeue nor sacct shows it", is_unclear=True)
    yield Exhibit("running, and SLURM does not know it", draw(replace(running, slurm=unclear)))
    since = running.history[-1].at
    yield Exhibit("running, and the cluster cannot be asked", draw(replace(running, outage_since=since)))
    asked = replace(running.history[0], event=RunEvent.CANCEL_REQUESTED, by=ANAN)
    yield Exhibit("running, cancel asked for", draw(replace(running, history=(*running.history, asked))))
    yield from _of_run_in_trouble()
    made_of = {"code": "a", "dataset": "b", "parameters": "c", "seed": "7", "weights": "w"}
    first = replace(RUN, number=30, stage=S.SUCCEEDED, fingerprint=made_of, **ENDED_WELL)
    repeat = replace(first, number=31, like=30)
    yield Exhibit("succeeded, repeats another", draw(replace(view_of(Kind.RUN, S.SUCCEEDED), thing=repeat, like=first)))


def _of_run_in_trouble() -> Iterator[Exhibit]:
    """Yield runs with the presses that fit how they failed, or what troubles them."""
    failed = replace(RUN, stage=S.FAILED, job_id="4711", node="gpu1", cause=LOST.cause, failure=LOST.kind.value)
    view = replace(view_of(Kind.RUN, S.FAILED), thing=failed, incident=INCIDENT, remedies=REMEDIES[Cause.NODE_LOST])
    yield Exhibit("failed, with its node", draw(view))
    stalled = replace(
        INCIDENT,
        about=subjects.of_trouble(Ref(Kind.RUN, 31), Cause.STALLED),
        title="RUN-31 stands still",
        cause="It runs on gpu1, but has written no progress for 30 minutes.",
        next_step="Look at `/train logs run:31` and `/cluster nodes`; then wait, or press what fits.",
    )
    running = view_of(Kind.RUN, S.RUNNING)
    yield Exhibit("running, stands still", draw(replace(running, incident=stalled, remedies=REMEDIES[Cause.STALLED])))


def of_incident() -> Iterator[Exhibit]:
    """Yield other incidents: an outage, many runs at once, what can be tried again, and a log that is long."""
    seen = view_of(Kind.INCIDENT, S.OPEN)
    outage = replace(
        INCIDENT,
        about=subjects.of_outage("cluster"),
        title="The cluster does not answer as it should",
        cause="Cannot reach the login node: connection refused",
        log_tail="",
        next_step=OUTAGE_STEPS["cluster"],
    )
    yield Exhibit("an outage", draw(replace(seen, thing=outage, remedies=())))
    storm = replace(
        INCIDENT,
        about=subjects.MANY_RUNS,
        title="Many runs are in trouble",
        cause=f"There were 5 incidents of runs within 10 minutes; further runs are counted here. {LOST.cause}",
        log_tail="",
        next_step=MANY_STEP,
    )
    counted = ManyRuns(143, tuple(f"RUN-{number} failed" for number in range(176, 166, -1)))
    yield Exhibit("many runs", draw(replace(seen, thing=storm, remedies=(), many=counted)))
    given_up = replace(
        INCIDENT,
        about=subjects.of_given_up(Ref(Kind.RUN, RUN.number), RunEffect.RECORD),
        title="RUN-31: recording the model did not work",
        cause="mlflow: the tracking server answers 507 Insufficient Storage (tried 12 times)",
        log_tail="",
        next_step=TRY_AGAIN_STEP,
    )
    yield Exhibit("given up, to be tried again", draw(replace(seen, thing=given_up, remedies=())))
    yield _of_incident_about_a_sweep()
    starved = BY_STATUS[JobStatus.OUT_OF_MEMORY]
    lengthy = replace(
        INCIDENT,
        cause=starved.cause,
        next_step=starved.next_step,
        log_tail="\n".join(
            f"epoch {n} of 200 loss {1 / n:.4f} accuracy {1 - 0.6 / n:.3f} host memory {0.08 * n:.1f} of 8 GiB"
            for n in range(1, 99)
        )
        + "\nslurmstepd: error: Detected 1 oom_kill event in StepId=4711.batch.",
    )
    one_line = replace(INCIDENT, log_tail="Loading weights " + "▇" * 400 + LONG * 20)
    yield Exhibit("a log without a line's end", draw(replace(seen, thing=one_line)))
    yield Exhibit("a long log", draw(replace(seen, thing=lengthy, remedies=REMEDIES[Cause.OUT_OF_MEMORY])))


def _of_incident_about_a_sweep() -> Exhibit:
    cause = f"The commonest cause, 5 times: {BY_STATUS[JobStatus.OUT_OF_MEMORY].cause} The log is that of RUN-91."
    about: dict[str, Any] = {
        "about": subjects.of_failure(Ref(Kind.SWEEP, 5)),
        "title": "6 of 99 runs of SWP-5 failed",
        "cause": cause,
        "next_step": NEXT_STEP,
    }
    seen = view_of(Kind.INCIDENT, S.OPEN)
    return Exhibit("of a sweep", draw(replace(seen, thing=replace(INCIDENT, **about), **OF_A_SWEEP)))


OF_A_SWEEP: dict[str, Any] = {
    "remedies": (Remedy.MORE_MEMORY, Remedy.RESUME, Remedy.RETRY, Remedy.EXCLUDE_NODE),
    "remedy_counts": {Remedy.RESUME: 6, Remedy.MORE_MEMORY: 5, Remedy.RETRY: 1, Remedy.EXCLUDE_NODE: 1},
}


def of_monitor() -> Iterator[Exhibit]:
    """Yield a monitor with more measures than a card has room for."""
    yield Exhibit("a hundred measures", draw(around(Kind.MONITOR, S.WATCHING, A_HUNDRED)))


def of_audit() -> Iterator[Exhibit]:
    """Yield an audit with more to look at than a card has room for."""
    yield Exhibit("a hundred checks", draw(around(Kind.AUDIT, S.CHANGES_REQUESTED, A_HUNDRED)))


def of_rollout() -> Iterator[Exhibit]:
    """Yield a rollout of whose reasons much was written."""
    yield Exhibit("long reasons, longest names", draw(around(Kind.ROLLOUT, S.LIVE, LONGEST_NAMES)))


def of_recommendation() -> Iterator[Exhibit]:
    """Yield a recommendation by a hundred findings."""
    yield Exhibit("a hundred findings", draw(around(Kind.RECOMMENDATION, S.OPEN, A_HUNDRED)))


def of_recipe() -> Iterator[Exhibit]:
    """Yield a recipe with sixty parameters."""
    yield Exhibit("sixty parameters, longest names", draw(around(Kind.RECIPE, S.REGISTERED, LONGEST_NAMES)))


def of_sweep() -> Iterator[Exhibit]:
    """Yield a sweep of some hundred runs."""
    view = view_of(Kind.SWEEP, S.RUNNING)
    sizes = tuple(range(4, 136, 4))
    space = f"hidden={'|'.join(map(str, sizes))} learning_rate=0.001|0.01|0.1"
    assert isinstance(view.thing, Sweep)
    many = replace(view.thing, run_count=99, space=space)
    counts = {"queued": 39, "running": 4, "succeeded": 50, "failed": 6}
    starved, lost = Cause.OUT_OF_MEMORY.value, Cause.NODE_LOST.value
    failed = [replace(RUN, number=90 + place, failure=starved if place else lost) for place in range(6)]
    around = {"leaders": things.swept(50, sizes=sizes), "stage_counts": counts, "runs": failed, **OF_A_SWEEP}
    yield Exhibit("ninety-nine runs", draw(replace(view, thing=many, **around)))


def sent_once() -> Iterator[Exhibit]:
    """Yield the messages that are no thing's card: verdicts and the announcement."""
    trained = replace(RUN, stage=S.SUCCEEDED, **ENDED_WELL)
    for stage in (S.APPROVED, S.CHANGES_REQUESTED, S.REJECTED):
        yield Exhibit(f"verdict: {stage}", verdict(seen(view_of(Kind.AUDIT, stage)), ENGLISH))
    live = replace(view_of(Kind.ROLLOUT, S.LIVE), run=trained)
    yield Exhibit("announcement", announcement(seen(live), ENGLISH))
    wordy = replace(REQUIREMENT, title=f"{THAI_TITLE} {EMOJI}", problem=LONG * 12)
    bare = replace(trained, metrics={})
    long = seen(replace(live, requirement=wordy, run=bare))
    yield Exhibit("announcement, long", announcement(long, ENGLISH))


def _exhibit(name: str, view: View, thing: Any) -> Exhibit:
    return Exhibit(name, draw(replace(view, thing=thing, requirement=thing)))


VARIANTS: dict[Kind, Callable[[], Iterator[Exhibit]]] = {
    Kind.REQUIREMENT: of_requirement,
    Kind.RUN: of_run,
    Kind.INCIDENT: of_incident,
    Kind.AUDIT: of_audit,
    Kind.ROLLOUT: of_rollout,
    Kind.RECOMMENDATION: of_recommendation,
    Kind.RECIPE: of_recipe,
    Kind.MONITOR: of_monitor,
    Kind.SWEEP: of_sweep,
}
