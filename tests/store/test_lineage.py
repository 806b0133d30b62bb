"""What a thing comes of: one walk over links, which four eyes use."""

from dataclasses import replace

from bot.adapters.sql.store import SqlStore
from bot.core.links import ASKED_BY, JUDGES, MAKING, REPEATS, TRAINED_BY
from bot.core.values import PersonId
from bot.plugins import record_of
from bot.things.audit.model import Audit
from bot.things.evaluation.model import Evaluation
from bot.things.model.model import Model
from bot.things.sweep.model import Sweep
from tests.support.databases import REQUIREMENT, RUN, Database

SWEEP = Sweep(
    requirement=1,
    ordered_by=PersonId(7),
    recipe="r",
    method="grid",
    space="",
    run_count=2,
    at_once=1,
    metric="accuracy",
)


async def test_what_a_thing_comes_of_is_found_along_its_links_the_nearest_first(file_database: Database):
    """Only along the links that are asked for, and each once, also where links lead round in a circle."""
    store = SqlStore.open(file_database.settings)
    async with store.writing() as tx:
        await tx.add(REQUIREMENT)
        sweep = await tx.add(SWEEP)
        first = await tx.add(replace(RUN, sweep=1))
        again = await tx.add(replace(RUN, sweep=1, like=1))
        await tx.save(replace(first, like=2))
        model = await tx.add(Model(requirement=1, run=2, digest="d"))
        await tx.add(Evaluation(requirement=1, model=1, figures={}, test_rows=0))
        audit = await tx.add(Audit(requirement=1, model=1, evaluation=1, run=2, model_digest="d", checks=()))
    async with store.reading() as tx:
        made_of = await record_of(store).lineage(tx, audit, MAKING)
        in_a_circle = await record_of(store).lineage(tx, audit, (JUDGES, TRAINED_BY, REPEATS))
        asked_by = await record_of(store).lineage(tx, audit, (ASKED_BY,))
    await store.close()

    assert [one.ref for one in made_of] == [audit.ref, model.ref, again.ref, sweep.ref]
    assert [one.ref for one in in_a_circle] == [audit.ref, model.ref, again.ref, first.ref]
    assert [str(one.ref) for one in asked_by] == ["AUD-1", "REQ-1"]
