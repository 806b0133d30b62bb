"""JSON responses whose type is exactly `application/json`, as discord.py insists."""

import json
from typing import Any

from aiohttp import web


def json_reply(status: int, body: Any, headers: dict[str, str] | None = None) -> web.Response:
    """Return a response with the body as JSON; 204 goes without."""
    if status == 204:
        return web.Response(status=status, headers=headers)
    text = json.dumps(body).encode()
    return web.Response(status=status, body=text, headers=(headers or {}) | {"Content-Type": "application/json"})
