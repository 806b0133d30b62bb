"""A bare gateway connection, for what no library would send."""

import json
import zlib
from typing import Any, Self

import aiohttp

from tests.support.discord_town import Connector

QUERY = "v=10&encoding=json&compress=zlib-stream"
GUILDS, MEMBERS, MESSAGES = 1, 1 << 1, 1 << 9


class Line:
    """A bare gateway connection."""

    def __init__(self, described: dict[str, Any], query: str = QUERY, *, is_greeted: bool = True) -> None:
        self.described, self.query, self.is_greeted = described, query, is_greeted

    async def __aenter__(self) -> Self:
        self.line = Connector(self.described)
        self.session = aiohttp.ClientSession(connector=self.line)
        self.socket = await self.session.ws_connect(f"wss://gateway.discord.gg/?{self.query}")
        self.stream = zlib.decompressobj()
        assert not self.is_greeted or 10 == (await self.hear())["op"]
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.socket.close()
        await self.session.close()
        await self.line.settled()

    async def hear(self) -> dict[str, Any]:
        """Return the next frame."""
        frame: dict[str, Any] = json.loads(self.stream.decompress(await self.socket.receive_bytes(timeout=30)))
        return frame

    async def say(self, op: int, fields: Any) -> None:
        """Send a frame, as bytes, which is allowed too."""
        await self.socket.send_bytes(json.dumps({"op": op, "d": fields}).encode())

    async def identify(self, **fields: Any) -> None:
        """Send an IDENTIFY."""
        await self.say(2, {"token": self.described["token"], "intents": GUILDS, "properties": {}} | fields)

    async def close_code(self) -> int:
        """Return the code that the line is closed with."""
        while (frame := await self.socket.receive(timeout=60)).type is not aiohttp.WSMsgType.CLOSE:
            assert frame.type is aiohttp.WSMsgType.BINARY
        return int(frame.data)
