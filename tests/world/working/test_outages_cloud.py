"""On the way to production the registry and the cloud may fail: each is told once, and the work goes on by itself."""

import asyncio
from pathlib import Path

import pytest
import pytest_asyncio

from sandbox.town_config import SECRET_VARIABLE
from tests.support.crew import MENDED_LIMIT_S, Crew
from tests.support.many_hands import decide
from tests.support.waiting import eventually, eventually_awaited

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(900)]


@pytest_asyncio.fixture(loop_scope="session")
async def run(place: Crew, requirement: int) -> int:
    """Return a run whose model is recorded and audited."""
    number = await place.launched(requirement)
    await place.reaches("runs", number, "succeeded")
    audit = await eventually(lambda: place.query("SELECT number FROM audits WHERE run = ?", number))
    await decide(place, "kanya", "audit", f"AUD-{audit[0][0]} ·", "Approve", reason="It is good enough.")
    await eventually(lambda: place.query("SELECT model_version FROM runs WHERE number = ?", number)[0][0])
    return number


async def test_a_store_that_cannot_be_written_keeps_the_model_waiting(place: Crew, requirement: int) -> None:
    """MLflow's artifacts have no folder: Ops hear it once, and the model is recorded once when it is back."""
    folder, before = place.world.state / "mlflow", place.incidents("mlflow")
    await asyncio.to_thread(_replace_by_file, folder)
    run = await place.launched(requirement)
    await place.reaches("runs", run, "succeeded")
    number = await place.outage_of("mlflow")
    await asyncio.to_thread(_replace_by_folder, folder)

    await place.reaches("incidents", number, "resolved", within_s=MENDED_LIMIT_S)
    await eventually(lambda: place.query("SELECT model_version FROM runs WHERE number = ?", run)[0][0])
    await place.told_once("mlflow", number=number)
    assert [*before, number] == place.incidents("mlflow")
    assert [("1",)] == place.query("SELECT model_version FROM runs WHERE number = ?", run)


async def test_a_cloud_that_answers_503_is_waited_for(place: Crew, run: int) -> None:
    """Ops hear it once; when it answers again the rollout goes on, here to a deployment that fails with its log."""
    before = place.incidents("azure")
    await place.order_azure("http", status=503, times=10_000)
    rollout = await _approved_rollout(place, run)
    number = await place.outage_of("azure")
    await place.order_azure("clear")
    await place.order_azure("deployment", cause="The image could not be pulled.")
    await place.reaches("incidents", number, "resolved", within_s=MENDED_LIMIT_S)
    await place.reaches("rollouts", rollout, "failed")
    shown = await place.told_once(f"DEP-{rollout}")

    assert "The image could not be pulled." in shown
    assert "Last log lines" in shown
    await place.told_once("azure", number=number)
    assert [*before, number] == place.incidents("azure")


async def test_a_rollout_that_is_aborted_is_taken_back_from_the_cloud(place: Crew, run: int) -> None:
    """A creator stops it while Azure is creating it; its deployment is gone then, and the card says so."""
    await place.order_azure("provisioning", seconds=5)
    rollout = await _approved_rollout(place, run)
    name = f"dep-{rollout}"
    await eventually_awaited(lambda: _has_deployment(place, name), within_s=MENDED_LIMIT_S)
    reply = await decide(place, "anan", "deployments", f"DEP-{rollout} ·", "Abort", reason="The scanner was changed.")
    await place.order_azure("clear")

    assert f"DEP-{rollout}: aborted" in reply.text
    await place.person("nok").sees("deployments", f"`{name}` is removed from Azure", within_s=MENDED_LIMIT_S)
    assert name not in await _deployments(place)
    assert "aborted" == place.stage("rollouts", rollout)


async def test_a_model_that_was_changed_after_its_audit_is_not_deployed(place: Crew, run: int) -> None:
    """MLflow gives out other files than were audited: the rollout fails with why, and Azure gets nothing of them."""
    stored = await asyncio.to_thread(_newest, place.world.state / "mlflow", "MLmodel")
    audited = stored.read_bytes()
    stored.write_bytes(audited + b"# changed\n")
    rollout = await _approved_rollout(place, run)
    await place.reaches("rollouts", rollout, "failed")
    shown = await place.told_once(f"DEP-{rollout}")
    stored.write_bytes(audited)

    assert "are not those that were audited" in shown
    assert f"dep-{rollout}" not in await _deployments(place)


async def test_a_wrong_secret_is_told_at_once_and_mended_by_the_right_one(place: Crew, run: int) -> None:
    """The incident outlives the restart that mends the secret, and resolves itself after it."""
    right = place.world.bot.environment
    place.world.bot.environment = {**right, SECRET_VARIABLE: "another"}
    await place.restart()
    rollout = await _approved_rollout(place, run)
    number = await place.outage_of("azure")
    cause = place.said("cause", number)
    place.world.bot.environment = right
    await place.restart()

    await place.reaches("incidents", number, "resolved", within_s=MENDED_LIMIT_S)
    await place.reaches("rollouts", rollout, "live")
    assert "azure.client_secret" in cause
    assert 1 == len(await place.cards("deployments", f"DEP-{rollout} ·"))


async def _approved_rollout(place: Crew, run: int) -> int:
    """Have the run's model proposed and approved; return the rollout's number."""
    anan = place.person("anan")
    proposed = await anan.slash("deploy propose", channel="deployments", run=run, reason="It is wanted.")
    assert "is proposed" in proposed.text, proposed.text
    number = place.count("rollouts")
    said = await decide(place, "somchai", "deployments", f"DEP-{number} ·", "Approve", reason="Quiet hours.")
    assert "approved" in said.text
    return number


async def _has_deployment(place: Crew, name: str) -> bool:
    return name in await _deployments(place)


async def _deployments(place: Crew) -> set[str]:
    async with place.town.session.get(f"{place.world.azure['control']}/state") as response:
        endpoints = (await response.json())["endpoints"]
    return {name for endpoint in endpoints.values() for name in endpoint["deployments"]}


def _newest(folder: Path, name: str) -> Path:
    """Return the file of that name that was written last."""
    return max(folder.rglob(name), key=lambda path: path.stat().st_mtime)


def _replace_by_file(folder: Path) -> None:
    folder.mkdir(exist_ok=True)
    folder.rename(folder.with_name("mlflow.aside"))
    folder.write_text("no folder")


def _replace_by_folder(folder: Path) -> None:
    folder.unlink()
    folder.with_name("mlflow.aside").rename(folder)
