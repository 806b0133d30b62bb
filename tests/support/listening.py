"""Hearing what the sandbox's Discord tells a person's page as it happens."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from sandbox.person import Town
from tests.support.discord_town import eventually


@asynccontextmanager
async def listening(town: Town, who: str) -> AsyncIterator[list[dict[str, Any]]]:
    """Give the list that the person's events are added to."""
    heard: list[dict[str, Any]] = []
    is_open = asyncio.Event()

    async def listen() -> None:
        async with town.session.get(f"{town.url}/_client/events?as={who}") as response:
            async for line in response.content:
                is_open.set()
                if line.startswith(b"data: "):
                    heard.append(json.loads(line[6:]))

    listener = asyncio.create_task(listen())
    await eventually(is_open.is_set, what="the stream of events")
    try:
        yield heard
    finally:
        listener.cancel()
        await asyncio.gather(listener, return_exceptions=True)


def kinds_of(heard: list[dict[str, Any]]) -> list[str]:
    """Return the types of what was heard."""
    return [one["type"] for one in heard]
