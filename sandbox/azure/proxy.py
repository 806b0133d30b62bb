"""A CONNECT proxy that leads the service's host names to our own listener, and every other host nowhere."""

import asyncio
import contextlib
import re

from sandbox.azure import arm, entra, storage
from sandbox.azure.world import REGION, World

ALLOWED = re.compile(
    rf"(?:{re.escape(arm.HOST)}|{re.escape(entra.HOST)}|{re.escape(storage.HOST)}"
    rf"|[a-z0-9-]+\.{REGION}\.inference\.ml\.azure\.com):443"
)

ENDS = (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, asyncio.CancelledError)  # of one connection


async def start(world: World, listener_port: int, port: int) -> asyncio.Server:
    """Listen on loopback."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(*ENDS):
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            method, _, rest = head.partition(" ")
            address = rest.partition(" ")[0]
            if method != "CONNECT" or not ALLOWED.fullmatch(address):
                world.violate(f"proxy: {method} {address}")
                writer.write(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
            else:
                inner_reader, inner_writer = await asyncio.open_connection("127.0.0.1", listener_port)
                writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
                async with asyncio.TaskGroup() as both:
                    both.create_task(_pump(reader, inner_writer))
                    both.create_task(_pump(inner_reader, writer))
        writer.close()

    return await asyncio.start_server(serve, "127.0.0.1", port)


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while chunk := await reader.read(2**16):
            writer.write(chunk)
            await writer.drain()
    writer.close()
