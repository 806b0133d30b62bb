"""Online endpoints and their deployments, with long-running operations as the service words them."""

import asyncio
import secrets
import shutil
import uuid
from collections.abc import Awaitable, Callable

from aiohttp import web

from sandbox.azure import memory
from sandbox.azure.arm import HOST, SCOPE, problem, system_data
from sandbox.azure.serving import Crashed, Served
from sandbox.azure.world import (
    CONTAINER,
    PROVIDER,
    REGION,
    SUBSCRIPTION,
    WORKSPACE_ID,
    WORKSPACE_PATH,
    Body,
    Deployment,
    Endpoint,
    Operation,
    World,
    now_text,
)

POLL_AFTER_MS = 100
COLLECTS_SINCE = "2023-02-01"  # the first api-version that knows data collectors
NEVER = "0001-01-01T00:00:00+00:00"
PROBE = {
    "initialDelay": "PT10S",
    "period": "PT10S",
    "timeout": "PT2S",
    "failureThreshold": 30,
    "successThreshold": 1,
}


class Failure(Exception):
    """An operation that fails, with the service's code, if it gives one."""

    def __init__(self, code: str | None, message: str) -> None:
        super().__init__(message)
        self.code = code


class Online:
    """Handlers of endpoints, deployments and their operations."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._tasks: set[asyncio.Task[None]] = set()

    async def revive(self) -> None:
        """Serve again what was served when the sandbox ended."""
        for endpoint in self._world.endpoints.values():
            for deployment in endpoint.deployments.values():
                if deployment.state == "Succeeded":
                    try:
                        deployment.served = await self._serve(deployment)
                    except Failure:
                        deployment.state = "Failed"

    # ------------------------------------------------------------ endpoints

    async def endpoints(self, _request: web.Request) -> web.Response:
        """List the endpoints."""
        return web.json_response({"value": [shown_endpoint(found) for found in self._world.endpoints.values()]})

    async def endpoint(self, request: web.Request) -> web.Response:
        """Describe an endpoint."""
        found = self._world.endpoints.get(request.match_info["endpoint"])
        return _no_endpoint(request) if found is None else web.json_response(shown_endpoint(found))

    async def put_endpoint(self, request: web.Request) -> web.Response:
        """Create an endpoint, or replace the whole of it: its traffic, too."""
        name = request.match_info["endpoint"]
        body: Body = await request.json()
        found = self._world.endpoints.get(name)
        if found is not None and found.is_busy:
            return _busy(f"Cannot update endpoint {name}", found)
        refusal = _traffic_problem(body["properties"], found)
        if refusal is not None:
            return refusal
        endpoint = self._world.endpoints.setdefault(name, Endpoint(name, body))
        endpoint.state = "Updating" if found else "Creating"

        async def work() -> None:
            await asyncio.sleep(self._world.faults.provisioning_s)
            if found is not None and self._world.faults.failed_endpoints:
                raise Failure(*self._world.faults.failed_endpoints.pop(0))
            endpoint.body = body
            endpoint.traffic = {key: value for key, value in (body["properties"].get("traffic") or {}).items() if value}
            endpoint.mirror = dict(body["properties"].get("mirrorTraffic") or {})

        return self._begin(request, "oe", endpoint, work, lambda: shown_endpoint(endpoint), is_new=found is None)

    async def delete_endpoint(self, request: web.Request) -> web.Response:
        """Delete an endpoint and its deployments."""
        name = request.match_info["endpoint"]
        found = self._world.endpoints.get(name)
        if found is None:
            return web.Response(status=204)
        found.state = "Deleting"

        async def work() -> None:
            for deployment in found.deployments.values():
                if deployment.served is not None:
                    await deployment.served.close()
            del self._world.endpoints[name]

        return self._begin(request, "oe", found, work, lambda: None, is_new=False)

    async def keys(self, request: web.Request) -> web.Response:
        """Give out the endpoint's keys."""
        found = self._world.endpoints.get(request.match_info["endpoint"])
        if found is None:
            return _no_endpoint(request)
        return web.json_response({"primaryKey": found.primary_key, "secondaryKey": found.secondary_key})

    # ------------------------------------------------------------ deployments

    async def deployments(self, request: web.Request) -> web.Response:
        """List an endpoint's deployments."""
        found = self._world.endpoints.get(request.match_info["endpoint"])
        if found is None:
            return _no_endpoint(request)
        return web.json_response({"value": [shown_deployment(one, request) for one in found.deployments.values()]})

    async def deployment(self, request: web.Request) -> web.Response:
        """Describe a deployment."""
        found = self._world.deployment(request.match_info["endpoint"], request.match_info["deployment"])
        return _no_deployment(request) if found is None else web.json_response(shown_deployment(found, request))

    async def put_deployment(self, request: web.Request) -> web.Response:
        """Create or replace a deployment: its model is loaded and served."""
        endpoint = self._world.endpoints.get(request.match_info["endpoint"])
        name = request.match_info["deployment"]
        if endpoint is None:
            return _no_endpoint(request)
        known = endpoint.deployments.get(name)
        if endpoint.is_busy or (known is not None and known.state in ("Creating", "Updating", "Deleting")):
            return _busy(f"Cannot create a deployment in endpoint {endpoint.name}", endpoint)
        deployment = Deployment(endpoint.name, name, await request.json())
        endpoint.deployments[name] = deployment
        deployment.log_path = self._world.directory / "logs" / f"{endpoint.name}.{name}.log"
        deployment.log_path.parent.mkdir(exist_ok=True)
        deployment.log_path.write_bytes(b"")

        async def work() -> None:
            await asyncio.sleep(self._world.faults.provisioning_s)
            if self._world.faults.failed_deployments:
                raise Failure(*self._world.faults.failed_deployments.pop(0))
            if known is not None and known.served is not None:
                await known.served.close()
            deployment.served = await self._serve(deployment)

        return self._begin(
            request, "od", deployment, work, lambda: shown_deployment(deployment, request), is_new=known is None
        )

    async def _serve(self, deployment: Deployment) -> Served:
        assert deployment.log_path is not None
        reference = str(deployment.body["properties"].get("model"))
        *_, name, _, version = reference.split("/")
        asset = self._world.assets.get(("models", name, version))
        if asset is None:
            raise Failure("ResourceNotFound", f"The specified model {reference} was not found.")
        prefix = asset.properties["modelUri"].partition("/paths/")[2].rstrip("/") + "/"
        directory = self._world.model_folder(deployment.endpoint, deployment.name)
        if directory.exists():
            shutil.rmtree(directory)
        for blob in self._world.blobs.listing(CONTAINER, prefix):
            target = directory / blob.name.removeprefix(prefix)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(self._world.blobs.path(CONTAINER, blob.name), target)
        try:
            return await Served.start(directory, deployment.log_path)
        except Crashed as error:
            said = (
                "ResourceNotReady: User container has crashed or terminated. Please see troubleshooting guide, "
                "available here: https://aka.ms/oe-tsg#error-resourcenotready"
            )
            raise Failure(None, said) from error

    async def delete_deployment(self, request: web.Request) -> web.Response:
        """Delete a deployment that has no traffic."""
        endpoint = self._world.endpoints.get(request.match_info["endpoint"])
        name = request.match_info["deployment"]
        found = endpoint.deployments.get(name) if endpoint else None
        if endpoint is None or found is None:
            return web.Response(status=204)
        if endpoint.traffic.get(name):
            said = f"Cannot delete deployment {name}: {endpoint.traffic[name]}% of the traffic goes to it."
            return problem(400, "BadRequest", said)
        if endpoint.is_busy:
            return _busy(f"Cannot delete a deployment of endpoint {endpoint.name}", endpoint)
        found.state = "Deleting"

        async def work() -> None:
            if found.served is not None:
                await found.served.close()
            del endpoint.deployments[name]

        return self._begin(request, "od", found, work, lambda: None, is_new=False)

    async def logs(self, request: web.Request) -> web.Response:
        """Give out the end of the container's log."""
        found = self._world.deployment(request.match_info["endpoint"], request.match_info["deployment"])
        if found is None or found.log_path is None:
            return _no_deployment(request)
        tail = int((await request.json()).get("tail") or 100)
        lines = found.log_path.read_text(encoding="utf-8", errors="replace").splitlines()[-tail:]
        content = f"Instance status:\nUserContainer: {found.state}\n\nContainer logs:\n" + "\n".join(lines) + "\n"
        return web.json_response({"content": content})

    # ------------------------------------------------------------ operations

    def _begin(
        self,
        request: web.Request,
        letters: str,
        thing: Endpoint | Deployment,
        work: Callable[[], Awaitable[None]],
        body: Callable[[], Body | None],
        *,
        is_new: bool,
    ) -> web.Response:
        is_deletion = request.method == "DELETE"
        operation = Operation(f"{letters}:{WORKSPACE_ID}:{uuid.uuid4()}", "Deleting" if is_deletion else "Updating")
        self._world.operations[operation.id] = operation
        base = f"https://{HOST}/subscriptions/{SUBSCRIPTION}/providers/{PROVIDER}/locations/{REGION}"
        version = f"api-version={request.query['api-version']}"
        # The real address carries some 4 KB of signature, which must be sent back as it came.
        signed = f"{version}&t=639000000000000000&c={secrets.token_urlsafe(1500)}&s={secrets.token_urlsafe(256)}"
        thing.operation = f"{base}/mfeOperationsStatus/{operation.id}?{version}"
        task = asyncio.create_task(self._finish(operation, thing, work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        headers = {
            "Azure-AsyncOperation": f"{base}/mfeOperationsStatus/{operation.id}?{signed}",
            "Location": f"{base}/mfeOperationResults/{operation.id}?{signed}",
            "x-ms-async-operation-timeout": "PT30M",
            "x-ms-retry-after-ms": str(POLL_AFTER_MS),
            "x-ms-request-id": str(uuid.uuid4()),
        }
        if is_deletion:
            return web.json_response(None, status=202, headers=headers)
        return web.json_response(body(), status=201 if is_new else 200, headers=headers)

    async def _finish(
        self, operation: Operation, thing: Endpoint | Deployment, work: Callable[[], Awaitable[None]]
    ) -> None:
        try:
            await work()
        except Failure as failure:
            operation.error = {
                "code": failure.code,
                "message": str(failure),
                "details": [],
                "additionalInfo": [{"type": "ComponentName", "info": {"value": "managementfrontend"}}],
            }
        operation.status = thing.state = "Failed" if operation.error else "Succeeded"
        operation.ended_at = now_text()
        memory.save(self._world)

    async def operation(self, request: web.Request) -> web.Response:
        """Tell how far an operation is; a failed one is told with HTTP 200."""
        found = self._world.operations.get(request.match_info["operation"])
        if found is None:
            return problem(404, "OperationNotFound", "The operation was not found.")
        headers = {"x-ms-request-id": str(uuid.uuid4())}
        body: Body = {
            "id": request.path,
            "name": found.id,
            "status": found.status,
            "startTime": found.started_at,
            "endTime": found.ended_at or NEVER,
        }
        if found.ended_at is None:
            headers["x-ms-retry-after-ms"] = str(POLL_AFTER_MS)
        if found.error is not None:
            body["error"] = found.error
        return web.json_response(body, headers=headers)


def shown_endpoint(endpoint: Endpoint) -> Body:
    """Return the endpoint as the service shows it."""
    sent: Body = endpoint.body["properties"]
    properties = {
        "authMode": sent["authMode"],
        "description": sent.get("description"),
        "properties": {**(sent.get("properties") or {}), "AzureAsyncOperationUri": endpoint.operation},
        "scoringUri": f"https://{endpoint.host}/score",
        "swaggerUri": f"https://{endpoint.host}/swagger.json",
        "provisioningState": endpoint.state,
        "publicNetworkAccess": sent.get("publicNetworkAccess") or "Enabled",
        "compute": None,
        "traffic": endpoint.traffic,
        "mirrorTraffic": endpoint.mirror,
    }
    return {
        "id": f"{WORKSPACE_PATH}/onlineEndpoints/{endpoint.name}",
        "name": endpoint.name,
        "type": f"{PROVIDER}/workspaces/onlineEndpoints",
        "location": REGION,
        "kind": "Managed",
        "identity": {"type": "SystemAssigned", "principalId": WORKSPACE_ID, "tenantId": WORKSPACE_ID},
        "tags": endpoint.body.get("tags") or {},
        "properties": properties,
        "systemData": system_data(endpoint.created_at),
    }


def shown_deployment(deployment: Deployment, request: web.Request) -> Body:
    """Return the deployment as the service shows it: probes are filled in when it has succeeded."""
    sent: Body = deployment.body["properties"]
    is_ready = deployment.state == "Succeeded"
    properties = {
        **sent,
        "properties": {**(sent.get("properties") or {}), "AzureAsyncOperationUri": deployment.operation},
        "provisioningState": "Updating" if deployment.state == "Creating" else deployment.state,
        "livenessProbe": PROBE if is_ready else None,
        "readinessProbe": PROBE if is_ready else None,
        "requestSettings": {
            "maxConcurrentRequestsPerInstance": 1,
            "maxQueueWait": "PT0.5S" if is_ready else "PT0S",
            "requestTimeout": "PT5S" if is_ready else "PT0S",
        },
        "scaleSettings": sent.get("scaleSettings") or {"scaleType": "Default"},
    }
    if request.query.get("api-version", "") < COLLECTS_SINCE:
        properties.pop("dataCollector", None)
    return {
        "id": f"{WORKSPACE_PATH}/onlineEndpoints/{deployment.endpoint}/deployments/{deployment.name}",
        "name": deployment.name,
        "type": f"{PROVIDER}/workspaces/onlineEndpoints/deployments",
        "location": REGION,
        "kind": "Managed",
        "sku": {"name": "Default", "tier": "Standard", "capacity": deployment.body["sku"]["capacity"]},
        "tags": deployment.body.get("tags") or {},
        "properties": properties,
        "systemData": system_data(deployment.created_at),
    }


def _traffic_problem(properties: Body, endpoint: Endpoint | None) -> web.Response | None:
    traffic: dict[str, int] = properties.get("traffic") or {}
    missing = [name for name in traffic if endpoint is None or name not in endpoint.deployments]
    if missing:
        return problem(400, "BadRequest", f"Traffic names a deployment that does not exist: {', '.join(missing)}.")
    if sum(traffic.values()) not in (0, 100):
        return problem(400, "BadRequest", f"Traffic must sum to 0 or 100, not to {sum(traffic.values())}.")
    return None


def _no_endpoint(request: web.Request) -> web.Response:
    return problem(404, "ResourceNotFound", f"The endpoint {request.match_info['endpoint']} was not found.")


def _no_deployment(request: web.Request) -> web.Response:
    return problem(404, "ResourceNotFound", f"The deployment {request.match_info['deployment']} was not found.")


def _busy(what: str, endpoint: Endpoint) -> web.Response:
    state = endpoint.state if endpoint.is_busy else "Updating"
    return problem(409, "Conflict", f"{what} because it is in {state} provisioning state.")


def add_routes(router: web.UrlDispatcher, online: Online) -> None:
    """Add the routes of endpoints, deployments and operations."""
    one = SCOPE + "/onlineEndpoints/{endpoint}"
    router.add_get(SCOPE + "/onlineEndpoints", online.endpoints)
    router.add_get(one, online.endpoint)
    router.add_put(one, online.put_endpoint)
    router.add_delete(one, online.delete_endpoint)
    router.add_post(one + "/listKeys", online.keys)
    router.add_get(one + "/deployments", online.deployments)
    router.add_get(one + "/deployments/{deployment}", online.deployment)
    router.add_put(one + "/deployments/{deployment}", online.put_deployment)
    router.add_delete(one + "/deployments/{deployment}", online.delete_deployment)
    router.add_post(one + "/deployments/{deployment}/getLogs", online.logs)
    router.add_get(
        "/subscriptions/{subscription}/providers/" + PROVIDER + "/locations/{region}/mfeOperationsStatus/{operation}",
        online.operation,
    )
