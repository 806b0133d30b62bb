"""The control port, plain HTTP on loopback: what there is, what shall go wrong, and users who send requests."""

import asyncio
import ssl
from collections import Counter
from typing import Any

import aiohttp
from aiohttp import web

from sandbox.azure.reference import FILE, held_out_rows
from sandbox.azure.world import World
from sandbox.wirelog import since_of

AT_ONCE = 8


class Control:
    """Handlers of the control port."""

    def __init__(self, world: World, proxy: str, ca: ssl.SSLContext) -> None:
        self._world = world
        self._proxy = proxy
        self._ca = ca

    async def state(self, _request: web.Request) -> web.Response:
        """Tell what there is."""
        return web.json_response(self._world.summary())

    async def violations(self, _request: web.Request) -> web.Response:
        """List what was outside the protocol, and the api-versions that were checked."""
        checked = list(self._world.spec.versions)
        return web.json_response({"violations": self._world.violations, "checked_versions": checked})

    async def faults(self, _request: web.Request) -> web.Response:
        """Tell how many of the ordered faults still wait for their occasion."""
        faults = self._world.faults
        left = sum(fault.left for fault in faults.http) + len(faults.failed_deployments) + len(faults.failed_endpoints)
        return web.json_response({"left": left})

    async def wire(self, request: web.Request) -> web.Response:
        """Tell what has crossed the wires of all hosts."""
        return web.json_response({"entries": self._world.log.since(since_of(request.query))})

    async def fault(self, request: web.Request) -> web.Response:
        """Order a fault."""
        try:
            self._world.faults.order(await request.json())
        except (ValueError, KeyError) as error:
            return web.json_response({"error": str(error)}, status=400)
        return web.json_response({"ordered": True})

    async def reference(self, request: web.Request) -> web.Response:
        """Tell the rows that the model was tested on which has most of an endpoint's traffic."""
        name = request.query["endpoint"]
        endpoint = self._world.endpoints.get(name)
        live = max(endpoint.traffic, key=endpoint.traffic.__getitem__, default=None) if endpoint else None
        if live is None:
            return web.json_response({"error": f"No model takes traffic at {name}."}, status=404)
        try:
            rows = await asyncio.to_thread(held_out_rows, self._world.model_folder(name, live))
        except (FileNotFoundError, KeyError, ValueError):
            said = f"The model at {name} brings no {FILE} that has its inputs, so there are no rows to send."
            return web.json_response({"error": said}, status=404)
        return web.json_response({"rows": rows})

    async def traffic(self, request: web.Request) -> web.Response:
        """Send each row as a request of its own, as users of the endpoint do, and tell what they got."""
        wish: dict[str, Any] = await request.json()
        endpoint = self._world.endpoints.get(wish["endpoint"])
        if endpoint is None:
            return web.json_response({"error": f"no endpoint {wish['endpoint']}"}, status=404)
        headers = {"Authorization": f"Bearer {endpoint.primary_key}"}
        if wish.get("deployment"):
            headers["azureml-model-deployment"] = wish["deployment"]
        gate = asyncio.Semaphore(AT_ONCE)
        url = f"https://{endpoint.host}/score"
        async with aiohttp.ClientSession(headers=headers) as session:

            async def send(row: dict[str, Any]) -> tuple[int, str, Any]:
                table = {"columns": list(row), "index": [0], "data": [list(row.values())]}
                sent = {"input_data": table}
                async with gate, session.post(url, json=sent, proxy=self._proxy, ssl=self._ca) as response:
                    by = response.headers.get("azureml-model-deployment", "")
                    text = await response.text()
                    return response.status, by, (await response.json())[0] if response.status == 200 else text

            answers = await asyncio.gather(*(send(row) for row in wish["rows"]))
        return web.json_response(
            {
                "statuses": Counter(str(status) for status, _, _ in answers),
                "by_deployment": Counter(by for _, by, _ in answers if by),
                "answers": [answer for _, _, answer in answers],
            }
        )


def build(control: Control) -> web.Application:
    """Return the control port's application."""
    application = web.Application(client_max_size=2**26)
    application.router.add_get("/state", control.state)
    application.router.add_get("/wire", control.wire)
    application.router.add_get("/violations", control.violations)
    application.router.add_get("/faults", control.faults)
    application.router.add_get("/reference", control.reference)
    application.router.add_post("/fault", control.fault)
    application.router.add_post("/traffic", control.traffic)
    return application
