"""Recipes of one's own on real stores: registered in versions, looked up, launched, retired; wrong ones are told."""

import json
import re
from dataclasses import replace
from typing import Any

import pytest

from bot.adapters.sql.store import SqlStore
from bot.app import App
from bot.core.record import Record
from bot.core.said import ENGLISH
from bot.core.values import Actor, Kind, Ref, Stage
from bot.core.words import as_said
from bot.errors import NotPermitted, Refused, WrongStage
from bot.plugins import record_of
from bot.ports import FolderHash
from bot.services import cards, monitoring, planning, recipes, repeating, rollouts, things, training
from bot.services.comparing import comparison_card
from bot.things.audit import decisions as audits
from bot.things.audit.rules import AuditEvent
from bot.things.recipe import decisions
from bot.things.recipe.model import RecipeVersion
from bot.things.recipe.recipe import Code
from bot.things.recommendation.model import Recommendation
from bot.things.rollout import decisions as of_rollout
from bot.things.run.causes import Cause, Failure
from bot.things.run.events import RunEvent
from bot.things.run.model import Run
from bot.things.run.reproduction import compared
from tests.support.fakes import FakeChat, FakeCluster
from tests.support.ports import Clock, app_on, deliver_due
from tests.support.road import (
    ANAN,
    CLUSTER,
    DRIFTED,
    KANYA,
    MALEE,
    MONITORING,
    RECIPE,
    RECIPES,
    RESULT,
    SOMCHAI,
    claimed,
    ordered,
)
from tests.support.store_fixtures import on

database = on("sqlite")

TABLE = """\
title = "Reads forms"
command = ["python", "train.py", "{spec}"]
folder = "/shared/forms"
datasets = ["digits"]

[parameters.epochs]
type = "int"
default = 20
minimum = 1
maximum = 500

[parameters.precision]
type = "choice"
default = "fp32"
choices = ["fp32", "bf16"]

[retry]
causes = ["node lost"]
limit = 1
wait_min = 0
"""
BLANKS = """
[parameters.words]
type = "str"
default = "two words"
"""
SECRET = f'repository = "https://bot:s3cret@git.example.com/x"\ncommit = "{"a" * 40}"'


async def _registered(record: Record, text: str = TABLE, name: str = "forms") -> RecipeVersion:
    return await recipes.register(record, name, text, standing=RECIPES, by=ANAN)


async def _planned(record: Record, recipe: str, parameters: str = "") -> Run:
    requirement = await claimed(record)
    wish = planning.Wish(recipe=recipe, parameters=parameters)
    return await planning.plan(record, requirement.number, wish, recipes=RECIPES, cluster=CLUSTER, by=ANAN)


async def test_a_registered_recipe_is_launched_by_its_name(store: SqlStore):
    """Its parameters are checked as a shipped one's, and the run keeps the version it was planned with."""
    record = record_of(store)
    first = await _registered(record)
    run = await _planned(record, "forms", "epochs=3 precision=bf16")
    async with store.reading() as tx:
        found = await recipes.of_name(tx, run.recipe, RECIPES)
        names = list(await recipes.known(tx, RECIPES))

    assert found is not None
    assert found.code is not None
    assert ("forms", 1, Stage.REGISTERED) == (first.name, first.version, first.stage)
    assert ("forms@1", {"epochs": 3, "precision": "bf16"}) == (run.recipe, run.parameters)
    assert ("/shared/forms", ("python", "train.py", "{spec}")) == (found.code.folder, found.code.command)
    assert [*RECIPES, "forms"] == names
    with pytest.raises(Refused, match="between 1 and 500"):
        await _planned(record, "forms", "epochs=0")


async def test_the_same_name_again_is_the_next_version(store: SqlStore):
    """The newest is what the name launches; an older one is launched by its version, and stays what its runs had."""
    record = record_of(store)
    await _registered(record)
    await _registered(record, TABLE.replace("/shared/forms", "/shared/forms2"))
    newest, older = await _planned(record, "forms"), await _planned(record, "forms@1")
    async with store.reading() as tx:
        found = [await recipes.of_name(tx, run.recipe, RECIPES) for run in (newest, older)]
    folders = [recipe and recipe.code and recipe.code.folder for recipe in found]

    assert ["forms@2", "forms@1"] == [newest.recipe, older.recipe]
    assert ["/shared/forms2", "/shared/forms"] == folders


@pytest.mark.parametrize(
    ("version", "expected"), [("", "digits@2026-11"), ("2026-10", "digits@2026-10"), ("2026-11", "digits@2026-11")]
)
async def test_the_newest_version_of_the_dataset_is_taken_or_the_one_that_is_named(
    store: SqlStore, version: str, expected: str
):
    """The run keeps which it was, and the code is told."""
    record = record_of(store)
    await _registered(record, TABLE.replace('["digits"]', '["digits@2026-10", "digits@2026-11", "forms"]'))
    requirement = await claimed(record)
    wish = planning.Wish(recipe="forms", dataset_version=version)
    run = await planning.plan(record, requirement.number, wish, recipes=RECIPES, cluster=CLUSTER, by=ANAN)

    assert expected == run.dataset


@pytest.mark.parametrize(
    ("recipe", "version", "said"),
    [
        ("forms", "2026-09", "no version `2026-09` that `forms@1` reads; there is `2026-10`, `2026-11`"),
        ("classifier", "1", "no version `1` that `classifier` reads; it has no versions"),
        ("forms", "../etc", "is no version of a dataset"),
    ],
)
async def test_a_version_of_the_dataset_that_is_not_there_is_told(
    store: SqlStore, recipe: str, version: str, said: str
):
    """With those that are."""
    record = record_of(store)
    await _registered(record, TABLE.replace('["digits"]', '["digits@2026-10", "digits@2026-11"]'))
    requirement = await claimed(record)
    wish = planning.Wish(recipe=recipe, dataset_version=version)

    with pytest.raises(Refused, match=re.escape(said)):
        await planning.plan(record, requirement.number, wish, recipes=RECIPES, cluster=CLUSTER, by=ANAN)


async def test_a_retired_version_is_not_launched_and_its_runs_stay(store: SqlStore):
    """The one before it is the newest then; without any the name is told to be retired."""
    record = record_of(store)
    first = await _registered(record)
    second = await _registered(record)
    run = await _planned(record, "forms")
    await decisions.retire(record, second.number, by=ANAN)
    before_it = await _planned(record, "forms")
    await decisions.retire(record, first.number, by=ANAN)
    async with store.reading() as tx:
        kept = await recipes.of_name(tx, run.recipe, RECIPES)

    assert kept is not None
    assert "forms@1" == before_it.recipe
    assert "forms@2" == kept.name
    for name in ("forms", "forms@2"):
        with pytest.raises(Refused, match="is retired"):
            await _planned(record, name)
    with pytest.raises(WrongStage, match="already \\*retired\\*"):
        await decisions.retire(record, first.number, by=ANAN)


async def _advised(record: Record, text: str, parameters: str = "") -> Run:
    """Have a model of a registered recipe live, with the advice to retrain it, and return its run."""
    await _registered(record, text)
    run = await planning.order(record, (await _planned(record, "forms", parameters)).number, by=ANAN)
    await training.submitted(record, run.number, attempt=1, job_id="7")
    await training.succeeded(record, run.number, RESULT)
    await training.recorded(record, run.number, version="1", url="")
    await audits.decide(record, 1, AuditEvent.APPROVED, reason="Good.", by=KANYA)
    await rollouts.propose(record, run.number, reason="Go.", endpoint_prefix="slipway", by=ANAN)
    await rollouts.approve(record, 1, reason="Go.", by=SOMCHAI)
    for move_on in (of_rollout.begun, of_rollout.created):
        await move_on(record, 1)
    await of_rollout.verified(record, 1, latency_ms=7.0)
    await rollouts.went_live(record, 1, monitoring=MONITORING, zone="UTC")
    await monitoring.measured(record, 1, DRIFTED, chart="c.png")
    return run


async def _retrained(record: Record, by: Actor = ANAN) -> Run:
    _, run = await monitoring.start_retraining(record, 1, recipes=RECIPES, cluster=CLUSTER, by=by)
    return run


async def test_retraining_takes_the_newest_recipe_and_the_newest_data_that_it_reads(store: SqlStore):
    """What was typed for the first stays where the newest version still knows it, and the resources stay."""
    record = record_of(store)
    dated = TABLE.replace('["digits"]', '["digits@2026-10"]')
    first = await _advised(record, dated, "epochs=3 precision=bf16")
    newer = dated.replace('["digits@2026-10"]', '["digits@2026-10", "digits@2026-11"]').replace("precision", "dtype")
    await _registered(record, newer)
    again = await _retrained(record)

    assert ("forms@1", "digits@2026-10") == (first.recipe, first.dataset)
    assert ("forms@2", "digits@2026-11") == (again.recipe, again.dataset)
    assert {"epochs": 3, "dtype": "fp32"} == again.parameters
    assert (first.seed, first.resources, Stage.ORDERED) == (again.seed, again.resources, again.stage)


async def test_retraining_with_a_recipe_that_is_gone_is_refused(store: SqlStore):
    """With what to do instead; the advice stays open, and who may not decide hears that first."""
    record = record_of(store)
    await _advised(record, TABLE)
    await decisions.retire(record, 1, by=ANAN)

    with pytest.raises(Refused, match=r"RUN-1 cannot be trained again\. The recipe `forms` is retired .*/train launch"):
        await _retrained(record)
    with pytest.raises(NotPermitted, match="duty"):
        await _retrained(record, by=MALEE)
    assert Stage.OPEN is (await things.get(store, Recommendation, 1)).stage


async def test_retraining_with_a_value_that_the_newest_version_does_not_take_is_refused(store: SqlStore):
    """It is not changed in silence."""
    record = record_of(store)
    await _advised(record, TABLE, "epochs=400")
    await _registered(record, TABLE.replace("maximum = 500", "maximum = 100"))

    with pytest.raises(Refused, match="`epochs` must be between 1 and 100; `400` is out of range"):
        await _retrained(record)


async def test_its_policy_tries_again_by_itself(store: SqlStore):
    """As a recipe of the config would: once for a lost node, and then Ops hear of it."""
    record = record_of(store)
    await _registered(record)
    run = await planning.order(record, (await _planned(record, "forms")).number, by=ANAN)
    lost = Failure(as_said("The node was lost."), as_said("Look at it."), Cause.NODE_LOST)
    stages = []
    for _ in range(2):
        now = await things.get(store, Run, run.number)
        await training.submitted(record, run.number, attempt=now.attempt, job_id="7")
        await training.failed(record, run.number, lost, recipes=RECIPES)
        stages.append((await things.get(store, Run, run.number)).stage)

    assert [Stage.ORDERED, Stage.FAILED] == stages


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("title = ", "not valid TOML"),
        ("", "title: Field required"),
        (TABLE + "colour = 1\n", "retry.colour: no such setting"),
        (TABLE.replace('command = ["python", "train.py", "{spec}"]', "command = []"), "command is empty"),
        (TABLE.replace('"/shared/forms"', '"forms"'), "not an absolute path"),
        (TABLE.replace('folder = "/shared/forms"', 'repository = "https://git.example.com/x"'), "name both"),
        (TABLE.replace("default = 20", "default = 501"), "between 1 and 500"),
        (TABLE.replace('default = "fp32"', 'default = "fp8"'), "must be one of"),
        (TABLE.replace("node lost", "bad luck"), "retry.causes.0: Input should be"),
        (TABLE.replace("node lost", "stalled"), "retry.causes: `stalled` is told to Ops"),
        (TABLE.replace("limit = 1", "limit = 11"), "less than or equal to 10"),
        (TABLE.replace('"Reads forms"', json.dumps("x" * 101)), "at most 100 characters"),
        (TABLE.replace("[parameters.epochs]", "[parameters.'Épochs']"), "parameters"),
        (TABLE + BLANKS, "parameters.words: `two words` has a blank or a comma"),
        (TABLE.replace('"bf16"]', '"bf16", "a,b"]'), "parameters.precision: `a,b` has a blank or a comma"),
        (TABLE.replace('folder = "/shared/forms"', SECRET), "a user name or password before `git.example.com`"),
    ],
    ids=lambda value: str(value)[-24:],
)
async def test_a_table_that_cannot_be_used_is_told_by_name(store: SqlStore, text: str, said: str):
    """Nothing is kept of it."""
    record = record_of(store)

    with pytest.raises(Refused) as refusal:
        await _registered(record, text)
    assert said in str(refusal.value)
    async with store.reading() as tx:
        assert () == await tx.select(RecipeVersion)


async def test_what_was_registered_before_it_was_refused_is_read_as_it_was(store: SqlStore):
    """It is launched and trained again with its default that nobody can type; a secret is not shown."""
    record = record_of(store)
    version = await _registered(record, (TABLE + BLANKS.replace("two words", "x")).replace("limit = 1", "limit = 0"))
    definition = version.definition.replace('"default":"x"', '"default":"two words"')
    source = {"folder": "", "repository": "https://bot:s3cret@git.example.com/x", "commit": "a" * 40}
    async with store.writing() as tx:
        await tx.save(replace(version, definition=json.dumps({**json.loads(definition), **source})))
    run = await _planned(record, "forms")
    face = await cards.face_for(store, Ref(Kind.RECIPE, version.number))
    async with record.decide(ANAN) as decision:
        again = await repeating.retrain(decision, run, hypothesis="", recipes=RECIPES, cluster=CLUSTER, by=ANAN.id)

    assert "two words" == run.parameters["words"] == again.parameters["words"]
    assert "https://bot:***@git.example.com/x" in str(face.card)


async def test_a_name_that_is_taken_or_is_none_and_the_wrong_hand(store: SqlStore):
    """What ships keeps its name; only creators register."""
    record = record_of(store)

    with pytest.raises(Refused, match="ships with the bot"):
        await _registered(record, name=next(iter(RECIPES)))
    with pytest.raises(Refused, match="is no name of a recipe"):
        await _registered(record, name="My Recipe")
    with pytest.raises(Refused, match="no recipe `formz`; there is `classifier`"):
        await _planned(record, "formz")
    with pytest.raises(NotPermitted, match="duty"):
        await recipes.register(record, "forms", TABLE, standing=RECIPES, by=MALEE)


async def test_a_repeated_run_is_sent_with_the_code_of_the_first(store: SqlStore):
    """The config has another commit by then, or not the recipe at all; what differs between two others is told."""
    cluster = FakeCluster()
    app = app_on(store, clock=Clock(), chat=FakeChat(), cluster=cluster)
    first, second = [
        replace(RECIPE, code=Code(("./train", "{spec}"), repository="https://git/x", commit=commit * 40))
        for commit in "ab"
    ]
    app = replace(app, recipes={RECIPE.name: first})
    run = await ordered(app.record, (await claimed(app.record)).number)
    await _delivered(app)
    await training.succeeded(app.record, run.number, RESULT)
    for recipes_then in ({RECIPE.name: second}, {}):
        app = replace(app, recipes=recipes_then)
        again = await repeating.reproduce(app.record, run.number, by=ANAN)
        await _delivered(app)
        await training.succeeded(app.record, again.number, RESULT)
    app = replace(app, recipes={RECIPE.name: second})
    other = await ordered(app.record, run.requirement)
    await _delivered(app)
    await training.succeeded(app.record, other.number, RESULT)
    ended = [await things.get(store, Run, number) for number in (run.number, again.number, other.number)]

    assert [first.code] * 3 + [second.code] == [order.code for order in cluster.orders]
    assert "not the same experiment" not in str(compared(ended[0], ended[1]))
    assert "the recipe's command or surroundings changed" in str(compared(ended[0], ended[2]))


async def test_code_in_a_folder_that_has_changed_is_told(store: SqlStore):
    """By the hash that was taken where the run began; a folder that nobody hashed is not called the same."""
    code = Code(("./train", "{spec}"), folder="/nfs/team")
    app = app_on(store, clock=Clock(), chat=FakeChat(), cluster=FakeCluster())
    app = replace(app, recipes={RECIPE.name: replace(RECIPE, code=code)})
    run = await ordered(app.record, (await claimed(app.record)).number)
    ended = []
    for number, folder in enumerate((FolderHash("a" * 64), FolderHash("b" * 64), FolderHash(complaint="it is large"))):
        again = await repeating.reproduce(app.record, run.number, by=ANAN) if number else run
        await _delivered(app)
        await training.succeeded(app.record, again.number, replace(RESULT, digest=str(number) * 64, folder=folder))
        ended.append(await things.get(store, Run, again.number))
    said = [str(compared(ended[0], one)) for one in ended[1:]]
    facts = await things.history(store, Run.kind, ended[1].number)
    made_of: list[Any] = [fact.details["made_of"] for fact in facts if fact.event == RunEvent.SUCCEEDED]
    [card] = [comparison_card(ended, ENGLISH).paragraphs]

    assert said[0] == f"⚠️ It is not the same experiment: the code in /nfs/team differs from what RUN-{run.number} ran."
    assert said[1].endswith("The code in /nfs/team was not hashed: it is large.")
    assert "b" * 64 in [made["code"] for made in made_of]
    assert ["`code=aaaaaaaaaaaa`", "`code=bbbbbbbbbbbb`", "`code=not known`"] == [one.split("\n")[1] for one in card]


async def _delivered(app: App) -> None:
    """Have all that is due at the cluster done."""
    while await deliver_due(app, "cluster"):
        pass
