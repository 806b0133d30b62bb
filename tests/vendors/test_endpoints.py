"""Azure ML through the unmodified SDK: every step may be taken twice, and every failure comes with its cause."""

import socket
import sys
import time
from collections.abc import AsyncIterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from bot.adapters.azure.endpoints import AzureEndpoints
from bot.errors import NeedsMending, Refused, Upstream
from bot.ports import Deployment, DeploymentStatus, EndpointPlan
from tests.support.azure import Cloud, a_plan, brought_up, eventually
from tests.support.mlflow_model import write_small_model
from tests.support.need import lacking

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest_asyncio.fixture(autouse=True, loop_scope="session")
async def no_faults(cloud: Cloud) -> AsyncIterator[None]:
    """Leave no fault behind for the next test."""
    yield
    await cloud.post("/fault", kind="clear")


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def live(azure: AzureEndpoints, tmp_path_factory: pytest.TempPathFactory) -> EndpointPlan:
    """Return the plan of a deployment that has all traffic."""
    plan = a_plan("live", tmp_path_factory.mktemp("live"))
    assert DeploymentStatus.READY is (await brought_up(azure, plan)).status
    shown = await eventually(lambda: azure.shift_traffic(plan.endpoint, {plan.deployment: 100}))
    assert {plan.deployment: 100} == shown.traffic
    return plan


def beside(azure: AzureEndpoints, cloud: Cloud, **changed: Any) -> AzureEndpoints:
    """Return an adapter with other settings that shares the process of the first, which has imported the SDK."""
    other = AzureEndpoints(cloud.settings(**changed))
    other._worker = azure._worker
    return other


def with_users(seen: Deployment) -> Deployment:
    """Return it without the deployments that other tests have left, which have no users."""
    return replace(seen, traffic={name: share for name, share in seen.traffic.items() if share})


async def test_a_model_goes_from_a_folder_to_users_and_their_rows_come_back(
    cloud: Cloud, azure: AzureEndpoints, tmp_path: Path
):
    """The whole way: model, endpoint, deployment at 0 %, probe, traffic, users, collected rows, logs."""
    plan = a_plan("whole-way", tmp_path)
    began_at = datetime.now(UTC)

    ready = await brought_up(azure, plan)
    probe = await azure.probe(plan.endpoint, plan.deployment, plan.directory)
    full = await eventually(lambda: azure.shift_traffic(plan.endpoint, {plan.deployment: 100}))
    rows = [{"length": float(number), "width": 0.25} for number in range(20)]
    users = await cloud.post("/traffic", endpoint=plan.endpoint, rows=rows)
    kept = await azure.collected(plan.endpoint, plan.deployment, since=began_at, limit=100)

    assert Deployment(DeploymentStatus.READY, {"dep-1": 0}) == ready
    assert ("dep-1", [{"label": 1, "confidence": 0.2}, {"label": 0, "confidence": 0.15}]) == (
        probe.answered_by,
        probe.output,
    )
    assert 0 < probe.latency_ms < 5000
    assert Deployment(DeploymentStatus.READY, {"dep-1": 100}) == full
    assert ({"200": 20}, {"dep-1": 20}) == (users["statuses"], users["by_deployment"])
    of_users: list[Any] = [(i, o) for i, o in zip(kept.inputs, kept.outputs, strict=True) if i["width"] == 0.25]
    assert sorted(row["length"] for row in rows) == sorted(i["length"] for i, _ in of_users)
    for i, o in of_users:
        assert {"label": int(i["length"] > 7.2), "confidence": pytest.approx(i["length"] / 40)} == o
    assert "model loaded" in await azure.logs(plan.endpoint, plan.deployment, lines=20)


async def test_the_newest_rows_come_first_and_old_ones_not_at_all(cloud: Cloud, azure: AzureEndpoints, live):
    """A limit keeps the newest rows; a time in the future keeps none."""
    for number in range(3):
        await cloud.post("/traffic", endpoint=live.endpoint, rows=[{"length": 100.0 + number, "width": 1.0}])

    newest = await azure.collected(live.endpoint, live.deployment, since=datetime.now(UTC) - timedelta(days=2), limit=2)
    none = await azure.collected(live.endpoint, live.deployment, since=datetime.now(UTC) + timedelta(hours=1), limit=9)

    assert [102.0, 101.0] == [row["length"] for row in newest.inputs]
    assert ((), ()) == (none.inputs, none.outputs)


async def test_converging_and_shifting_again_change_nothing(cloud: Cloud, azure: AzureEndpoints, live):
    """The second time is harmless."""
    before = await cloud.state()

    again = await azure.converge(live)
    shifted = await azure.shift_traffic(live.endpoint, {live.deployment: 100})

    assert [Deployment(DeploymentStatus.READY, {"dep-1": 100})] * 2 == [with_users(again), with_users(shifted)]
    assert before == await cloud.state()


async def test_a_second_deployment_starts_without_users(cloud: Cloud, azure: AzureEndpoints, live, tmp_path: Path):
    """The new one is created at 0 %, gets its share when asked, and gives it back in one step."""
    green = replace(
        live,
        deployment="dep-2",
        model_version="2",
        model_digest="another digest",
        directory=write_small_model(tmp_path / "model", threshold=0.0),
    )

    ready = await brought_up(azure, green)
    split = await eventually(lambda: azure.shift_traffic(live.endpoint, {"dep-1": 50, "dep-2": 50}))
    users = await cloud.post("/traffic", endpoint=live.endpoint, rows=[{"length": 1.0, "width": 1.0}] * 60)
    back = await eventually(lambda: azure.shift_traffic(live.endpoint, {"dep-1": 100, "dep-2": 0}))

    assert {"dep-1": 100, "dep-2": 0} == ready.traffic
    assert {"dep-1": 50, "dep-2": 50} == split.traffic
    assert {"dep-1", "dep-2"} == set(users["by_deployment"])
    assert {"dep-1": 100, "dep-2": 0} == back.traffic


async def test_a_deployment_is_removed_with_its_users_sent_elsewhere(
    cloud: Cloud, azure: AzureEndpoints, live, tmp_path: Path
):
    """Whatever share it has, also while it is being created; what else serves stays, and again is harmless."""
    others: dict[str, Any] = {
        "model_version": "3",
        "model_digest": "a third digest",
        "directory": write_small_model(tmp_path / "model"),
    }
    green = replace(live, deployment="dep-3", **others)
    await brought_up(azure, green)
    await eventually(lambda: azure.shift_traffic(live.endpoint, {"dep-3": 100}))
    early = replace(green, deployment="dep-4")
    await azure.converge(early)
    gone = [
        await eventually(partial(azure.remove, live.endpoint, name, weights={"dep-1": 100}))
        for name in ("dep-3", "dep-4", "dep-3", "dep-never")
    ]
    nowhere = await azure.remove("ep-never", "dep-1", weights={})

    assert [DeploymentStatus.ABSENT] * 4 == [one.status for one in gone]
    assert {"dep-3", "dep-4"}.isdisjoint((await cloud.state())["endpoints"][live.endpoint]["deployments"])
    assert {"dep-1": 100} == {name: share for name, share in gone[-1].traffic.items() if share}
    assert Deployment(DeploymentStatus.ABSENT, {}) == nowhere


async def test_an_operation_whose_answer_was_lost_is_found(cloud: Cloud, azure: AzureEndpoints, tmp_path: Path):
    """The service did it and said 500: nothing is done twice and nothing is called failed."""
    for thing in (r"onlineEndpoints/ep-lost$", r"deployments/dep-1$"):
        await cloud.post("/fault", kind="http", status=500, executed=True, method="PUT", match=thing)

    ready = await brought_up(azure, a_plan("lost", tmp_path))

    assert DeploymentStatus.READY is ready.status
    assert ["dep-1"] == list((await cloud.state())["endpoints"]["ep-lost"]["deployments"])
    assert {"left": 0} == await cloud.get("/faults")


async def test_a_bot_that_dies_midway_goes_on_where_it_was(cloud: Cloud, azure: AzureEndpoints, tmp_path: Path):
    """Each step is taken by another process, which knows nothing of the step before."""
    plan = a_plan("midway", tmp_path)
    other = AzureEndpoints(cloud.settings())
    seen = [(await adapter.converge(plan)).status for adapter in (azure, other, azure)]  # model, endpoint, deployment
    await other.close()
    ready = await brought_up(azure, plan)

    assert [DeploymentStatus.CREATING] * 3 == seen
    assert DeploymentStatus.READY is ready.status


async def test_a_refused_deployment_says_why(cloud: Cloud, azure: AzureEndpoints, tmp_path: Path):
    """The cause is read from the operation, each time anew, so that it outlives the bot."""
    await cloud.post("/fault", kind="deployment", code="OutOfQuota", cause="Not enough quota for Standard_F4s_v2.")
    plan = a_plan("quota", tmp_path)

    first = await brought_up(azure, plan)
    second = await azure.converge(plan)

    assert DeploymentStatus.FAILED is first.status
    assert "OutOfQuota: Not enough quota for Standard_F4s_v2." in first.error
    assert first == second


async def test_a_model_that_cannot_be_loaded_fails_with_the_end_of_its_log(azure: AzureEndpoints, tmp_path: Path):
    """The service only says that the container crashed; its log says why."""
    plan = a_plan("broken", tmp_path)
    (plan.directory / "code" / "small_model.py").write_text("import a_library_that_is_not_there\n")

    failed = await brought_up(azure, plan)

    assert DeploymentStatus.FAILED is failed.status
    assert "ResourceNotReady" in failed.error
    assert "No module named 'a_library_that_is_not_there'" in failed.error


async def test_a_version_with_other_content_is_never_taken_for_ours(azure: AzureEndpoints, live):
    """Same name and version, another digest: it is told, not served."""
    other = replace(live, deployment="dep-9", model_digest="not the digest")

    failed = await azure.converge(other)

    assert (DeploymentStatus.FAILED, "model live version 1 is registered with other content") == (
        failed.status,
        failed.error,
    )


async def test_a_deployment_that_is_not_there_has_an_empty_log(azure: AzureEndpoints, live):
    """Asking is no failure: a rollout may have failed before its deployment came to be."""
    assert "" == await azure.logs(live.endpoint, "dep-8", lines=5)


async def test_a_few_busy_answers_are_waited_out(cloud: Cloud, azure: AzureEndpoints, live):
    """Twice 503, then an answer."""
    await cloud.post("/fault", kind="http", status=503, times=2, match="management")

    assert DeploymentStatus.READY is (await azure.converge(live)).status


async def test_a_service_that_stays_busy_is_a_retryable_failure(cloud: Cloud, azure: AzureEndpoints, live):
    """The bot gives up for now and says what was answered."""
    await cloud.post("/fault", kind="http", status=503, times=1000, match="management")

    with pytest.raises(Upstream, match="azure: HTTP 503") as caught:
        await azure.converge(live)

    assert caught.value.retryable


@pytest.mark.parametrize(
    ("what", "words"),
    [
        ("policy", "HTTP 403: RequestDisallowedByPolicy: .*Policy: Only small instances"),
        ("role", "HTTP 403: AuthorizationFailed: The client does not have authorization"),
        ("lock", "HTTP 409: ScopeLocked: .*Please remove the lock"),
        ("quota", "HTTP 400: OutOfQuota: Not enough quota"),
        ("name taken", "HTTP 400: There is already an endpoint with this name"),
        ("name deleted", "HTTP 404: Not Found"),
        ("invalid", "HTTP 400: BadArgument: No SKU"),
    ],
)
async def test_a_lasting_refusal_comes_with_its_innermost_cause_first(
    cloud: Cloud, azure: AzureEndpoints, live, what: str, words: str
):
    """A change of traffic and a new endpoint: trying again would not help, also where it comes as a conflict."""
    await cloud.post("/fault", kind="refusal", what=what, match="onlineEndpoints")
    heard = []
    for ask in (
        lambda: azure.shift_traffic(live.endpoint, {live.deployment: 0}),
        lambda: azure.converge(replace(live, endpoint="ep-refused")),
    ):
        with pytest.raises(Upstream, match=words) as caught:
            await ask()
        heard.append((caught.value.retryable, isinstance(caught.value, NeedsMending)))

    assert [(False, False)] * 2 == heard


async def test_a_conflict_is_waited_out(cloud: Cloud, azure: AzureEndpoints, live):
    """Something else changes the endpoint: nobody is told of a failure, and the next wish gets through."""
    await cloud.post("/fault", kind="refusal", what="conflict", match="onlineEndpoints", times=1)
    first = await azure.shift_traffic(live.endpoint, {live.deployment: 0})
    await eventually(lambda: azure.shift_traffic(live.endpoint, {live.deployment: 0}))
    back = await eventually(lambda: azure.shift_traffic(live.endpoint, {live.deployment: 100}))

    assert DeploymentStatus.CREATING is first.status
    assert 100 == back.traffic[live.deployment]


async def test_a_wrong_secret_is_told_with_the_way_out(cloud: Cloud, azure: AzureEndpoints):
    """Trying again would not help; the secret itself is never shown."""
    adapter = beside(azure, cloud, client_secret=cloud.secret("not-the-secret"))

    with pytest.raises(Upstream, match=r"client secret of application .* is refused.*azure\.client_secret") as caught:
        await adapter.check()

    assert not caught.value.retryable
    assert "not-the-secret" not in str(caught.value)


@pytest.mark.parametrize(("setting", "words"), [("workspace", "HTTP 404.*nowhere"), ("tenant", "AADSTS90002.*nowhere")])
async def test_what_is_not_there_is_named(cloud: Cloud, azure: AzureEndpoints, setting: str, words: str):
    """A misspelt workspace or tenant is not tried again."""
    with pytest.raises(Upstream, match=words) as caught:
        await beside(azure, cloud, **{setting: "nowhere"}).check()

    assert not caught.value.retryable


async def test_a_proxy_that_is_not_there_is_a_retryable_failure(cloud: Cloud):
    """Nothing listens: the network's failure is not taken for a refusal to sign in."""
    with closing(socket.socket()) as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    adapter = AzureEndpoints(cloud.settings(https_proxy=f"http://127.0.0.1:{port}"))

    with pytest.raises(Upstream, match="cannot be reached") as caught:
        await adapter.check()
    await adapter.close()

    assert caught.value.retryable


async def test_a_service_that_hangs_is_left_within_the_limit(cloud: Cloud, azure: AzureEndpoints, live):
    """The limit of a call holds whatever the SDK's own waits add up to, and the next call works."""
    adapter = beside(azure, cloud, timeout_s=10.0)
    await cloud.post("/fault", kind="hang", times=50, match="onlineEndpoints")
    began = time.monotonic()

    with pytest.raises(Upstream) as caught:
        await adapter.converge(live)
    took_s = time.monotonic() - began
    await cloud.post("/fault", kind="clear")
    after = await adapter.converge(live)

    assert caught.value.retryable
    assert took_s < 60  # the SDK alone would wait for many minutes
    assert DeploymentStatus.READY is after.status


@pytest.mark.parametrize("weights", [{"dep-1": 50}, {"dep-1": 60, "dep-2": 60}, {"dep-1": 150, "dep-2": -50}])
async def test_traffic_that_does_not_add_up_is_refused(azure: AzureEndpoints, live, weights: dict[str, int]):
    """Before anything is asked of the cloud."""
    with pytest.raises(Refused, match="add up to 0 or 100"):
        await azure.shift_traffic(live.endpoint, weights)


async def test_traffic_for_a_deployment_that_is_not_there_is_refused(azure: AzureEndpoints, live):
    """The sentence names it."""
    with pytest.raises(Refused, match="no deployment dep-7"):
        await azure.shift_traffic(live.endpoint, {"dep-7": 100})


async def test_a_busy_endpoint_is_waited_for(cloud: Cloud, azure: AzureEndpoints, live):
    """A rollback that comes while another shift is running is not an error, and it gets through."""
    await cloud.post("/fault", kind="provisioning", seconds=1.0)

    first = await azure.shift_traffic(live.endpoint, {live.deployment: 0})
    second = await azure.shift_traffic(live.endpoint, {live.deployment: 100})
    last = await eventually(lambda: azure.shift_traffic(live.endpoint, {live.deployment: 100}))

    assert [DeploymentStatus.CREATING] * 2 == [first.status, second.status]
    assert 100 == last.traffic[live.deployment]


async def test_a_shift_that_failed_is_asked_again_and_says_why(cloud: Cloud, azure: AzureEndpoints, live):
    """Azure took it and then could not do it: the traffic stays as it was until it can."""
    await cloud.post("/fault", kind="endpoint", code="InternalError", cause="The router is away.")
    asked = [await eventually(lambda: azure.shift_traffic(live.endpoint, {live.deployment: 100}))]
    asked.append(await azure.shift_traffic(live.endpoint, {live.deployment: 0}))
    while not asked[-1].error:
        asked.append(await azure.shift_traffic(live.endpoint, {live.deployment: 0}))
    failed = asked[-1]
    back = await eventually(lambda: azure.shift_traffic(live.endpoint, {live.deployment: 100}))

    assert (100, "InternalError: The router is away.") == (failed.traffic[live.deployment], failed.error)
    assert (100, "") == (back.traffic[live.deployment], back.error)


async def test_a_model_error_in_a_probe_is_told(azure: AzureEndpoints, live, tmp_path: Path):
    """The model refuses its example: trying again would not help."""
    directory = write_small_model(tmp_path / "model")
    (directory / "input_example.json").write_text('{"columns": ["length", "width"], "data": [[-1.0, 1.0]]}')

    with pytest.raises(Refused, match="scoring answered 424"):
        await azure.probe(live.endpoint, live.deployment, directory)


async def test_a_name_that_azure_would_not_take_is_refused(azure: AzureEndpoints, tmp_path: Path):
    """Two letters are too few."""
    with pytest.raises(Refused, match="'ab' cannot be the name of an Azure ML endpoint"):
        await azure.converge(a_plan("short", tmp_path, endpoint="ab"))


@pytest.mark.usefixtures("live")
async def test_azure_is_never_imported_here():
    """The event loop's process stays light."""
    assert [] == [name for name in sys.modules if name == "azure" or name.startswith("azure.")]


@pytest.mark.usefixtures("live")
async def test_nothing_that_was_said_is_outside_microsofts_description(cloud: Cloud):
    """Every request and answer so far, checked by api-version; the fixture looks again when all have been made."""
    told = await cloud.get("/violations")
    if not told["checked_versions"]:
        lacking("Microsoft's types for Azure ML (SLIPWAY_SPECS)")

    assert [] == told["violations"]
