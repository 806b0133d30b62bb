"""Attachments: how they come in (multipart), where they lie, and how the CDN gives them out."""

import hashlib
import hmac
import mimetypes
import secrets
import struct
import time
from collections.abc import Mapping
from urllib.parse import quote

from aiohttp import web

from sandbox.discord.problems import Fault, Problem, invalid_form
from sandbox.discord.wire import Payload, snowflake
from sandbox.discord.world import StoredFile, World

CDN = "https://cdn.discordapp.com/attachments/"
MEDIA = "https://media.discordapp.net/attachments/"
PAGE = "/_client/attachment/"
FILE_BYTES_MAX = 10 * 2**20
REQUEST_BYTES_MAX = 25 * 2**20
VALID_S = 24 * 3600
_KEY = secrets.token_bytes(32)


def check_sizes(files: Mapping[str, StoredFile]) -> None:
    """Hold files to 10 MiB each. Raises Problem 40005."""
    if any(len(file.content) > FILE_BYTES_MAX for file in files.values()):
        raise Problem(40005)


def store(world: World, channel_id: str, file: StoredFile, *, ephemeral: bool, about: Payload | None = None) -> Payload:
    """Keep the file and return its attachment object."""
    attachment_id = snowflake()
    path = f"{channel_id}/{attachment_id}/{quote(file.name)}"
    world.files[path] = file
    url = signed(path)
    fields: Payload = {
        "id": attachment_id,
        "filename": file.name,
        "size": len(file.content),
        "url": CDN + url,
        "proxy_url": MEDIA + url,
        "content_type": file.content_type,
    }
    size = png_size(file.content)
    if size is not None:
        fields |= {"width": size[0], "height": size[1]}
    if (about or {}).get("description"):
        fields["description"] = (about or {})["description"]
    return fields | ({"ephemeral": True} if ephemeral else {})


def stored_file(name: str, content: bytes, content_type: str | None = None) -> StoredFile:
    """Return a file with its type, guessed from the name if need be."""
    known = content_type if content_type and content_type != "application/octet-stream" else None
    return StoredFile(name, content, known or mimetypes.guess_type(name)[0] or "application/octet-stream")


def png_size(content: bytes) -> tuple[int, int] | None:
    """Return width and height in pixels of a PNG, or None."""
    if content[:8] != b"\x89PNG\r\n\x1a\n" or len(content) < 24:
        return None
    width, height = struct.unpack(">II", content[16:24])
    return width, height


def attach(
    world: World,
    channel_id: str,
    body: Payload,
    files: Mapping[str, StoredFile],
    *,
    ephemeral: bool,
    kept: list[Payload],
) -> list[Payload]:
    """Return the message's attachments: those of `kept` that the body still lists, and the new files."""
    check_sizes(files)
    listed = body.get("attachments")
    attachments = list(kept)
    if listed is not None:
        wanted = {str(one["id"]) for one in listed if "id" in one}
        attachments = [one for one in kept if one["id"] in wanted]
    about = {str(one.get("id")): one for one in listed or ()}
    for number, file in files.items():
        note = about.get(number)
        if listed is not None and note is None:
            continue
        attachments.append(store(world, channel_id, file, ephemeral=ephemeral, about=note))
    if len(attachments) > 10:
        raise invalid_form([Fault(("attachments",), "BASE_TYPE_MAX_LENGTH", "Must be 10 or fewer in length.")])
    return attachments


def signed(path: str) -> str:
    """Return the path with its expiry and signature, as in `…?ex=65a1…&is=…&hm=…`."""
    issued = int(time.time())
    expires = issued + VALID_S
    return f"{path}?ex={expires:x}&is={issued:x}&hm={_sign(path, f'{expires:x}')}&"


def _sign(path: str, expires: str) -> str:
    return hmac.new(_KEY, f"{path}?{expires}".encode(), hashlib.sha256).hexdigest()


def serve(world: World, request: web.Request, path: str, *, must_sign: bool) -> web.Response:
    """Return the file, or 404 when it is not there or the link has run out."""
    expires = request.query.get("ex", "0")
    name = path.split("/")
    key = "/".join((*name[:-1], quote(name[-1])))
    is_signed = hmac.compare_digest(_sign(key, expires), request.query.get("hm", ""))
    if must_sign and not (is_signed and int(expires, 16) > time.time()):
        return web.Response(status=404, text="This content is no longer available.")
    file = world.files.get(key)
    if file is None:
        return web.Response(status=404)
    is_shown = file.content_type.startswith(("image/png", "image/jpeg", "image/gif", "image/webp"))
    headers = {
        "Content-Type": file.content_type,
        "Content-Disposition": f"{'inline' if is_shown else 'attachment'}; filename*=UTF-8''{quote(file.name)}",
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "sandbox",
    }
    return web.Response(body=file.content, headers=headers)
