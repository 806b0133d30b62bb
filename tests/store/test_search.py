"""What people type is looked for among all things, on both databases; lists say how many more there are."""

from dataclasses import replace

from bot.adapters.sql.store import SqlStore
from bot.core.said import ENGLISH
from bot.core.values import Stage
from bot.core.words import as_said
from bot.plugins import record_of
from bot.services import incidents, overview
from bot.things.audit import decisions as audits
from bot.things.audit.rules import AuditEvent
from bot.things.incident import subjects
from bot.things.requirement.model import Requirement
from bot.things.run.model import Run
from bot.things.sweep.model import Sweep
from tests.support.databases import ADA, NOW, RUN, file_requirement
from tests.support.road import KANYA, claimed, in_review

SWEEP = Sweep(
    requirement=1,
    ordered_by=ADA,
    recipe="image",
    method="grid",
    space="",
    run_count=3,
    at_once=0,
    metric="accuracy",
)


async def test_a_thing_is_found_among_all_by_number_or_by_text(store: SqlStore) -> None:
    """However many came after it; each word counts, and what was typed is text, not a pattern."""
    titles = {3: "Fraud in claims", 7: "Save 50% of paper"}
    for number in range(1, 41):
        await file_requirement(store, title=titles.get(number, "Nothing of the kind"))
    newest = [40, 39, 38, 37, 36]
    expected = {
        "fraud": [3],
        "FRAUD in": [3],
        "3": [3, 39, 38, 37, 36],
        "REQ-3": [3, 39, 38, 37, 36],
        "req-12 no": [12],
        "re": newest,
        "": newest,
        "50%": [7],
        "fraud 12": [],
        "\x00'\"_": [],
    }
    async with store.reading() as reader:
        found = {typed: await reader.search(Requirement, typed, by=("title",), limit=5) for typed in expected}

    assert expected == {typed: [one.number for one in things] for typed, things in found.items()}


async def test_runs_are_found_by_their_stage_and_those_of_sweeps_apart(store: SqlStore) -> None:
    """A sweep's tasks do not crowd out what was launched by itself."""
    await file_requirement(store)
    async with store.writing() as writer:
        first = await writer.add(replace(RUN, stage=Stage.FAILED, hypothesis="Deeper is better."))
        sweep = await writer.add(SWEEP)
        tasks = [await writer.add(replace(RUN, sweep=sweep.number, task=task)) for task in range(3)]
    async with store.reading() as reader:
        alone = await reader.search(Run, "run-", by=("stage",), sweep=None)
        failed = await reader.search(Run, "fail deep", by=("stage", "hypothesis"), sweep=None)
        swept = await reader.search(Run, "", by=("stage",), sweep=sweep.number)

    assert ([first], [first], tasks[::-1]) == (list(alone), list(failed), list(swept))


async def test_the_status_says_how_many_more_there_are(store: SqlStore) -> None:
    """Of what is open and of what waits; a card has room for some."""
    record = record_of(store, now=lambda: NOW)
    for number in range(overview.SHOWN + 2):
        await incidents.open_once(
            record,
            subjects.of_node(f"gpu{number}"),
            title=as_said(f"Node {number}"),
            cause=as_said("c"),
            next_step=as_said("n"),
        )
    requirement = (await claimed(record)).number
    for _ in range(overview.SHOWN + 3):
        audit = await in_review(record, requirement)
        await audits.decide(record, audit.number, AuditEvent.APPROVED, reason="Good.", by=KANYA)
    for due in await store.claim_effects(now=NOW, lease=NOW - NOW, limit=99, lanes=("chat",)):
        await store.effect_failed(due, "503", retry_at=NOW, now=NOW)
    card = await overview.status(store, ENGLISH, troubles={})
    opened, waiting = (one for one in card.paragraphs if one.startswith(("**Open", "**Waiting")))

    assert opened.endswith("and 2 more")
    assert waiting.endswith("and 3 more")
