"""Incidents as examples: at each stage, and about what they may be."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from bot.core import words as core
from bot.core.cards import ButtonStyle
from bot.core.sample import PEOPLE, Sample
from bot.core.values import Duty, Kind, Ref, Stage
from bot.core.view import Offer, View
from bot.things.incident.card import IncidentView
from bot.things.incident.model import Incident, Matter, Subject
from bot.things.incident.readings import ManyRuns
from bot.things.incident.subjects import MANY_RUNS, of_failure, of_outage

_RUN = Ref(Kind.RUN, 31)
_LOST = core.QUOTED(text="The node that the run was on was lost.")
_STARVED = core.QUOTED(text="The run used more host memory than it had asked for, and SLURM ended it.")
INCIDENT = Incident(
    number=7,
    about=of_failure(_RUN),
    title=core.QUOTED(text="RUN-31 failed"),
    cause=_LOST,
    log_tail="".join(
        f"epoch {epoch} of 80 loss {10 / epoch:.4f} accuracy {1 - 3 / epoch:.3f}\n" for epoch in (45, 46, 47)
    ),
    next_step=core.WRITTEN(
        text="Look at the node with `/cluster nodes`; resume the run, on another node if this one stays away."
    ),
)
_HINT = core.WRITTEN(text="-# Resume goes on from the last checkpoint; where none was saved, it begins anew.")
Seen = Callable[[View[Any]], View[Any]]


def _about(subject: Subject, title: str, cause: str, next_step: str) -> Incident:
    return replace(
        INCIDENT,
        about=subject,
        title=core.QUOTED(text=title),
        cause=core.QUOTED(text=cause),
        next_step=core.WRITTEN(text=next_step),
        log_tail="",
    )


def _with(**beside: Any) -> Seen:
    return lambda view: IncidentView(view.thing, view.since, view.links, **beside)


def _remedies(about: str, *offered: tuple[str, str]) -> Seen:
    styles = (ButtonStyle.PRIMARY, *(ButtonStyle.SECONDARY,) * len(offered))
    offers = tuple(
        Offer(core.QUOTED(text=label), f"{press}:{about}", style)
        for (press, label), style in zip(offered, styles, strict=False)
    )
    return _with(remedies=offers, hints=(_HINT,))


_ALONE = _with()
_OF_RUN = _remedies(
    "RUN-31",
    ("resume", "Resume from checkpoint"),
    ("retry_elsewhere", "Resume on another node"),
    ("retry", "Retry from the beginning"),
)
_LONG_LOG = (
    "\n".join(
        f"epoch {n} of 200 loss {1 / n:.4f} accuracy {1 - 0.6 / n:.3f} host memory {0.08 * n:.1f} of 8 GiB"
        for n in range(1, 99)
    )
    + "\nslurmstepd: error: Detected 1 oom_kill event in StepId=4711.batch."
)
_HANDLED = replace(INCIDENT, handled_by=PEOPLE[Duty.OPERATOR])

SAMPLES = (
    Sample("open", INCIDENT, seen=_OF_RUN),
    Sample("acknowledged", replace(_HANDLED, stage=Stage.ACKNOWLEDGED), Duty.OPERATOR, _OF_RUN),
    Sample(
        "resolved",
        replace(
            _HANDLED,
            stage=Stage.RESOLVED,
            resolution=core.QUOTED(text="gpu1 had lost its power; it is back, and the run was resumed."),
        ),
        Duty.OPERATOR,
        _OF_RUN,
    ),
    Sample(
        "an outage",
        _about(
            of_outage("cluster"),
            "The cluster does not answer as it should",
            "Cannot reach the login node: connection refused",
            "Try `ssh` to the login node by hand and look at `sinfo`; runs on it go on meanwhile and are not lost.",
        ),
        seen=_ALONE,
    ),
    Sample(
        "many runs",
        _about(
            MANY_RUNS,
            "Many runs are in trouble",
            "There were 5 incidents of runs within 10 minutes; further runs are counted here. The node that the "
            "run was on was lost.",
            "Look at `/cluster status` and `/cluster nodes` for what they have in common. When it is mended, "
            "`/train list` shows the runs and `/train resume` goes on with one.",
        ),
        seen=_with(
            many=ManyRuns(143, tuple(core.QUOTED(text=f"RUN-{number} failed") for number in range(176, 166, -1)))
        ),
    ),
    Sample(
        "given up, to be tried again",
        _about(
            Subject(Matter.GIVEN_UP, "registry.record", _RUN),
            "RUN-31: recording the model did not work",
            "mlflow: the tracking server answers 507 Insufficient Storage (tried 12 times)",
            "Mend what the cause names, then press **Try again**.",
        ),
        seen=_ALONE,
    ),
    Sample(
        "of a sweep",
        replace(
            INCIDENT,
            about=of_failure(Ref(Kind.SWEEP, 5)),
            title=core.QUOTED(text="6 of 99 runs of SWP-5 failed"),
            cause=core.QUOTED(
                text="The commonest cause, 5 times: The run used more host memory than it had asked for, and SLURM "
                "ended it. The log is that of RUN-91."
            ),
            next_step=core.WRITTEN(
                text="Look at one with `/train show`, which has the presses that fit it; or order a sweep over the "
                "part of the space that works."
            ),
        ),
        seen=_remedies(
            "SWP-5",
            ("retry_memory", "Resume with twice the memory · 5 runs"),
            ("resume", "Resume from checkpoint · 6 runs"),
            ("retry", "Retry from the beginning · 1 run"),
            ("retry_elsewhere", "Resume on another node · 1 run"),
        ),
    ),
    Sample(
        "a log without a line's end",
        replace(INCIDENT, log_tail="Loading weights " + "▇" * 400 + "ทุกวันพนักงานต้องพิมพ์ตัวเลขจากแบบฟอร์มกระดาษ " * 20),
        seen=_OF_RUN,
    ),
    Sample(
        "a long log",
        replace(
            INCIDENT,
            cause=_STARVED,
            next_step=core.WRITTEN(text="Launch it again with more `memory_gib`, or with a smaller `batch_size`."),
            log_tail=_LONG_LOG,
        ),
        seen=_remedies(
            "RUN-31", ("retry_memory", "Resume with twice the memory"), ("resume", "Resume from checkpoint")
        ),
    ),
)
