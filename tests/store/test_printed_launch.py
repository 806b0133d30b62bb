"""The launch that a reply prints is taken as it is printed, whatever dataset the requirement names."""

import json
from dataclasses import replace

import pytest

from bot.adapters.sql.store import SqlStore
from bot.core.record import Record
from bot.core.values import Actor, Duty, PersonId
from bot.errors import Refused
from bot.plugins import record_of
from bot.services import planning, sweeps
from bot.services.planning import Wish
from bot.things.recipe.recipe import Recipe, read_recipes
from bot.things.requirement import decisions as requirements
from bot.wiring import PAYLOAD
from cogs.requirement import claimed_words
from tests.support.databases import NOW, Database
from tests.support.printed import printed_in
from tests.support.road import CLUSTER

SHIPPED = read_recipes(json.loads((PAYLOAD / "recipes.json").read_text(encoding="utf-8")))
OFFERED = sorted({name for recipe in SHIPPED.values() for name in recipe.dataset_names})
ANY = Recipe(name="any_reader", title="Reads anything", datasets=(), parameters={}, code=None)
MALEE = Actor(PersonId(1), frozenset({Duty.ANALYST}))
ANAN = Actor(PersonId(2), frozenset({Duty.CREATOR}))


@pytest.fixture
async def record(file_database: Database):
    """Return a record on a fresh database."""
    store = SqlStore.open(file_database.settings)
    yield record_of(store, now=lambda: NOW)
    await store.close()


async def claimed(record: Record, dataset: str, *, known: tuple[str, ...]) -> int:
    """Have a requirement filed and claimed, and return the number that the answer prints a launch for."""
    filed = await requirements.file(
        record,
        title="A wish",
        problem="Something is slow.",
        value="Hours.",
        targets="accuracy >= 0.9",
        constraints="",
        deployment_kind="assist",
        dataset=dataset,
        known_datasets=known,
        by=MALEE,
    )
    said = str(claimed_words(await requirements.claim(record, filed.number, by=ANAN)))
    [printed] = printed_in(said)
    assert "train launch" == printed.name
    assert ["requirement"] == list(printed.values)
    return int(printed.values["requirement"])


@pytest.mark.parametrize("dataset", OFFERED)
async def test_every_dataset_that_is_offered_is_trained_by_what_reads_it(record: Record, dataset: str):
    """Nobody names a recipe: a run and a sweep are planned with one that reads the dataset."""
    number = await claimed(record, dataset, known=tuple(OFFERED))

    run = await planning.plan(record, number, Wish(), recipes=SHIPPED, cluster=CLUSTER, by=ANAN)
    sweep = await sweeps.plan(
        record,
        number,
        Wish(),
        method="grid",
        space="epochs=1|2",
        count=1,
        at_once=1,
        metric="",
        recipes=SHIPPED,
        cluster=CLUSTER,
        by=ANAN,
    )

    assert dataset in SHIPPED[run.recipe].dataset_names
    assert run.recipe == sweep.recipe


async def test_code_that_reads_anything_is_second_to_what_names_the_dataset(record: Record):
    """A dataset that only its requirement knows is for code that takes any; one that a recipe names is that one's."""
    wine = await claimed(record, "wine", known=("wine", "own"))
    own = await claimed(record, "own", known=("wine", "own"))
    recipes = {"any_reader": ANY} | SHIPPED

    of = [wine, own]
    planned = [await planning.plan(record, one, Wish(), recipes=recipes, cluster=CLUSTER, by=ANAN) for one in of]

    assert ["tabular_classifier", "any_reader"] == [run.recipe for run in planned]


async def test_a_version_is_trained_by_what_reads_that_version(record: Record):
    """Of two recipes that read the dataset the second has the version that is asked for."""
    number = await claimed(record, "wine", known=("wine",))
    recipes = SHIPPED | {"newer": replace(ANY, name="newer", datasets=("wine@2", "wine@3"))}

    run = await planning.plan(record, number, Wish(dataset_version="2"), recipes=recipes, cluster=CLUSTER, by=ANAN)

    assert ("newer", "wine@2") == (run.recipe, run.dataset)


async def test_a_dataset_that_nothing_reads_is_refused_with_the_way_out(record: Record):
    """What is lacking is a recipe: which datasets there are recipes for is told, and how to get another."""
    number = await claimed(record, "own", known=("own",))

    with pytest.raises(Refused, match=r"No recipe reads the dataset `own`.*wine.*`/recipe register`"):
        await planning.plan(record, number, Wish(), recipes=SHIPPED, cluster=CLUSTER, by=ANAN)
