"""Blob storage, as far as uploads, listings and downloads need it: `*.blob.core.windows.net`."""

import re
import uuid
from email.utils import format_datetime
from xml.etree import ElementTree as ET
from xml.sax.saxutils import escape

from aiohttp import web
from aiohttp.typedefs import Handler

from sandbox.azure.blobs import Blob
from sandbox.azure.world import ACCOUNT, CONTAINER, World

HOST = f"{ACCOUNT}.blob.core.windows.net"
SERVICE_VERSION = "2023-11-03"
RANGE = re.compile(r"bytes=(\d+)-(\d*)")


class Storage:
    """The account's one container."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._blobs = world.blobs

    async def container(self, request: web.Request) -> web.Response:
        """List blobs."""
        if request.query.get("comp") != "list":
            return _problem(400, "UnsupportedQueryParameter")
        prefix = request.query.get("prefix", "")
        delimiter = request.query.get("delimiter", "")
        folders: dict[str, None] = {}
        rows = []
        for blob in self._blobs.listing(CONTAINER, prefix):
            left, found, _ = blob.name[len(prefix) :].partition(delimiter) if delimiter else (blob.name, "", "")
            if found:
                folders[prefix + left + delimiter] = None
            else:
                rows.append(self._row(blob))
        rows += [f"<BlobPrefix><Name>{escape(folder)}</Name></BlobPrefix>" for folder in folders]
        text = (
            f'<?xml version="1.0" encoding="utf-8"?><EnumerationResults ServiceEndpoint="https://{HOST}/" '
            f'ContainerName="{CONTAINER}"><Prefix>{escape(prefix)}</Prefix><Blobs>{"".join(rows)}</Blobs>'
            "<NextMarker /></EnumerationResults>"
        )
        return web.Response(text=text, content_type="application/xml", headers=_headers())

    def _row(self, blob: Blob) -> str:
        metadata = self._blobs.metadata(CONTAINER, blob.name)
        pairs = "".join(f"<{name}>{escape(value)}</{name}>" for name, value in metadata.items())
        return (
            f"<Blob><Name>{escape(blob.name)}</Name><Properties>"
            f"<Last-Modified>{format_datetime(blob.modified_at, usegmt=True)}</Last-Modified>"
            f"<Etag>{escape(blob.etag)}</Etag><Content-Length>{blob.size_bytes}</Content-Length>"
            "<Content-Type>application/octet-stream</Content-Type><BlobType>BlockBlob</BlobType>"
            f"</Properties><Metadata>{pairs}</Metadata></Blob>"
        )

    async def read(self, request: web.Request) -> web.Response:
        """Answer GET and HEAD of a blob, whole or in part."""
        name = request.match_info["blob"]
        blob = self._blobs.find(CONTAINER, name)
        if blob is None:
            return _problem(404, "BlobNotFound")
        headers = _headers(blob) | {
            f"x-ms-meta-{key}": value for key, value in self._blobs.metadata(CONTAINER, name).items()
        }
        content = self._blobs.path(CONTAINER, name).read_bytes()
        wanted = RANGE.fullmatch(request.headers.get("x-ms-range", request.headers.get("Range", "")))
        if wanted is None or request.method == "HEAD":
            return web.Response(body=content, headers=headers)
        first = int(wanted[1])
        last = min(int(wanted[2] or len(content)), len(content) - 1)
        if first > last:
            return _problem(416, "InvalidRange")
        headers["Content-Range"] = f"bytes {first}-{last}/{len(content)}"
        return web.Response(status=206, body=content[first : last + 1], headers=headers)

    async def write(self, request: web.Request) -> web.Response:
        """Answer PUT: a whole blob, a block, a list of blocks, or metadata."""
        name = request.match_info["blob"]
        content = await request.read()
        metadata = {
            key[len("x-ms-meta-") :].lower(): value
            for key, value in request.headers.items()
            if key.lower().startswith("x-ms-meta-")
        }
        match request.query.get("comp"):
            case None if request.headers.get("x-ms-blob-type") == "BlockBlob":
                self._blobs.put(CONTAINER, name, content, metadata)
            case "block":
                self._blobs.stage(CONTAINER, name, request.query["blockid"], content)
                return web.Response(status=201, headers=_headers())
            case "blocklist":
                blocks = [element.text or "" for element in ET.fromstring(content)]  # noqa: S314 - from our own bot, on loopback
                self._blobs.commit(CONTAINER, name, blocks, metadata)
            case "metadata":
                if self._blobs.find(CONTAINER, name) is None:
                    return _problem(404, "BlobNotFound")
                self._blobs.set_metadata(CONTAINER, name, metadata)
                return web.Response(status=200, headers=_headers(self._blobs.find(CONTAINER, name)))
            case other:
                self._world.violate(f"PUT of a blob with comp={other!r}, type {request.headers.get('x-ms-blob-type')}")
                return _problem(400, "UnsupportedQueryParameter")
        return web.Response(status=201, headers=_headers(self._blobs.find(CONTAINER, name)))


def build(world: World) -> web.Application:
    """Return the host's application."""

    @web.middleware
    async def signed(request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.query.get("sig") != world.sas_signature:
            return _problem(403, "AuthenticationFailed")
        return await handler(request)

    storage = Storage(world)
    application = web.Application(client_max_size=2**30, middlewares=[signed])
    application.router.add_get(f"/{CONTAINER}", storage.container)
    application.router.add_get(f"/{CONTAINER}/{{blob:.+}}", storage.read)
    application.router.add_put(f"/{CONTAINER}/{{blob:.+}}", storage.write)
    return application


def _headers(blob: Blob | None = None) -> dict[str, str]:
    headers = {"x-ms-request-id": str(uuid.uuid4()), "x-ms-version": SERVICE_VERSION}
    if blob is not None:
        headers |= {
            "ETag": blob.etag,
            "Last-Modified": format_datetime(blob.modified_at, usegmt=True),
            "x-ms-blob-type": "BlockBlob",
            "x-ms-creation-time": format_datetime(blob.modified_at, usegmt=True),
            "Accept-Ranges": "bytes",
        }
    return headers


def _problem(status: int, code: str) -> web.Response:
    text = f'<?xml version="1.0" encoding="utf-8"?><Error><Code>{code}</Code><Message>{code}</Message></Error>'
    headers = _headers() | {"x-ms-error-code": code}
    return web.Response(status=status, text=text, content_type="application/xml", headers=headers)
