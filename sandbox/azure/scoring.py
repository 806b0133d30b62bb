"""The scoring hosts: traffic split, the model's answer, and the data collector."""

import json
import random
import time
import uuid
from datetime import UTC, datetime
from typing import Any

from aiohttp import web

from sandbox.azure.serving import Crashed
from sandbox.azure.world import CONTAINER, REGION, WORKSPACE_PATH, Deployment, Endpoint, World

HOST_PATTERN = f"*.{REGION}.inference.ml.azure.com"
NO_ROUTE = (
    "No valid deployments to route to. Please check that the endpoint has at least one deployment with positive "
    "weight values or use a deployment specific header to route."
)


def build(world: World) -> web.Application:
    """Return the application of all scoring hosts."""

    async def score(request: web.Request) -> web.Response:
        correlation = request.headers.get("x-request-id", str(uuid.uuid4()))
        endpoint = world.endpoints.get(request.host.split(".")[0])
        if endpoint is None:
            return _text(404, "Endpoint not found.", correlation)
        key = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if key not in (endpoint.primary_key, endpoint.secondary_key):
            return _text(401, "key_auth_access_denied", correlation)
        deployment = _routed(endpoint, request.headers.get("azureml-model-deployment"))
        if deployment is None or deployment.served is None or deployment.state != "Succeeded":
            return _text(404, NO_ROUTE, correlation)
        return await _answer(world, deployment, await request.text(), correlation)

    application = web.Application(client_max_size=2**24)
    application.router.add_post("/score", score)
    return application


def _routed(endpoint: Endpoint, wanted: str | None) -> Deployment | None:
    if wanted is not None:
        return endpoint.deployments.get(wanted)
    names = [name for name, weight in endpoint.traffic.items() if weight > 0 and name in endpoint.deployments]
    if not names:
        return None
    weights = [endpoint.traffic[name] for name in names]
    return endpoint.deployments[random.choices(names, weights)[0]]


async def _answer(world: World, deployment: Deployment, text: str, correlation: str) -> web.Response:
    assert deployment.served is not None
    began = time.perf_counter()
    try:
        document: Any = json.loads(text)
        said = await deployment.served.ask(document)
    except ValueError:
        document, said = text, {"error": "the request is not JSON"}
    except Crashed as error:
        said = {"error": str(error)}
    if "error" in said:
        body = json.dumps({"message": "An unexpected error occurred in scoring script. Check the logs for more info."})
        response = _text(424, body, correlation)
        response.headers["ms-azureml-model-error-statuscode"] = "500"
        response.headers["ms-azureml-model-error-reason"] = "model_error"
        output: Any = body
    else:
        output = said["output"]
        response = _text(200, json.dumps(output), correlation)
    response.content_type = "application/json"
    response.headers["azureml-model-deployment"] = deployment.name
    response.headers["x-ms-run-function-failed"] = str("error" in said)
    response.headers["x-ms-run-fn-exec-ms"] = f"{(time.perf_counter() - began) * 1000:.3f}"
    collect(world, deployment, "request", document, correlation)
    collect(world, deployment, "response", output, correlation)
    return response


def _text(status: int, text: str, correlation: str) -> web.Response:
    return web.Response(status=status, text=text, headers={"x-request-id": correlation})


def collect(world: World, deployment: Deployment, collection: str, document: Any, correlation: str) -> None:
    """Append an event to the hour's blob, if the deployment's payload logging is on for that collection.

    Source:
        learn.microsoft.com, "Collect production data from models deployed for real-time inferencing".
    """
    collector = deployment.body["properties"].get("dataCollector") or {}
    wish = (collector.get("collections") or {}).get(collection) or {}
    if str(wish.get("dataCollectionMode", "")).lower() != "enabled" or random.random() >= wish.get("samplingRate", 1.0):
        return
    now = datetime.now(UTC)
    size_bytes = len(json.dumps(document))
    event = {
        "specversion": "1.0",
        "id": str(uuid.uuid4()),
        "source": f"{WORKSPACE_PATH}/onlineEndpoints/{deployment.endpoint}/deployments/{deployment.name}",
        "type": f"azureml.inference.{collection}",
        "datacontenttype": "application/json",
        "time": now.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "data": document,
        "contentrange": f"bytes 0-{size_bytes - 1}/{size_bytes}",
        "correlationid": correlation,
        "xrequestid": correlation,
    }
    if collection == "request":
        event |= {"path": "/score", "method": "POST"}
    folder = f"modelDataCollector/{deployment.endpoint}/{deployment.name}/{collection}/{now:%Y/%m/%d/%H}"
    line = json.dumps(event, separators=(",", ":")) + "\n"
    world.blobs.append(CONTAINER, f"{folder}/{deployment.instance}.jsonl", line.encode())
