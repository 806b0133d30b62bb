"""What the suite of operations runs on: an app on a store of its own, and a real or fake system beside it."""

import json
import random
import sqlite3
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from bot.adapters.sql.store import SqlStore
from bot.app import App
from bot.core.record import utc_now
from bot.core.values import Kind, Ref, Stage
from bot.operations.engine import Watch
from bot.operations.rollouts import Rollouts
from bot.operations.runs import Runs
from bot.services import planning, rollouts, training
from bot.suites.operations import Fate
from bot.things.model.servable import PACKAGES
from bot.things.rollout import decisions
from tests.support.databases import sqlite_database
from tests.support.fakes import FakeChat, FakeRegistry
from tests.support.ports import SETTINGS, app_on, deliver_due
from tests.support.road import ANAN, RECIPE, RECIPES, SOMCHAI, claimed, proposed

EPOCHS = {Fate.ENDS_WELL: 10, Fate.FAILS: 666, Fate.GOES_ON: 999}
"""By which the training below knows its fate."""
TRAINING = """\
import hashlib, json, pathlib, sys, time
spec = json.loads(pathlib.Path(sys.argv[1]).read_text())
epochs = spec["parameters"]["epochs"]
if epochs == {fails}:
    raise SystemExit("it was to fail")
if epochs == {goes_on}:
    time.sleep(3600)
result = {{"format": 1, "digest": hashlib.sha256(b"%d" % epochs).hexdigest(), "metrics": {{"accuracy": epochs / 100}}}}
result |= {{"parameter_count": 1, "test_rows": 1, "curve": []}}
model = pathlib.Path(spec["directory"], "model")
model.mkdir()
for name, text in json.loads({files!r}).items():
    (model / name).write_text(json.dumps(text))
pathlib.Path(spec["directory"], "result.json").write_text(json.dumps(result))
"""
MODEL = {
    "MLmodel": {
        "flavors": {"python_function": {"env": {"conda": "conda.yaml"}, "loader_module": "ours"}},
        "signature": {"inputs": json.dumps([{"type": "double", "name": "x", "required": True}])},
        "saved_input_example_info": {"artifact_path": "example.json", "type": "dataframe"},
    },
    "conda.yaml": {"dependencies": [{"pip": list(PACKAGES)}]},
    "example.json": {"columns": ["x"], "data": [[1.0]]},
}
"""JSON is YAML, too."""


def write_training(payload: Path) -> Path:
    """Write the recipe of these runs into a payload's folder, and return that."""
    payload.mkdir(exist_ok=True)
    fates = {"fails": EPOCHS[Fate.FAILS], "goes_on": EPOCHS[Fate.GOES_ON]}
    (payload / f"{RECIPE.name}.py").write_text(TRAINING.format(files=json.dumps(MODEL), **fates))
    return payload


class Switch:
    """A port that can be let go away: then another stands for it, which reaches nothing."""

    def __init__(self, there: Any, away: Any) -> None:
        self._there, self._away = there, away
        self.is_away = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._away if self.is_away else self._there, name)


@dataclass
class RunsOutside:
    """Runs on a cluster. Fills `bot.suites.operations.Outside`."""

    app: App
    switch: Switch
    settings: Any
    watch: Watch[Any, Any] = field(init=False)

    def __post_init__(self) -> None:
        self.watch = Watch(self.app, Runs(self.app))

    async def begin(self, fate: Fate) -> Ref:
        """Order a run, and have it submitted."""
        wanted = await claimed(self.app.record)
        wish = planning.Wish(recipe=RECIPE.name, parameters=f"epochs={EPOCHS[fate]}")
        record = self.app.record
        plan = await planning.plan(record, wanted.number, wish, recipes=RECIPES, cluster=self.settings, by=ANAN)
        await planning.order(record, plan.number, by=ANAN)
        await all_done(self.app, "cluster")
        return plan.ref

    async def stop(self, about: Ref) -> None:
        """Cancel the run."""
        await training.cancel(self.app.record, about.number, by=ANAN)
        await all_done(self.app, "cluster")

    async def look(self) -> None:
        """Look once."""
        await self.watch.tick()

    def goes_away(self, *, is_away: bool) -> None:
        """Let the cluster go away or come back."""
        self.switch.is_away = is_away

    def restarts(self) -> None:
        """Forget how the runs were last seen."""
        self.watch = Watch(self.app, Runs(self.app))

    def outcomes(self) -> tuple[Collection[Stage], Collection[Stage]]:
        """Return how runs end."""
        return (Stage.SUCCEEDED,), (Stage.FAILED,)


@dataclass
class Models(FakeRegistry):
    """A registry whose model cannot be loaded where that is its fate."""

    broken: set[str] = field(default_factory=set)

    async def download(self, name: str, version: str, into: Path, *, digest: str) -> Path:
        """Return the model's folder."""
        directory = await super().download(name, version, into, digest=digest)
        if name in self.broken:
            (directory / "code" / "small_model.py").write_text("import a_library_that_is_not_there\n")
        return directory


@dataclass
class RolloutsOutside:
    """Rollouts whose deployments are made. Fills `bot.suites.operations.Outside`."""

    app: App
    switch: Switch
    registry: Models
    watch: Watch[Any, Any] = field(init=False)

    def __post_init__(self) -> None:
        self.watch = Watch(self.app, Rollouts(self.app))

    async def begin(self, fate: Fate) -> Ref:
        """Have a rollout approved, and its deployment begun."""
        wanted = await claimed(self.app.record)
        rollout = await proposed(self.app.record, wanted.number)
        if fate is Fate.FAILS:
            self.registry.broken.add(rollout.model_name)
        await rollouts.approve(self.app.record, rollout.number, reason="Go.", by=SOMCHAI)
        await all_done(self.app, "endpoints")
        return rollout.ref

    async def stop(self, about: Ref) -> None:
        """Abort the rollout."""
        await decisions.abort(self.app.record, about.number, reason="Not now.", by=SOMCHAI)
        await all_done(self.app, "endpoints")

    async def look(self) -> None:
        """Look once."""
        await self.watch.tick()

    def goes_away(self, *, is_away: bool) -> None:
        """Let the cloud go away or come back."""
        self.switch.is_away = is_away

    def restarts(self) -> None:
        """Make the watch anew."""
        self.watch = Watch(self.app, Rollouts(self.app))

    def outcomes(self) -> tuple[Collection[Stage], Collection[Stage]]:
        """Return what follows when the deployment stands, and when it does not."""
        return (Stage.VERIFYING,), (Stage.FAILED,)


async def all_done(app: App, lane: str) -> None:
    """Deliver what is due in a lane until nothing is."""
    while await deliver_due(app, lane):
        pass


@asynccontextmanager
async def runs_outside(directory: Path, there: Any, away: Any, settings: Any) -> AsyncIterator[RunsOutside]:
    """Open an app on a fresh database with this cluster."""
    async with _app(directory, cluster=(switch := Switch(there, away))) as app:
        yield RunsOutside(app, switch, settings)


@asynccontextmanager
async def rollouts_outside(directory: Path, there: Any, away: Any) -> AsyncIterator[RolloutsOutside]:
    """Open an app on a fresh database with this cloud."""
    registry = Models()
    async with _app(directory, endpoints=(switch := Switch(there, away)), registry=registry) as app:
        yield RolloutsOutside(app, switch, registry)


def _number_from(path: Path, first: int) -> None:
    """Give runs numbers that no other test's have: the cluster knows them by name for longer than a test lasts."""
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("INSERT INTO counters (kind, last) VALUES (?, ?)", (str(Kind.RUN), first))


@asynccontextmanager
async def _app(directory: Path, *, cluster: Any = None, **ports: Any) -> AsyncIterator[App]:
    path = directory / "slipway.db"
    store = SqlStore.open(sqlite_database(path).settings)
    _number_from(path, random.randrange(10**6, 10**9))
    app = app_on(store, clock=utc_now, chat=FakeChat(), cluster=cluster)
    settings = SETTINGS.model_copy(update={"data_directory": directory})
    try:
        yield replace(app, settings=settings, **ports)
    finally:
        await store.close()
