"""Runs' ends as they happen: a file that every job script adds its key to, followed over a channel held open."""

import asyncio
import re
from collections.abc import AsyncIterator

import structlog

from bot.adapters.slurm.site import Site
from bot.errors import Upstream

log = structlog.get_logger()

SHORTEST_WAIT_S, LONGEST_WAIT_S = 0.5, 60.0
HELD_S = 3600
"""How long one tail lives, so that those whose line was cut do not gather on the login node."""
FOLLOW = f"""\
cd -- "$1" || exit
echo @following
exec timeout {HELD_S} tail -n 0 -F ended.log
"""
"""Argument: directory. Its first line says that what ends from now on is told."""
_KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


class Watch:
    """Follows the file for whoever asks, until it is closed."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._closing = asyncio.Event()

    async def keys(self) -> AsyncIterator[str]:
        """Yield each key that is added; a line that is lost is opened again, later and later while that fails."""
        wait_s = SHORTEST_WAIT_S
        while not self._closing.is_set():
            try:
                async for line in self._site.connection.lines(
                    "bash", "-c", FOLLOW, "slipway", str(self._site.directory)
                ):
                    wait_s = SHORTEST_WAIT_S
                    key = line.strip()
                    if _KEY.fullmatch(key):
                        yield key
            except Upstream as error:
                log.info("ends are not heard of for now", error=str(error), again_in_s=wait_s)
            try:
                async with asyncio.timeout(wait_s):
                    await self._closing.wait()
            except TimeoutError:
                wait_s = min(LONGEST_WAIT_S, wait_s * 2)

    def close(self) -> None:
        """End all generators; those that wait for a line end with the connection."""
        self._closing.set()
