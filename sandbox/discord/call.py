"""One REST request as the route functions see it, and their answers."""

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from aiohttp import BodyPartReader, web

from sandbox.discord.attachments import REQUEST_BYTES_MAX, stored_file
from sandbox.discord.gateway import Gateway
from sandbox.discord.interactions import Desk
from sandbox.discord.problems import Problem
from sandbox.discord.wire import Payload
from sandbox.discord.world import StoredFile, World


@dataclass(frozen=True, slots=True)
class Server:
    """What route functions work on."""

    world: World
    gateway: Gateway
    desk: Desk


@dataclass(frozen=True, slots=True)
class Call:
    """A request that has found its route."""

    server: Server
    host: str
    """The address that the caller used, as in `localhost:8443`."""
    names: Mapping[str, str]
    """What the route's template caught."""
    query: Mapping[str, str]
    body: Any
    """The parsed JSON, or None."""
    files: Mapping[str, StoredFile] = field(default_factory=dict)
    """By their number in `files[n]`."""

    @property
    def fields(self) -> Payload:
        """The body as an object. Raises Problem 50109."""
        if not isinstance(self.body, dict):
            raise Problem(50109)
        return self.body

    def is_set(self, name: str) -> bool:
        """Tell whether the query says yes; discord.py writes booleans as 1."""
        return self.query.get(name, "").lower() in ("1", "true")


@dataclass(frozen=True, slots=True)
class Answer:
    """A success."""

    status: int
    body: Any = None


Handler = Callable[[Call], Awaitable[Answer]]


@dataclass(frozen=True, slots=True)
class Route:
    """A method and a path of the API; the template is the official description's."""

    method: str
    template: str
    handler: Handler
    needs_token: bool = True


async def read_body(request: web.Request) -> tuple[Any, dict[str, StoredFile]]:
    """Return the JSON and the files of a request. Raises Problem 40005 or 50109."""
    if request.content_length is not None and request.content_length > REQUEST_BYTES_MAX:
        raise Problem(40005)
    if request.content_type == "multipart/form-data":
        return await _read_parts(request)
    content = await request.read()
    return (_parsed(content) if content else None), {}


async def _read_parts(request: web.Request) -> tuple[Any, dict[str, StoredFile]]:
    body: Any = {}
    files: dict[str, StoredFile] = {}
    size = 0
    async for part in await request.multipart():
        if not isinstance(part, BodyPartReader):
            raise Problem(50109)
        name = part.name or ""
        content = bytes(await part.read(decode=name.startswith("files[")))
        size += len(content)
        if size > REQUEST_BYTES_MAX:  # one that is sent in pieces does not say its length before
            raise Problem(40005)
        if name == "payload_json":
            body = _parsed(content)
        elif name.startswith("files["):
            files[name[6:-1]] = stored_file(part.filename or "file", content, part.headers.get("Content-Type"))
        elif isinstance(body, dict):
            body[name] = content.decode(errors="replace")
    return body, files


def _parsed(content: bytes) -> Any:
    try:
        return json.loads(content, parse_constant=_refused)
    except (ValueError, RecursionError):
        raise Problem(50109) from None


def _refused(word: str) -> None:
    """Refuse what Python reads and JSON does not know: NaN and the infinities."""
    raise ValueError(word)
