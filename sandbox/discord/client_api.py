"""The plain-HTTP side for people: snapshot, events, acts, faults, violations, attachments and the page's files."""

import asyncio
import json
from pathlib import Path
from typing import Any

from aiohttp import BodyPartReader, web

from sandbox.discord import attachments, town
from sandbox.discord.admin import administer
from sandbox.discord.faults import Faults
from sandbox.discord.load import load
from sandbox.discord.people import People, for_page
from sandbox.discord.problems import Problem
from sandbox.discord.recorder import Recorder
from sandbox.discord.slash import Mistake
from sandbox.discord.wire import Payload
from sandbox.discord.world import StoredFile, person_by_id
from sandbox.page_files import add_page
from sandbox.wirelog import since_of

POLICY = (
    "default-src 'self'; img-src 'self' data:; object-src 'none'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
SECURITY = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
ALIVE_EVERY_S = 15.0
BODY_BYTES_MAX = 64 * 2**20


def _json(body: object, status: int = 200) -> web.Response:
    return web.Response(text=for_page(body), status=status, content_type="application/json")


class ClientApi:
    """The handlers."""

    def __init__(self, people: People, faults: Faults, recorder: Recorder, page: Path | None) -> None:
        self.people = people
        self.faults = faults
        self.recorder = recorder
        self.page = page

    def app(self) -> web.Application:
        """Return the application."""
        app = web.Application(client_max_size=BODY_BYTES_MAX, middlewares=[secured])
        app.add_routes(
            [
                web.get("/_client/people", self._people),
                web.get("/_client/state", self._state),
                web.get("/_client/events", self._events),
                web.post("/_client/act", self._act),
                web.post("/_client/load", self._load),
                web.post("/_client/fault", self._fault),
                web.post("/_client/admin", self._admin),
                web.get("/_client/violations", self._violations),
                web.get("/_client/wire", self._wire),
                web.get("/_client/faults", self._faults),
                web.get(attachments.PAGE + "{path:.+}", self._attachment),
            ]
        )
        if self.page is not None:
            add_page(app, self.page)
        return app

    async def _people(self, _: web.Request) -> web.Response:
        return _json([self.people.card(one) for one in town.PEOPLE.values()])

    def _person(self, request: web.Request) -> town.Person:
        named = request.query.get("as", "")
        person = person_by_id(named) or town.PEOPLE.get(named)
        if person is None:
            raise web.HTTPNotFound(text=f"There is nobody called {named!r}.")
        return person

    async def _state(self, request: web.Request) -> web.Response:
        return _json(self.people.view(self._person(request), request.query.get("channel")))

    async def _events(self, request: web.Request) -> web.StreamResponse:
        queue: asyncio.Queue[str] = asyncio.Queue()
        listeners = self.people.listeners[self._person(request).id]
        stream = web.StreamResponse(headers={"Content-Type": "text/event-stream"} | SECURITY)
        listeners.add(queue)
        try:
            await stream.prepare(request)
            await stream.write(b": here\n\n")
            while True:
                try:
                    text = await asyncio.wait_for(queue.get(), ALIVE_EVERY_S)
                except TimeoutError:
                    await stream.write(b": alive\n\n")
                else:
                    await stream.write(f"data: {text}\n\n".encode())
        except ConnectionError:
            return stream
        finally:
            listeners.discard(queue)

    async def _act(self, request: web.Request) -> web.Response:
        try:
            asked, files = await _asked(request)
            return _json(await self.people.act(asked, files))
        except (Mistake, Problem) as problem:
            return _json({"ok": False, "error": str(problem)})

    async def _load(self, request: web.Request) -> web.Response:
        asked = await request.json()
        return _json(await load(self.people, asked["acts"], in_flight=int(asked["in_flight"])))

    async def _fault(self, request: web.Request) -> web.Response:
        asked, _ = await _asked(request)
        try:
            return _json({"ok": True, "result": await self.faults.switch(asked)})
        except KeyError as missing:
            return _json({"ok": False, "error": f"Unknown or missing: {missing}."}, status=400)

    async def _admin(self, request: web.Request) -> web.Response:
        asked, _ = await _asked(request)
        try:
            return _json({"ok": True, "result": administer(self.people.world, asked)})
        except Mistake as mistake:
            return _json({"ok": False, "error": str(mistake)}, status=400)

    async def _violations(self, _: web.Request) -> web.Response:
        return _json(self.recorder.report())

    async def _faults(self, _: web.Request) -> web.Response:
        return _json(self.faults.standing() | {"bot_online": self.people.server.gateway.is_bot_online})

    async def _wire(self, request: web.Request) -> web.Response:
        return _json({"entries": self.people.server.gateway.log.since(since_of(request.query))})

    async def _attachment(self, request: web.Request) -> web.Response:
        return attachments.serve(self.people.world, request, request.match_info["path"], must_sign=False)


@web.middleware
async def secured(request: web.Request, handler: Any) -> web.StreamResponse:
    """Only pages of this server may act, and only under this server's own name."""
    if request.url.host not in ("127.0.0.1", "localhost", "::1"):
        return web.Response(status=403, text="This server answers to loopback names only.")
    origin = request.headers.get("Origin")
    if origin is not None and origin != str(request.url.origin()):
        return web.Response(status=403, text="Pages of other origins may not come here.")
    response: web.StreamResponse = await handler(request)
    if not response.prepared:
        for name, value in SECURITY.items():
            response.headers.setdefault(name, value)
    return response


async def _asked(request: web.Request) -> tuple[Payload, dict[str, StoredFile]]:
    """Return the request's JSON and its files by part name. Raises Mistake."""
    text, files = "", {}
    if request.content_type == "multipart/form-data":
        async for part in await request.multipart():
            if isinstance(part, BodyPartReader) and part.name == "payload_json":
                text = await part.text()
            elif isinstance(part, BodyPartReader):
                content = bytes(await part.read(decode=True))
                name = part.filename or "file"
                files[part.name or name] = attachments.stored_file(name, content, part.headers.get("Content-Type"))
    else:
        text = await request.text()
    try:
        asked = json.loads(text)
    except ValueError:
        raise Mistake("The request is no JSON.") from None
    if not isinstance(asked, dict):
        raise Mistake("The request is no JSON object.")
    return asked, files
