"""The resource manager's workspace, models, data assets and datastores: `management.azure.com`."""

import json
import uuid

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from sandbox.azure import memory
from sandbox.azure.world import (
    ACCOUNT,
    CONTAINER,
    PROVIDER,
    REGION,
    RESOURCE_GROUP,
    SUBSCRIPTION,
    TENANT,
    WORKSPACE,
    WORKSPACE_ID,
    WORKSPACE_PATH,
    Asset,
    Body,
    World,
    now_text,
)

HOST = "management.azure.com"
SCOPE = "/subscriptions/{subscription}/resourceGroups/{group}/providers/" + PROVIDER + "/workspaces/{workspace}"
DATASTORE = "workspaceblobstore"


def problem(status: int, code: str, message: str) -> web.Response:
    """Return an error in the resource manager's form."""
    extra = [{"type": "ComponentName", "info": {"value": "managementfrontend"}}]
    body = {"error": {"code": code, "message": message, "details": [], "additionalInfo": extra}}
    headers = {"x-ms-request-id": str(uuid.uuid4())}
    if status == 401:
        headers["WWW-Authenticate"] = f'Bearer authorization_uri="https://login.microsoftonline.com/{TENANT}"'
    return web.json_response(body, status=status, headers=headers)


def system_data(created_at: str) -> Body:
    """Return who made a resource and when."""
    return {
        "createdAt": created_at,
        "createdBy": "slipway",
        "createdByType": "Application",
        "lastModifiedAt": now_text(),
        "lastModifiedBy": "slipway",
        "lastModifiedByType": "Application",
    }


class Arm:
    """Handlers of the workspace's own resources and assets."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def workspace(self, _request: web.Request) -> web.Response:
        """Describe the workspace."""
        prefix = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/{RESOURCE_GROUP}/providers"
        properties = {
            "friendlyName": WORKSPACE,
            "description": "",
            "storageAccount": f"{prefix}/Microsoft.Storage/storageAccounts/{ACCOUNT}",
            "keyVault": f"{prefix}/Microsoft.KeyVault/vaults/slipwaysandbox",
            "applicationInsights": f"{prefix}/Microsoft.Insights/components/slipwaysandbox",
            "mlFlowTrackingUri": f"azureml://{REGION}.api.azureml.ms/mlflow/v1.0{WORKSPACE_PATH}",
            "discoveryUrl": f"https://{REGION}.api.azureml.ms/discovery",
            "workspaceId": WORKSPACE_ID,
            "tenantId": TENANT,
            "provisioningState": "Succeeded",
            "publicNetworkAccess": "Enabled",
        }
        return web.json_response(
            {
                "id": WORKSPACE_PATH,
                "name": WORKSPACE,
                "type": f"{PROVIDER}/workspaces",
                "location": REGION,
                "kind": "Default",
                "identity": {"type": "SystemAssigned", "principalId": WORKSPACE_ID, "tenantId": TENANT},
                "sku": {"name": "Basic", "tier": "Basic"},
                "tags": {},
                "properties": properties,
                "systemData": system_data("2026-01-01T00:00:00+00:00"),
            }
        )

    async def datastore(self, request: web.Request) -> web.Response:
        """Describe the default datastore."""
        if request.match_info["name"] != DATASTORE:
            return problem(404, "UserError", f"No datastore with name {request.match_info['name']}")
        properties = {
            "datastoreType": "AzureBlob",
            "accountName": ACCOUNT,
            "containerName": CONTAINER,
            "endpoint": "core.windows.net",
            "protocol": "https",
            "serviceDataAccessAuthIdentity": "None",
            "credentials": {"credentialsType": "Sas"},
            "isDefault": True,
            "description": None,
            "tags": {},
            "properties": {},
        }
        return web.json_response(
            {
                "id": f"{WORKSPACE_PATH}/datastores/{DATASTORE}",
                "name": DATASTORE,
                "type": f"{PROVIDER}/workspaces/datastores",
                "properties": properties,
                "systemData": system_data("2026-01-01T00:00:00+00:00"),
            }
        )

    async def secrets(self, request: web.Request) -> web.Response:
        """Give out the datastore's shared access signature."""
        if request.match_info["name"] != DATASTORE:
            return problem(404, "UserError", f"No datastore with name {request.match_info['name']}")
        return web.json_response({"secretsType": "Sas", "sasToken": self._world.sas_token})

    async def versions(self, request: web.Request) -> web.Response:
        """List the versions of a model or data asset, newest first."""
        kind, name = request.match_info["kind"], request.match_info["name"]
        found = [asset for asset in self._world.assets.values() if (asset.kind, asset.name) == (kind, name)]
        found.sort(key=lambda asset: asset.created_at, reverse=True)
        top = int(request.query.get("$top", len(found)))
        return web.json_response({"value": [_shown(asset) for asset in found[:top]]})

    async def version(self, request: web.Request) -> web.Response:
        """Describe one version."""
        key = (request.match_info["kind"], request.match_info["name"], request.match_info["version"])
        asset = self._world.assets.get(key)
        if asset is None:
            return problem(404, "UserError", f"Asset {key[1]}:{key[2]} not found.")
        return web.json_response(_shown(asset))

    async def put_version(self, request: web.Request) -> web.Response:
        """Register a version; its content cannot be changed afterwards."""
        key = (request.match_info["kind"], request.match_info["name"], request.match_info["version"])
        properties: Body = (await request.json())["properties"]
        known = self._world.assets.get(key)
        where = "modelUri" if key[0] == "models" else "dataUri"
        if known is not None and known.properties.get(where) != properties.get(where):
            return problem(400, "UserError", "Asset paths cannot be updated.")
        asset = Asset(*key, properties=properties)
        if known is not None:
            asset.created_at = known.created_at
        self._world.assets[key] = asset
        memory.save(self._world)
        return web.json_response(_shown(asset), status=200 if known else 201)


def _shown(asset: Asset) -> Body:
    properties: Body = {"isArchived": False, "isAnonymous": False, "tags": {}, "properties": {}} | asset.properties
    if asset.kind == "models":
        properties |= {"provisioningState": "Succeeded", "flavors": {"python_function": {"data": {}}}}
    return {
        "id": f"{WORKSPACE_PATH}/{asset.kind}/{asset.name}/versions/{asset.version}",
        "name": asset.version,
        "type": f"{PROVIDER}/workspaces/{asset.kind}/versions",
        "properties": properties,
        "systemData": system_data(asset.created_at),
    }


@web.middleware
async def known_scope(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Refuse what is asked of another subscription, group or workspace."""
    asked = request.match_info
    if asked.get("subscription", SUBSCRIPTION) != SUBSCRIPTION:
        said = f"The subscription '{asked['subscription']}' could not be found."
        return problem(404, "SubscriptionNotFound", said)
    if asked.get("group", RESOURCE_GROUP) != RESOURCE_GROUP:
        return problem(404, "ResourceGroupNotFound", f"Resource group '{asked['group']}' could not be found.")
    if asked.get("workspace", WORKSPACE) != WORKSPACE:
        said = f"The Resource '{PROVIDER}/workspaces/{asked['workspace']}' was not found."
        return problem(404, "ResourceNotFound", said)
    return await handler(request)


def authorised(world: World) -> Middleware:
    """Return the middleware that asks for a token of ours."""

    @web.middleware
    async def check(request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.headers.get("Authorization", "").removeprefix("Bearer ") not in world.tokens:
            return problem(401, "InvalidAuthenticationToken", "The access token is invalid.")
        return await handler(request)

    return check


def validated(world: World) -> Middleware:
    """Return the middleware that checks bodies against the official types."""

    def note(request: web.Request, document: object, *, is_request: bool) -> None:
        version = request.query.get("api-version", "")
        for fault in world.spec.faults(request.method, request.path, version, document, is_request=is_request):
            said = "asked" if is_request else "answered"
            world.violate(f"{request.method} {request.path} ({version}) {said}: {fault}")

    @web.middleware
    async def check(request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.method in ("PUT", "PATCH") or (request.method == "POST" and request.content_length):
            note(request, await request.json(), is_request=True)
        response = await handler(request)
        if isinstance(response, web.Response) and 200 <= response.status < 300 and request.method != "DELETE":
            note(request, json.loads(response.text or "null"), is_request=False)
        return response

    return check


def add_routes(router: web.UrlDispatcher, arm: Arm) -> None:
    """Add the workspace's own routes."""
    router.add_get(SCOPE, arm.workspace)
    router.add_get(SCOPE + "/datastores/{name}", arm.datastore)
    router.add_post(SCOPE + "/datastores/{name}/listSecrets", arm.secrets)
    router.add_get(SCOPE + "/{kind:models|data}/{name}/versions", arm.versions)
    router.add_get(SCOPE + "/{kind:models|data}/{name}/versions/{version}", arm.version)
    router.add_put(SCOPE + "/{kind:models|data}/{name}/versions/{version}", arm.put_version)
