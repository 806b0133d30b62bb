"""Plain answers: what the services refuse, in their own words, and what is handed over or asked for in words."""

import asyncio
import tempfile
from collections.abc import Awaitable, Iterator
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any

import discord

from bot.adapters.slurm.job import Launch, job_script
from bot.adapters.sql.store import SqlStore
from bot.client import told_error
from bot.config import load
from bot.core.cards import File
from bot.core.said import ENGLISH
from bot.core.values import Actor, Duty, Kind, Ref
from bot.errors import Refused, Upstream
from bot.plugins import record_of
from bot.ports import Order
from bot.services import cards, planning, rollouts, training
from bot.things.audit import decisions as audits
from bot.things.audit.rules import AuditEvent
from bot.things.requirement import decisions as requirements
from bot.wiring import PAYLOAD, recipes_of
from cogs.ops import assignees
from cogs.requirement import claimed_words, draft_of, mending
from cogs.train import told_script
from tests.gallery.exhibit import Answer, Exhibit
from tests.gallery.forms import FORM, GIVEN
from tests.gallery.things import ANAN, INCIDENT, KANYA, MALEE, NOW, REQUIREMENT, RUN, SINCE
from tests.support.databases import sqlite_database
from tests.support.ports import EXAMPLE
from tests.support.road import CLUSTER, RESULT

ANALYST, CREATOR = Actor(MALEE, frozenset({Duty.ANALYST})), Actor(ANAN, frozenset({Duty.CREATOR}))
SECOND_CREATOR = Actor(KANYA, frozenset({Duty.CREATOR, Duty.AUDITOR}))
AUDITING_CREATOR = Actor(ANAN, frozenset({Duty.CREATOR, Duty.AUDITOR}))
REFERENCE = "9f2c4e7a"
COMMAND = ("python", "-m", "payload", "{spec}")


def answers() -> Iterator[Exhibit]:
    """Yield all of them."""
    yield Exhibit("done", Answer(ENGLISH(claimed_words(REQUIREMENT))), command="requirement claim")
    yield Exhibit("who is to deal with an incident", Answer(f"Who deals with INC-{INCIDENT.number}?", view=_assignees))
    yield Exhibit("the script of a planned run", _script())
    for name, command, text in asyncio.run(_refusals()):
        handed_back = name == HANDED_BACK
        files, view = ((_plain(draft_of(GIVEN)),), partial(mending, FORM, ENGLISH)) if handed_back else ((), None)
        yield Exhibit(name, Answer(text, files, view), command=command)
    down = Upstream("cluster", "cannot reach the login node: connection refused", retryable=True)
    yield Exhibit("an outage", _told(down), command="cluster status")
    refused = Upstream("cluster", "slurm.example:22 refused the login of slipway", retryable=False)
    yield Exhibit("an outage that waiting will not mend", _told(refused), command="cluster status")
    to_ops = _told(refused, to=frozenset({Duty.OPERATOR}))
    yield Exhibit("an outage that waiting will not mend, to Ops", to_ops, command="cluster status")
    yield Exhibit("a mistake", _told(ValueError()), command="train logs")


def _told(error: Exception, to: frozenset[Duty] = frozenset()) -> Answer:
    return Answer(told_error(error, reference=REFERENCE, to=to))


def _assignees() -> discord.ui.View:
    return assignees(INCIDENT.number, ENGLISH)


def _script() -> Answer:
    order = Order(RUN.key, RUN.recipe, {}, RUN.resources)
    script = job_script(order, Launch(COMMAND), directory=PurePosixPath("/shared/slipway"), gpu_type="mi100")
    text, file = told_script(RUN.number, script)
    return Answer(ENGLISH(text), (_plain(file),))


def _plain(file: discord.File) -> File:
    return File(file.filename, file.fp.read())


HANDED_BACK = "a form that is handed back"


async def _refusals() -> list[tuple[str, str, str]]:
    """Return what the services refuse on a store of their own: its name, the command, the words."""
    with tempfile.TemporaryDirectory() as folder:
        store = SqlStore.open(sqlite_database(Path(folder) / "slipway.db").settings)
        try:
            return [(name, command, await _words(act)) for name, command, act in await _refused(store)]
        finally:
            await store.close()


async def _refused(store: SqlStore) -> list[tuple[str, str, Awaitable[object]]]:
    """Return acts that are refused, on a filed requirement and one whose model is in its audit."""
    record = record_of(store, now=lambda: NOW - SINCE)
    known = recipes_of(load(EXAMPLE), PAYLOAD)

    async def file(targets: str = "accuracy >= 0.9") -> int:
        written = GIVEN | {"targets": targets}
        kind, dataset = REQUIREMENT.deployment_kind, REQUIREMENT.dataset
        filed = await requirements.file(
            record, **written, deployment_kind=kind, dataset=dataset, known_datasets=(dataset,), by=ANALYST
        )
        return filed.number

    async def plan(requirement: int, **wish: Any) -> int:
        wanted = planning.Wish(recipe=RUN.recipe, **wish)
        run = await planning.plan(record, requirement, wanted, recipes=known, cluster=CLUSTER, by=CREATOR)
        return run.number

    first, second = await file(), await file()
    await requirements.claim(record, second, by=CREATOR)
    run = await plan(second)
    await planning.order(record, run, by=CREATOR)
    await training.submitted(record, run, attempt=1, job_id="4711")
    audit = await training.succeeded(record, run, RESULT)
    assert audit is not None
    approve = audits.decide(record, audit.number, AuditEvent.APPROVED, reason="It is good.", by=AUDITING_CREATOR)
    propose = rollouts.propose(record, run, reason="It is wanted.", endpoint_prefix="slipway", by=CREATOR)
    await requirements.set_budget(record, second, 1.0, by=ANALYST)
    return [
        (HANDED_BACK, "", file(GIVEN["targets"])),
        ("no such thing", "requirement show", cards.face_for(store, Ref(Kind.REQUIREMENT, 999))),
        ("no such duty", "requirement claim", requirements.claim(record, first, by=ANALYST)),
        ("claimed already", "requirement claim", requirements.claim(record, second, by=SECOND_CREATOR)),
        ("not claimed yet", "train launch", plan(first)),
        ("more than there is", "train launch", plan(second, gpus=99)),
        ("more than the budget", "train launch", plan(second, gpus=2)),
        ("four eyes", "", approve),
        ("not approved yet", "deploy propose", propose),
    ]


async def _words(act: Awaitable[object]) -> str:
    """Return with which words an act is refused."""
    try:
        await act
    except Refused as refusal:
        return told_error(refusal, reference=REFERENCE)
    raise AssertionError("nothing was refused")
