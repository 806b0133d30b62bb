"""The smoke request of a rollout, from its effect to Azure's answer: what the model refuses ends it, the rest waits."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import pytest_asyncio

from bot.adapters.azure.endpoints import AzureEndpoints
from bot.adapters.sql.store import SqlStore
from bot.app import App
from bot.core.values import Ref, Stage
from bot.effects import deliver
from bot.ports import DeploymentStatus
from bot.services import rollouts, things
from bot.things.incident.model import Incident
from bot.things.incident.subjects import of_failure
from bot.things.rollout import decisions
from bot.things.rollout.model import Rollout
from tests.support.azure import Cloud, a_plan, brought_up
from tests.support.databases import sqlite_database
from tests.support.fakes import FakeChat, FakeCluster, FakeRegistry
from tests.support.mlflow_model import write_small_model
from tests.support.ports import Clock, app_on, deliver_due
from tests.support.road import SOMCHAI, claimed, proposed

pytestmark = pytest.mark.asyncio(loop_scope="session")


@dataclass
class FakeCopies(FakeRegistry):
    """A registry that has one model, here already."""

    model: Path = Path()

    async def download(self, name: str, version: str, into: Path, *, digest: str) -> Path:  # noqa: ARG002  # the port's
        return self.model


@pytest_asyncio.fixture(loop_scope="session")
async def smoked(azure: AzureEndpoints, tmp_path: Path) -> AsyncIterator[App]:
    """Return an app whose only rollout is due for its smoke request, which its model refuses."""
    store = SqlStore.open(sqlite_database(tmp_path / "slipway.db").settings)
    app = app_on(store, clock=Clock(), chat=FakeChat(), cluster=FakeCluster())
    model = write_small_model(tmp_path / "refusing")
    (model / "input_example.json").write_text('{"columns": ["length", "width"], "data": [[-1.0, 1.0]]}')
    app = replace(app, endpoints=azure, registry=FakeCopies(model=model))
    rollout = await proposed(app.record, (await claimed(app.record)).number)
    plan = a_plan(rollout.model_name, tmp_path, endpoint=rollout.endpoint, model_digest=rollout.model_digest)
    assert DeploymentStatus.READY is (await brought_up(azure, plan)).status
    await rollouts.approve(app.record, rollout.number, reason="Go.", by=SOMCHAI)
    await decisions.begun(app.record, rollout.number)
    await decisions.created(app.record, rollout.number)
    await deliver_due(app, "endpoints")  # its beginning comes first, and finds nothing to do
    yield app
    await store.close()


async def test_a_model_that_fails_on_its_own_example_fails_its_rollout_at_once(smoked: App):
    """Ops read what it answered and its log, and not that Azure is away."""
    await deliver_due(smoked, "endpoints")
    told = {one.about: one for one in await things.newest(smoked.store, Incident)}
    failure = of_failure(Ref(Rollout.kind, 1))

    assert Stage.FAILED is (await things.get(smoked.store, Rollout, 1)).stage
    assert [failure] == list(told)
    assert "The model failed on its own input example, scoring answered 424" in str(told[failure].cause)
    assert "negative area" in told[failure].log_tail


@pytest.mark.parametrize("status", [401, 503])
async def test_a_refused_key_and_an_outage_are_tried_again(cloud: Cloud, smoked: App, status: int):
    """The model has said nothing yet; when it does, that counts."""
    await cloud.post("/fault", kind="http", status=status, times=1000, match="inference.*/score")
    await deliver_due(smoked, "endpoints")
    before = (await things.get(smoked.store, Rollout, 1)).stage
    await cloud.post("/fault", kind="clear")
    clock = smoked.record.now
    assert isinstance(clock, Clock)
    clock.passes(seconds=deliver.LONGEST_WAIT_S)
    await deliver_due(smoked, "endpoints")

    assert (Stage.VERIFYING, Stage.FAILED) == (before, (await things.get(smoked.store, Rollout, 1)).stage)
