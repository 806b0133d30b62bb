"""On the way to production the registry and the cloud may fail: each is told once, and the work goes on by itself."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from sandbox.town_config import SECRET_VARIABLE
from tests.support.crew import MENDED_LIMIT_S, Crew, crew
from tests.support.many_hands import decide
from tests.support.waiting import eventually, eventually_awaited

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(360)]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def place(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Crew]:
    """Bring up a world with REQ-1 claimed."""
    async with crew(tmp_path_factory.mktemp("cloud") / "world") as hands:
        await hands.claimed()
        yield hands


async def test_a_store_that_cannot_be_written_keeps_the_model_waiting(place: Crew) -> None:
    """MLflow's artifacts have no folder: Ops hear it once, and the model is recorded once when it is back."""
    folder = place.world.state / "mlflow"
    await asyncio.to_thread(_replace_by_file, folder)
    run = await place.launched(1, parameters="epochs=20", memory_gib=4)
    await place.reaches("runs", run, "succeeded")
    number = await place.outage_of("mlflow")
    await asyncio.to_thread(_replace_by_folder, folder)

    await place.reaches("incidents", number, "resolved", within_s=MENDED_LIMIT_S)
    await eventually(lambda: place.query("SELECT model_version FROM runs WHERE number = ?", run)[0][0])
    await place.told_once("mlflow")
    assert [("1",)] == place.query("SELECT model_version FROM runs WHERE number = ?", run)


async def test_a_cloud_that_answers_503_is_waited_for(place: Crew) -> None:
    """Ops hear it once; when it answers again the rollout goes on, here to a deployment that fails with its log."""
    form = await place.person("kanya").click("audit", "Approve", containing="AUD-1 ")
    assert "approved" in (await form.submit({"Reason": "It is good enough."})).text

    await place.order_azure("http", status=503, times=10_000)
    await _approved_rollout(place)
    number = await place.outage_of("azure")
    await place.order_azure("clear")
    await place.order_azure("deployment", cause="The image could not be pulled.")
    await place.reaches("incidents", number, "resolved", within_s=MENDED_LIMIT_S)
    await place.reaches("rollouts", 1, "failed")
    shown = await place.told_once("DEP-1")

    assert "The image could not be pulled." in shown
    assert "Last log lines" in shown
    await place.told_once("azure")


async def test_a_rollout_that_is_aborted_is_taken_back_from_the_cloud(place: Crew) -> None:
    """A creator stops it while Azure is creating it; its deployment is gone then, and the card says so."""
    await place.order_azure("provisioning", seconds=5)
    await _approved_rollout(place)
    await eventually_awaited(lambda: _has_deployment(place, "dep-2"), within_s=MENDED_LIMIT_S)
    reply = await decide(place, "anan", "deployments", "DEP-2 ·", "Abort", reason="The scanner was changed.")
    await place.order_azure("clear")

    assert "DEP-2: aborted" in reply.text
    await place.person("nok").sees("deployments", "`dep-2` is removed from Azure", within_s=MENDED_LIMIT_S)
    assert "dep-2" not in await _deployments(place)
    assert "aborted" == place.stage("rollouts", 2)


async def test_a_model_that_was_changed_after_its_audit_is_not_deployed(place: Crew) -> None:
    """MLflow gives out other files than were audited: the rollout fails with why, and Azure gets nothing of them."""
    [stored] = await asyncio.to_thread(lambda: [*(place.world.state / "mlflow").rglob("MLmodel")])
    [copy] = await asyncio.to_thread(lambda: [*place.world.state.rglob("models/req-1-1")])
    audited = stored.read_bytes()
    stored.write_bytes(audited + b"# changed\n")
    aside = copy.rename(copy.with_name("aside"))
    await _approved_rollout(place)
    await place.reaches("rollouts", 3, "failed")
    shown = await place.told_once("DEP-3")
    stored.write_bytes(audited)
    aside.rename(copy)

    assert "are not those that were audited" in shown
    assert "dep-3" not in await _deployments(place)


async def test_a_wrong_secret_is_told_at_once_and_mended_by_the_right_one(place: Crew) -> None:
    """The incident outlives the restart that mends the secret, and resolves itself after it."""
    right = place.world.bot.environment
    place.world.bot.environment = {**right, SECRET_VARIABLE: "another"}
    await place.restart()
    await _approved_rollout(place)
    number = await place.outage_of("azure")
    cause = place.query("SELECT cause FROM incidents WHERE number = ?", number)[0][0]
    place.world.bot.environment = right
    await place.restart()

    await place.reaches("incidents", number, "resolved", within_s=MENDED_LIMIT_S)
    await place.reaches("rollouts", 4, "live")
    assert "azure.client_secret" in cause
    assert 1 == len(await place.cards("deployments", "DEP-4 ·"))


async def _approved_rollout(place: Crew) -> None:
    anan, somchai = place.person("anan"), place.person("somchai")
    proposed = await anan.slash("deploy propose", channel="deployments", run=1, reason="It is wanted.")
    assert "is proposed" in proposed.text, proposed.text
    form = await somchai.click("deployments", "Approve", containing=f"DEP-{place.count('rollouts')} ")
    assert "approved" in (await form.submit({"Reason": "Quiet hours."})).text


async def _has_deployment(place: Crew, name: str) -> bool:
    return name in await _deployments(place)


async def _deployments(place: Crew) -> set[str]:
    async with place.town.session.get(f"{place.world.azure['control']}/state") as response:
        endpoints = (await response.json())["endpoints"]
    return {name for endpoint in endpoints.values() for name in endpoint["deployments"]}


def _replace_by_file(folder: Path) -> None:
    folder.mkdir(exist_ok=True)
    folder.rename(folder.with_name("mlflow.aside"))
    folder.write_text("no folder")


def _replace_by_folder(folder: Path) -> None:
    folder.unlink()
    folder.with_name("mlflow.aside").rename(folder)
