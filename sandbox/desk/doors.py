"""Reaches the parts of the world over their own control doors."""

import asyncio
from collections.abc import Mapping
from typing import Any, TypeAlias

import aiohttp

from sandbox.world import World

Json: TypeAlias = dict[str, Any]

LIMIT_S = 5.0


class Unreachable(Exception):  # what it is
    """A part did not answer, or refused; the message says what it said."""


class Doors:
    """The doors of all parts."""

    def __init__(self, world: World, session: aiohttp.ClientSession) -> None:
        self.world = world
        self.session = session
        self.urls = {
            "discord": f"http://127.0.0.1:{world.discord['http_port']}",
            "slurm": str(world.slurm["control"]),
            "azure": str(world.azure["control"]),
        }

    async def get(self, part: str, path: str) -> Json:
        """Return what a part says. Raises Unreachable."""
        return await self._ask("GET", part, path, None)

    async def post(self, part: str, path: str, body: Mapping[str, object]) -> Json:
        """Tell a part something and return its answer. Raises Unreachable."""
        return await self._ask("POST", part, path, body)

    async def _ask(self, method: str, part: str, path: str, body: Mapping[str, object] | None) -> Json:
        limit = aiohttp.ClientTimeout(total=LIMIT_S)
        try:
            async with self.session.request(method, self.urls[part] + path, json=body, timeout=limit) as response:
                found: Json = await response.json()
        except (aiohttp.ClientError, TimeoutError) as error:
            raise Unreachable(f"The part {part} does not answer ({error!r}).") from error
        if response.status >= 400:
            raise Unreachable(str(found.get("error", found)))
        return found

    async def standing(self) -> dict[str, Json]:
        """Return how each part says it stands; a part that does not answer is left out."""
        paths = {"discord": "/_client/faults", "slurm": "/state", "azure": "/state"}
        answers = await asyncio.gather(*(self.get(*door) for door in paths.items()), return_exceptions=True)
        return {part: answer for part, answer in zip(paths, answers, strict=True) if isinstance(answer, dict)}
