"""The Azure ML sandbox keeps the service's rules by itself, whoever asks."""

import asyncio
import ssl
import time
from collections.abc import AsyncIterator, Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import pytest_asyncio

from bot.adapters.azure.endpoints import AzureEndpoints
from sandbox.azure.spec import Spec
from tests.support.azure import Cloud, a_plan, brought_up, eventually, running_azure
from tests.support.need import lacking
from tests.support.specs import SPECS

pytestmark = pytest.mark.asyncio(loop_scope="module")
PROVIDER = "/providers/Microsoft.MachineLearningServices"
ENDPOINT = {
    "location": "eastus2",
    "tags": {},
    "identity": {"type": "SystemAssigned"},
    "properties": {"authMode": "Key", "properties": {}, "traffic": {}},
}
DEPLOYMENT = {
    "location": "eastus2",
    "sku": {"name": "Default", "capacity": 1},
    "properties": {
        "endpointComputeType": "Managed",
        "instanceType": "Standard_F4s_v2",
        "model": "/models/none/versions/1",
    },
}


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    with running_azure(tmp_path_factory.mktemp("azure")) as running:
        yield running


class Caller:
    """Speaks to the sandbox through its proxy, without any SDK."""

    def __init__(self, cloud: Cloud, session: aiohttp.ClientSession) -> None:
        self.cloud = cloud
        self.session = session
        self.context = ssl.create_default_context(cafile=cloud.known["ca_file"])
        self.token = ""

    async def say(self, method: str, url: str, **more: Any) -> tuple[int, str, Any]:
        """Return status, text and headers."""
        more.setdefault("headers", {"Authorization": f"Bearer {self.token}"})
        proxy = self.cloud.known["proxy"]
        async with self.session.request(method, url, proxy=proxy, ssl=self.context, **more) as response:
            return response.status, await response.text(), response.headers

    async def arm(
        self, method: str, path: str, version: str = "2022-02-01-preview", **more: Any
    ) -> tuple[int, str, Any]:
        """Ask the resource manager about something in the workspace."""
        known = self.cloud.known
        scope = f"/subscriptions/{known['subscription']}/resourceGroups/{known['resource_group']}{PROVIDER}"
        url = f"https://management.azure.com{scope}/workspaces/{known['workspace']}{path}?api-version={version}"
        return await self.say(method, url, **more)

    async def endpoint(self, name: str, traffic: dict[str, int] | None = None) -> tuple[int, str, Any]:
        """Put an endpoint."""
        body: dict[str, Any] = deepcopy(ENDPOINT)
        body["properties"]["traffic"] = traffic or {}
        return await self.arm("PUT", f"/onlineEndpoints/{name}", json=body)

    async def settled(self, path: str) -> str:
        """Wait until a thing is no longer on its way and return its state."""
        deadline = time.monotonic() + 20
        while True:
            _, text, _ = await self.arm("GET", path)
            if (word := text.partition('"provisioningState": "')[2].partition('"')[0]) in ("Succeeded", "Failed"):
                return word
            assert time.monotonic() < deadline, text
            await asyncio.sleep(0.05)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def caller(cloud: Cloud) -> AsyncIterator[Caller]:
    async with aiohttp.ClientSession() as session:
        caller = Caller(cloud, session)
        form = {"grant_type": "client_credentials", "client_id": cloud.known["client_id"]}
        form |= {"client_secret": cloud.known["client_secret"], "scope": "https://management.azure.com/.default"}
        url = f"https://login.microsoftonline.com/{cloud.known['tenant']}/oauth2/v2.0/token"
        _, text, _ = await caller.say("POST", url, data=form, headers={})
        caller.token = text.partition('"access_token": "')[2].partition('"')[0]
        yield caller


async def test_only_a_token_of_its_own_opens_the_resource_manager(caller: Caller):
    """401 otherwise."""
    status, text, _ = await caller.arm("GET", "", headers={"Authorization": "Bearer made-up"})

    assert 401 == status
    assert "InvalidAuthenticationToken" in text


async def test_a_changing_endpoint_takes_no_other_change(caller: Caller):
    """409 until the first is done, for the endpoint and for its deployments."""
    created, _, headers = await caller.endpoint("ep-busy")
    again, said, _ = await caller.endpoint("ep-busy")
    below, _, _ = await caller.arm("PUT", "/onlineEndpoints/ep-busy/deployments/dep-1", json=DEPLOYMENT)
    await caller.settled("/onlineEndpoints/ep-busy")
    after, _, _ = await caller.endpoint("ep-busy")

    assert (201, 409, 409, 200) == (created, again, below, after)
    assert "because it is in Creating provisioning state" in said
    assert "mfeOperationsStatus/oe:" in headers["Azure-AsyncOperation"]
    assert len(headers["Azure-AsyncOperation"]) > 2000


async def test_traffic_sums_to_0_or_100_and_goes_only_where_something_is(caller: Caller):
    """400 otherwise."""
    await caller.endpoint("ep-sums")
    await caller.settled("/onlineEndpoints/ep-sums")
    await caller.arm("PUT", "/onlineEndpoints/ep-sums/deployments/dep-1", "2023-04-01-preview", json=DEPLOYMENT)
    half, _, _ = await caller.endpoint("ep-sums", {"dep-1": 50})
    nowhere, _, _ = await caller.endpoint("ep-sums", {"dep-2": 100})
    whole, _, _ = await caller.endpoint("ep-sums", {"dep-1": 100})

    assert (400, 400, 200) == (half, nowhere, whole)


async def test_a_deployment_with_users_is_not_deleted(caller: Caller):
    """First its traffic goes, then itself."""
    path = "/onlineEndpoints/ep-users/deployments/dep-1"
    await caller.endpoint("ep-users")
    await caller.settled("/onlineEndpoints/ep-users")
    await caller.arm("PUT", path, "2023-04-01-preview", json=DEPLOYMENT)
    await caller.settled(path)
    await caller.endpoint("ep-users", {"dep-1": 100})
    await caller.settled("/onlineEndpoints/ep-users")
    refused, _, _ = await caller.arm("DELETE", path)
    await caller.endpoint("ep-users", {})
    await caller.settled("/onlineEndpoints/ep-users")
    deleted, _, _ = await caller.arm("DELETE", path)

    assert (400, 202) == (refused, deleted)


async def test_an_endpoint_without_weights_routes_nowhere(caller: Caller):
    """404 in the service's words; 401 for a wrong key comes first."""
    await caller.endpoint("ep-idle")
    await caller.settled("/onlineEndpoints/ep-idle")
    _, keys, _ = await caller.arm("POST", "/onlineEndpoints/ep-idle/listKeys")
    key = keys.partition('"primaryKey": "')[2].partition('"')[0]
    url = "https://ep-idle.eastus2.inference.ml.azure.com/score"
    stranger, _, _ = await caller.say("POST", url, json={}, headers={"Authorization": "Bearer no"})
    status, text, _ = await caller.say("POST", url, json={}, headers={"Authorization": f"Bearer {key}"})

    assert (401, 404) == (stranger, status)
    assert text.startswith("No valid deployments to route to.")


async def test_other_hosts_and_unknown_routes_are_violations(cloud: Cloud, caller: Caller):
    """A bot that speaks to anyone else, or of anything else, is told on."""
    with pytest.raises(aiohttp.ClientHttpProxyError):
        await caller.say("GET", "https://example.com/")
    await caller.arm("GET", "/jobs/some-job")

    told = (await cloud.get("/violations"))["violations"]

    assert "proxy: CONNECT example.com:443" in told
    assert any(line.startswith("unknown route: GET management.azure.com") and "/jobs/some-job" in line for line in told)


MUTATIONS = {
    "an unknown property": (lambda body: body["properties"].update(surprise=1), "surprise"),
    "a missing one": (lambda body: body["properties"].pop("authMode"), "authMode"),
    "a word outside the list": (lambda body: body["properties"].update(authMode="Password"), "authMode"),
    "another type": (lambda body: body["properties"].update(traffic={"dep-1": "all"}), "traffic"),
    "a read-only property": (lambda body: body["properties"].update(scoringUri="https://x"), "scoringUri"),
}


@pytest.mark.parametrize("name", [None, *MUTATIONS])
async def test_microsofts_types_find_a_document_that_is_out_of_form(name: str | None):
    """The check bites: each mutation of a good request is found, and the good one passes."""
    if SPECS is None:
        lacking("Microsoft's types for Azure ML (SLIPWAY_SPECS)")
    body: Any = deepcopy(ENDPOINT)
    if name is not None:
        MUTATIONS[name][0](body)
    path = f"/subscriptions/S/resourceGroups/R{PROVIDER}/workspaces/W/onlineEndpoints/ep-1"

    assert SPECS is not None
    found = list(Spec(SPECS / "azure-ml").faults("PUT", path, "2022-02-01-preview", body, is_request=True))

    assert (0 if name is None else 1) == len(found)
    assert name is None or MUTATIONS[name][1] in found[0]


async def test_a_restarted_sandbox_has_kept_everything(tmp_path: Path):
    """Models, endpoints, traffic and keys stand in its folder, and its models serve again."""
    plan = a_plan("kept", tmp_path)
    with running_azure(tmp_path / "azure") as cloud:
        adapter = AzureEndpoints(cloud.settings())
        await brought_up(adapter, plan)
        await eventually(lambda: adapter.shift_traffic(plan.endpoint, {plan.deployment: 100}))
        before = await cloud.state()
        await adapter.close()
    with running_azure(tmp_path / "azure") as cloud:
        row = {"length": 2.0, "width": 2.0}
        users = await cloud.post("/traffic", endpoint=plan.endpoint, rows=[row])
        after = await cloud.state()

    assert before == after
    assert [{"label": 1, "confidence": 0.4}] == users["answers"]
