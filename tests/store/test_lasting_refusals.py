"""What is refused for good ends at once, for every effect, told by its cause and laid at no system; on a real store."""

from collections.abc import AsyncIterator
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from bot.adapters.sql.store import SqlStore
from bot.app import App
from bot.core.values import Kind, Ref, Stage
from bot.effects import deliver
from bot.errors import Misconfigured, NeedsMending, NotItsTurn, Refused, Unfinished, Upstream
from bot.ports import Due
from bot.services import things
from bot.things.audit import decisions as audits
from bot.things.audit.model import Audit
from bot.things.audit.rules import AuditEffect, AuditEvent
from bot.things.incident.model import Incident
from bot.things.incident.subjects import Subject, of_failure, of_given_up
from bot.things.run.model import Run
from tests.support.databases import sqlite_database
from tests.support.fakes import FakeChat, FakeCluster
from tests.support.ports import Clock, always, app_on, deliver_due
from tests.support.road import KANYA, claimed, in_review, ordered

REFUSAL = Upstream("mlflow", "INVALID_PARAMETER_VALUE: the tag is too long", retryable=False)


@pytest.fixture
async def app(tmp_path: Path) -> AsyncIterator[App]:
    """Open an app on a fresh database."""
    store = SqlStore.open(sqlite_database(tmp_path / "slipway.db").settings)
    yield app_on(store, clock=Clock(), chat=FakeChat(fails=always(REFUSAL)), cluster=FakeCluster(fails=always(REFUSAL)))
    await store.close()


async def test_what_will_never_be_taken_ends_at_once_whatever_was_to_be_done(app: App):
    """A lasting refusal is not tried again; what may pass, or is mended for all work, waits."""
    errors = {
        Refused("No."): True,
        Upstream("azure", "no", retryable=False): True,
        Upstream("azure", "503", retryable=True): False,
        NeedsMending("azure", "the secret has expired"): False,
        Misconfigured("no token"): False,
        NotItsTurn("later", wait=timedelta(seconds=9)): False,
        Unfinished("it goes on"): False,
    }
    about, until = Ref(Kind.RUN, 1), app.record.now()
    ends = {
        (effect, error): _ends(
            deliver._outcome(app, Due(1, about, effect.value, effect.lane, {}, attempt=1, until=until), effect, error)
        )
        for effect in deliver.HANDLERS
        for error in errors
    }

    assert {(effect, error): expected for effect in deliver.HANDLERS for error, expected in errors.items()} == ends


async def test_a_run_that_is_refused_for_good_fails_with_the_cause(app: App):
    """At its first submission, and neither is the system told as away."""
    run = await ordered(app.record, (await claimed(app.record)).number)
    cause = await _told_of(app, "cluster", of_failure(Ref(Run.kind, run.number)))

    assert Stage.FAILED is (await things.get(app.store, Run, run.number)).stage
    assert "mlflow: INVALID_PARAMETER_VALUE: the tag is too long" in cause


async def test_what_was_to_be_done_and_is_refused_for_good_is_told_as_given_up(app: App):
    """With its cause, and without a count of tries."""
    audit = await in_review(app.record, (await claimed(app.record)).number)
    await audits.decide(app.record, audit.number, AuditEvent.APPROVED, reason="Good.", by=KANYA)

    assert str(REFUSAL) == await _told_of(
        app, "chat", of_given_up(Ref(Audit.kind, audit.number), AuditEffect.TELL_VERDICT)
    )


def _ends(outcome: object) -> bool:
    return isinstance(outcome, partial) and outcome.func is deliver._give_up


async def _told_of(app: App, lane: str, about: Subject) -> str:
    """Deliver for a while, and return the cause of the only incident that there is."""
    clock = app.record.now
    assert isinstance(clock, Clock)
    for _ in range(3):
        await deliver_due(app, lane)
        clock.passes(seconds=deliver.LONGEST_WAIT_S)
    [told] = await things.newest(app.store, Incident)

    assert about == told.about
    assert [] == await deliver_due(app, lane)
    assert {} == app.outages
    return str(told.cause)
