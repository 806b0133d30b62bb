"""Runs that stand still or have become slow are noticed, and no others."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.values import PersonId
from bot.ports import JobStatus, Observation
from bot.services.following import Followed, Patience, after, slowdown, trouble_of
from bot.things.run.curves import MOST_ROWS, grown
from bot.things.run.model import Resources, Run
from bot.things.run.readings import Curve, Progress

START = datetime(2026, 1, 1, tzinfo=UTC)
PATIENCE = Patience(stalled=timedelta(minutes=30), pending=timedelta(hours=24))
RUN = Run(
    number=5,
    requirement=1,
    ordered_by=PersonId(1),
    recipe="image_classifier",
    dataset="digits",
    parameters={},
    seed=1,
    hypothesis="",
    resources=Resources("gpu", 1, 1, 1, 1, 60),
)


def _at(epoch: int, elapsed_s: float, status: JobStatus = JobStatus.RUNNING) -> Observation:
    progress = Progress(epoch, 100, 0.5, "accuracy", 0.5, elapsed_s, None)
    return Observation(status, node="gpu1", progress=progress)


def _followed(seen: list[tuple[datetime, Observation]]) -> Followed:
    followed = None
    for at, observation in seen:
        followed = after(followed, observation, at=at)
    assert followed is not None
    return followed


def _trouble(followed: Followed, minutes: float) -> str:
    now = START + timedelta(minutes=minutes)
    found = trouble_of(RUN, followed, now=now, patience=PATIENCE)
    return f"{found.title}: {found.cause}" if found else ""


def test_a_run_without_progress_stands_still():
    """From the last line on, or from the start when there was none; a waiting run does not."""
    silent = _followed([(START, Observation(JobStatus.RUNNING))])
    stuck = _followed([(START, _at(1, 1)), (START + timedelta(minutes=5), _at(2, 2))])
    same = after(stuck, _at(2, 2), at=START + timedelta(minutes=30))
    waiting = _followed([(START, Observation(JobStatus.PENDING, reason="Priority"))])

    assert "" == _trouble(silent, 29)
    assert "RUN-5 stands still" in _trouble(silent, 30)
    assert "" == _trouble(stuck, 34)
    assert "written no progress for 35 minutes" in _trouble(same, 40)
    assert "on gpu1" in _trouble(same, 40)
    assert "" == _trouble(waiting, 600)


def test_a_run_that_waits_for_very_long_is_told():
    """Whatever SLURM's reason, and however often that has changed; one that cannot start is told at once."""
    waiting = _followed([(START, Observation(JobStatus.PENDING, reason="Priority"))])
    later = after(waiting, Observation(JobStatus.PENDING, reason="Resources"), at=START + timedelta(hours=20))
    held = _followed([(START, Observation(JobStatus.PENDING, reason="job_requeued_in_held_state"))])

    assert "" == _trouble(waiting, 24 * 60 - 1)
    assert "RUN-5 waits for very long: It has waited in the queue for 24 hours, with the reason Resources" in _trouble(
        later, 24 * 60
    )
    assert "RUN-5 will not start by itself" in _trouble(held, 0)
    assert "it was requeued and is held" in _trouble(held, 0)


def test_a_suspended_run_does_not_stand_still():
    """It is said what it is; when it goes on its time begins anew."""
    paused = replace(_at(1, 1), is_suspended=True)
    suspended = _followed([(START, _at(1, 1)), (START, paused)])
    back = after(suspended, _at(1, 1), at=START + timedelta(minutes=60))

    assert "" == _trouble(suspended, 29)
    assert "RUN-5 is suspended: SLURM suspended it on gpu1 30 minutes ago" in _trouble(suspended, 30)
    assert "" == _trouble(back, 89)
    assert "RUN-5 stands still" in _trouble(back, 90)


def test_a_loss_that_is_no_number_is_told_as_diverging():
    """At once, and not as standing still although no further line can be read."""
    diverged = _followed([(START, _at(1, 1)), (START, replace(_at(1, 1), is_diverged=True))])

    assert "RUN-5 has diverged: The newest line of its progress on gpu1" in _trouble(diverged, 0)
    assert "RUN-5 has diverged" in _trouble(diverged, 60)


def _losses(*losses: float, first_epoch: int = 1) -> list[tuple[datetime, Observation]]:
    """Return what is seen of a run with these losses, one for each epoch."""
    readings = [Progress(n, 100, loss, "accuracy", 0.5, float(n), None) for n, loss in enumerate(losses, first_epoch)]
    return [(START, Observation(JobStatus.RUNNING, node="gpu1", progress=one)) for one in readings]


@pytest.mark.parametrize(
    ("losses", "is_told"),
    [
        ((2.3, 0.2, 2.5, 40.0, 900.0), True),
        ((2.3, 0.2, 2.5, 40.0), False),
        ((2.3, 0.2, 2.5, 0.4, 3.0, 3.0), False),
        ((2.3, 0.2, 1.9, 1.9, 1.9, 1.9), False),
        ((2.3, 0.0001, 0.01, 0.01, 0.01), False),
        ((2.3, 0.0001, 0.3, 0.3, 0.3), True),
        ((2.3, -0.2, 5.0, 50.0, 500.0), False),
        ((2.3,) * 9, False),
    ],
)
def test_a_loss_that_has_grown_far_beyond_its_best_is_told_as_diverging(losses: tuple[float, ...], is_told: bool):  # noqa: FBT001
    """Ten times its best in each of the three newest epochs; one high loss, or noise of a tiny one, is none."""
    assert is_told is ("RUN-5 has diverged" in _trouble(_followed(_losses(*losses)), 0))


def test_how_far_a_loss_has_grown_is_said_until_it_falls_again():
    """An epoch that is seen twice counts once; an attempt that begins anew is judged by its own."""
    grown_far = _losses(1.0, 0.5, 5.1, 6.0, 7.0)
    told = _trouble(_followed(grown_far), 0)
    again = _followed([*grown_far[:-1], grown_far[-2], grown_far[-2]])
    better = _followed([*grown_far, *_losses(0.6, first_epoch=6)])
    anew = _followed([*grown_far, *_losses(9.0, 9.0, 9.0, 9.0)])

    assert "Its loss on gpu1 has been more than 10 times its best for 3 epochs: it is 7, and was 0.5" in told
    assert ["", "", ""] == [_trouble(one, 0) for one in (again, better, anew)]


def test_a_run_that_becomes_slow_is_noticed():
    """Twice its first epochs' time, when an epoch takes long enough to be judged."""
    paces = [20.0] * 6 + [45.0] * 3
    marks = [(epoch, sum(paces[:epoch])) for epoch in range(len(paces) + 1)]
    followed = _followed([(START, _at(epoch, elapsed_s)) for epoch, elapsed_s in marks])
    quick = _followed([(START, _at(epoch, elapsed_s / 100)) for epoch, elapsed_s in marks])

    assert "2.2 times as long" in _trouble(followed, 1)
    assert "" == _trouble(quick, 1)


@given(st.lists(st.floats(10, 1000), min_size=1, max_size=40))
def test_an_even_pace_is_never_slow(jitter: list[float]):
    """However many epochs: only the first and the newest are kept, and twice the time is what counts."""
    pace_s = jitter[0]
    followed = _followed([(START, _at(epoch, epoch * pace_s)) for epoch in range(len(jitter))])

    assert len(followed.marks) <= 8
    assert abs(1.0 - slowdown(followed.marks)) < 0.01


@given(st.lists(st.integers(1, 3000), max_size=900))
def test_a_curve_stays_in_order_and_short(epochs: list[int]):
    """One row for each epoch, rising, whatever attempts wrote; the newest is always there."""
    rows: Curve = ()
    for epoch in epochs:
        rows = grown(rows, Progress(epoch, 3000, 0.5, "accuracy", 0.25, 1.0, None))

    assert len(rows) <= MOST_ROWS
    assert sorted({row["epoch"] for row in rows}) == [row["epoch"] for row in rows]
    assert not epochs or {"epoch": epochs[-1], "loss": 0.5, "accuracy": 0.25} == rows[-1]
