"""The front door: one origin for the page, the people's side of Discord, and the desk itself."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
from aiohttp import web
from aiohttp.typedefs import Handler

from sandbox.desk.doors import Doors, Unreachable
from sandbox.desk.tour import Tour
from sandbox.desk.troubles import Troubles
from sandbox.desk.xray import Xray
from sandbox.discord.client_api import BODY_BYTES_MAX, SECURITY, secured
from sandbox.page_files import add_page
from sandbox.person import Town
from sandbox.world import PAGE, World

PASSED_ON = ("Content-Type", "Content-Length", "Content-Disposition", "Cache-Control", "Content-Security-Policy")
ADDED = """\
  <link rel="stylesheet" href="FILES/desk/desk.css">
  <script type="module" src="FILES/desk/desk.js"></script>
"""
"""The desk in the page; Discord alone serves it without."""
CHUNK_BYTES = 65536


@asynccontextmanager
async def desk(world: World, *, port: int = 0) -> AsyncIterator[str]:
    """Serve until the block ends; gives the page's address. Port 0 takes a free one."""
    async with aiohttp.ClientSession() as session, Town(world.page) as town:
        doors = Doors(world, session)
        tour = Tour(world, town)
        troubles = Troubles(doors)
        runner = web.AppRunner(_app(doors, tour, troubles), access_log=None, shutdown_timeout=0.5)
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", port).start()
            yield f"http://127.0.0.1:{runner.addresses[0][1]}/"
        finally:
            await tour.stop()
            await runner.cleanup()


def _app(doors: Doors, tour: Tour, troubles: Troubles) -> web.Application:
    async def forward(request: web.Request) -> web.StreamResponse:
        return await _forward(doors, request)

    app = web.Application(client_max_size=BODY_BYTES_MAX, middlewares=[secured, _answering])
    app.router.add_route("*", "/_client/{rest:.*}", forward)
    app.add_routes([*tour.routes(), *troubles.routes(), *Xray(doors).routes()])
    add_page(app, PAGE, added=ADDED)
    return app


@web.middleware
async def _answering(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Say that a part is away, in the form of every other answer."""
    try:
        return await handler(request)
    except Unreachable as error:
        return web.json_response({"ok": False, "error": str(error)}, status=502)


async def _forward(doors: Doors, request: web.Request) -> web.StreamResponse:
    """Pass a request on to the people's side of Discord, and its answer back as it comes, events included."""
    body = request.content if request.can_read_body else None
    headers = {name: request.headers[name] for name in PASSED_ON if name in request.headers}
    limit = aiohttp.ClientTimeout(total=None, sock_connect=2)
    url = doors.urls["discord"] + request.rel_url.raw_path_qs
    try:
        async with doors.session.request(
            request.method, url, data=body, headers=headers, timeout=limit, allow_redirects=False
        ) as answer:
            kept = {name: answer.headers[name] for name in PASSED_ON if name in answer.headers}
            response = web.StreamResponse(status=answer.status, headers=SECURITY | kept)
            await response.prepare(request)
            async for chunk in answer.content.iter_any():
                await response.write(chunk)
            await response.write_eof()
            return response
    except aiohttp.ClientConnectorError as error:
        raise Unreachable("The sandbox's Discord is away.") from error
    except (aiohttp.ClientError, ConnectionError):
        raise web.HTTPBadGateway from None  # either side went in the middle of an answer
