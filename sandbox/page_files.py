"""Serves the page: its files below an address that is another whenever one of them is, so that browsers keep them."""

import hashlib
from pathlib import Path

from aiohttp import web

FOR_GOOD = "public, max-age=31536000, immutable"


def state_of(page: Path) -> str:
    """Return what is another as soon as a file of the page is written, added or taken away."""
    digest = hashlib.sha256()
    for file in sorted(page.rglob("*.*")):
        stat = file.stat()
        digest.update(f"{file} {stat.st_mtime_ns} {stat.st_size}\n".encode())
    return digest.hexdigest()[:16]


def add_page(app: web.Application, page: Path, *, added: str = "") -> None:
    """Serve the page, with `added` at the end of its head; names of files stand behind `FILES/` in it."""
    page = page.resolve()

    async def index(_: web.Request) -> web.Response:
        text = (page / "index.html").read_text(encoding="utf-8").replace("</head>", f"{added}</head>", 1)
        return web.Response(text=text.replace("FILES/", f"files/{state_of(page)}/"), content_type="text/html")

    async def file(request: web.Request) -> web.FileResponse:
        found = (page / request.match_info["name"]).resolve()
        if request.match_info["state"] != state_of(page) or not (found.is_relative_to(page) and found.is_file()):
            raise web.HTTPNotFound
        return web.FileResponse(found, headers={"Cache-Control": FOR_GOOD})

    app.router.add_get("/", index)
    app.router.add_get("/files/{state}/{name:.+}", file)
