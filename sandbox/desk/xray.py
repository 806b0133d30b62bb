"""The X-ray: what crosses the wires, the cluster, the cloud, and the bot's own facts, as they are now."""

import asyncio
from typing import Any

from aiohttp import web

from sandbox.desk.bot_facts import read_facts
from sandbox.desk.doors import Doors, Unreachable
from sandbox.wirelog import since_of

WIRES = {"discord": "/_client/wire", "slurm": "/wire", "azure": "/wire"}


class Xray:
    """Looks into every part, and keeps nothing."""

    def __init__(self, doors: Doors) -> None:
        self._doors = doors

    def routes(self) -> list[web.RouteDef]:
        """Return the routes, one for each view."""
        return [
            web.get("/_world/wire", self._wire),
            web.get("/_world/cluster", self._cluster),
            web.get("/_world/cloud", self._cloud),
            web.get("/_world/bot", self._bot),
        ]

    async def _wire(self, request: web.Request) -> web.Response:
        """Tell what crossed since the versions that are named, as in `?discord=12&slurm=3`."""

        async def since(part: str, path: str) -> list[dict[str, Any]]:
            after = since_of({"after": request.query.get(part, "0")})
            try:
                return list((await self._doors.get(part, f"{path}?after={after}"))["entries"])
            except Unreachable:
                return []

        found = await asyncio.gather(*(since(part, path) for part, path in WIRES.items()))
        entries = [entry | {"part": part} for part, news in zip(WIRES, found, strict=True) for entry in news]
        return web.json_response({"entries": sorted(entries, key=lambda entry: float(entry["at"]))})

    async def _cluster(self, _: web.Request) -> web.Response:
        return web.json_response(await self._doors.get("slurm", "/state"))

    async def _cloud(self, _: web.Request) -> web.Response:
        return web.json_response(await self._doors.get("azure", "/state"))

    async def _bot(self, _: web.Request) -> web.Response:
        world = self._doors.world
        facts = await asyncio.to_thread(read_facts, world.state / "slipway.db")
        return web.json_response(facts | {"is_running": world.bot.is_running, "people": world.discord["people"]})
