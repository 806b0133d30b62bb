"""Puts the hosts together behind one TLS listener, a proxy and a control port."""

import asyncio
import json
import os
import re
import ssl
import time
import uuid
from contextlib import AsyncExitStack
from pathlib import Path

import trustme
from aiohttp import web
from aiohttp.typedefs import Handler

from sandbox.azure import arm, control, entra, memory, online, proxy, scoring, storage
from sandbox.azure.refusals import refusal
from sandbox.azure.spec import Spec
from sandbox.azure.world import (
    CLIENT_ID,
    REGION,
    RESOURCE_GROUP,
    SUBSCRIPTION,
    TENANT,
    WORKSPACE,
    World,
)

NAMES = (arm.HOST, entra.HOST, "*.blob.core.windows.net", scoring.HOST_PATTERN, "localhost")
KINDS = {arm.HOST: "arm", entra.HOST: "login", storage.HOST: "blob"}
LONG = re.compile(r"^/subscriptions/.*?/(?:workspaces|locations)/[^/]+/|/azureml-blobstore-[0-9a-f-]+/")
"""What every address begins with."""
HANG_S = 3600.0


async def run(directory: Path, *, proxy_port: int, control_port: int, specs: Path | None) -> None:
    """Serve until cancelled; DIRECTORY/azure.json appears when all is ready."""
    ready = _cleared(directory)
    world = World(directory, Spec(specs))
    memory.load(world)
    endpoints = online.Online(world)
    checked = ", ".join(world.spec.versions) or "nothing: no specs were found"
    print(f"checked against Microsoft's types: {checked}", flush=True)
    ca_file, server_context = _certificates(directory)
    async with AsyncExitStack() as stack:
        stack.push_async_callback(world.close)
        await endpoints.revive()
        listener_port = await _listen(stack, hosts(world, endpoints), 0, server_context)
        server = await proxy.start(world, listener_port, proxy_port)
        stack.callback(server.close)
        proxy_url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        ca = ssl.create_default_context(cafile=str(ca_file))
        controls = control.build(control.Control(world, proxy_url, ca))
        bound_control_port = await _listen(stack, controls, control_port, None)
        stack.callback(ready.unlink, missing_ok=True)
        _write_ready(ready, world, ca_file, proxy_url, f"http://127.0.0.1:{bound_control_port}")
        print(f"Azure ML is ready: {ready}", flush=True)
        await asyncio.Event().wait()


def _cleared(directory: Path) -> Path:
    directory.mkdir(parents=True, exist_ok=True)
    ready = directory / "azure.json"
    ready.unlink(missing_ok=True)
    return ready


def hosts(world: World, endpoints: online.Online) -> web.Application:
    """Return the application that answers for all host names."""

    @web.middleware
    async def logged(request: web.Request, handler: Handler) -> web.StreamResponse:
        began = time.monotonic()
        sent = None if request.host == storage.HOST else await request.text()  # files are not for reading
        response = await handler(request)
        is_text = isinstance(response, web.Response) and request.host != storage.HOST
        world.log.add(
            KINDS.get(request.host, "score"),
            f"{request.method} {request.host}{LONG.sub('/…/', request.path)}",
            status=response.status,
            is_good=response.status < 400,
            took_s=time.monotonic() - began,
            sent=sent or None,
            answered=response.body if is_text and isinstance(response, web.Response) else None,
            is_poll=request.method in ("GET", "HEAD") or request.path == "/score",
        )
        return response

    @web.middleware
    async def outside(request: web.Request, handler: Handler) -> web.StreamResponse:
        world.request_count += 1
        address = f"{request.host}{request.path}"
        fault = world.faults.take(request.method, address)
        if fault is not None and not fault.is_executed:
            if not fault.status:
                await asyncio.sleep(HANG_S)
            if fault.refusal:
                status, body = refusal(fault.refusal, request.path)
                return web.json_response(body, status=status, headers={"x-ms-request-id": str(uuid.uuid4())})
            return arm.problem(fault.status, "ServerBusy", "The service is unavailable.")
        if request.match_info.http_exception is not None:
            world.violate(f"unknown route: {request.method} {address}")
        response = await handler(request)
        if fault is not None:  # it was done, but nobody is told
            return arm.problem(fault.status, "InternalServerError", "The answer was lost.")
        return response

    checks = [arm.authorised(world), arm.known_scope, arm.validated(world)]
    manager = web.Application(client_max_size=2**24, middlewares=checks)
    arm.add_routes(manager.router, arm.Arm(world))
    online.add_routes(manager.router, endpoints)
    application = web.Application(client_max_size=2**30, middlewares=[logged, outside])
    application.add_domain(arm.HOST, manager)
    application.add_domain(entra.HOST, entra.build(world))
    application.add_domain(storage.HOST, storage.build(world))
    application.add_domain(scoring.HOST_PATTERN, scoring.build(world))
    return application


async def _listen(
    stack: AsyncExitStack, application: web.Application, port: int, context: ssl.SSLContext | None
) -> int:
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    stack.push_async_callback(runner.cleanup)
    await web.TCPSite(runner, "127.0.0.1", port, ssl_context=context).start()
    return int(runner.addresses[0][1])


def _certificates(directory: Path) -> tuple[Path, ssl.SSLContext]:
    ca_file, leaf_file = directory / "ca.pem", directory / "server.pem"
    if not leaf_file.exists():
        ca = trustme.CA(organization_name="Slipway sandbox")
        ca.cert_pem.write_to_path(str(ca_file))
        leaf_file.touch(mode=0o600)
        ca.issue_cert(*NAMES).private_key_and_cert_chain_pem.write_to_path(str(leaf_file))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(leaf_file)
    return ca_file, context


def _write_ready(path: Path, world: World, ca_file: Path, proxy_url: str, control_url: str) -> None:
    known = {
        "proxy": proxy_url,
        "ca_file": str(ca_file.resolve()),
        "tenant": TENANT,
        "client_id": CLIENT_ID,
        "client_secret": world.client_secret,
        "subscription": SUBSCRIPTION,
        "resource_group": RESOURCE_GROUP,
        "workspace": WORKSPACE,
        "region": REGION,
        "control": control_url,
    }
    beside = path.with_suffix(".beside")
    beside.touch(mode=0o600)
    beside.write_text(json.dumps(known, indent=2), encoding="utf-8")
    beside.replace(path)


def specs_folder() -> Path | None:
    """Return the folder of Microsoft's types, if SLIPWAY_SPECS leads to one."""
    root = os.environ.get("SLIPWAY_SPECS")
    folder = Path(root) / "azure-ml" if root else None
    return folder if folder is not None and folder.is_dir() else None
