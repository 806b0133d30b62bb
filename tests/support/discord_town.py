"""The sandbox's Discord in a process of its own, and a real discord.py client in the test's loop."""

import asyncio
import json
import os
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any, Self, TypeVar

import aiohappyeyeballs
import aiohttp
import discord
from aiohttp.abc import AbstractResolver, ResolveResult

from tests.support.waiting import PATIENCE_S

ROOT = Path(__file__).parents[2]
SPECS = Path(os.environ.get("SLIPWAY_SPECS", ROOT.parent / "shared" / "specs"))
DISCORD_SPEC = SPECS / "discord" / "openapi.json"
HOSTS = {"discord.com", "gateway.discord.gg", "cdn.discordapp.com", "media.discordapp.net"}
START_LIMIT_S = 60.0
FAST = 1000.0
"""A pace at which no rate limit is met."""
ALL_RIGHTS = ("--all-rights",)
"""For what the bot's four permissions do not allow, such as threads and embeds."""


@contextmanager
def discord_sandbox(state: Path, *, pace: float = FAST, options: tuple[str, ...] = ()) -> Iterator[dict[str, Any]]:
    """Run `python -m sandbox.discord` and give what it says of itself."""
    argv = [sys.executable, "-m", "sandbox.discord", "--state", str(state), "--pace", str(pace), *options]
    environment = os.environ | {"SLIPWAY_SPECS": str(SPECS)}
    with subprocess.Popen(argv, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL) as process:
        try:
            described = state / "discord.json"
            deadline = time.monotonic() + START_LIMIT_S
            while not described.exists():
                assert process.poll() is None, "the sandbox ended at once"
                assert time.monotonic() < deadline, "the sandbox did not come up"
                time.sleep(0.02)  # the poll's own pace
            yield json.loads(described.read_text(encoding="utf-8"))
        finally:
            process.terminate()
            process.wait(START_LIMIT_S)


def url_of(described: dict[str, Any]) -> str:
    """Return the address of the people's side."""
    return f"http://127.0.0.1:{described['http_port']}"


class Loopback(AbstractResolver):
    """Sends Discord's hosts to the sandbox, and knows no other host."""

    def __init__(self, port: int) -> None:
        self.port = port

    async def resolve(self, host: str, port: int = 0, family: int = 0) -> list[ResolveResult]:  # noqa: ARG002
        if host not in HOSTS:
            raise OSError(f"{host} is not one of Discord's")
        return [ResolveResult(hostname=host, host="127.0.0.1", port=self.port, family=socket.AF_INET, proto=0, flags=0)]

    async def close(self) -> None:
        return


class Connector(aiohttp.TCPConnector):
    """Makes a client talk to the sandbox; to be made inside the running loop.

    It knows its sockets, because aiohttp closes lines with TLS a while after the session: a loop that ends before
    leaves them open.
    """

    def __init__(self, described: dict[str, Any]) -> None:
        self.sockets: list[socket.socket] = []
        context = ssl.create_default_context(cafile=described["ca_file"])
        resolver = Loopback(described["tls_port"])
        super().__init__(limit=0, resolver=resolver, ssl=context, socket_factory=self._socket)

    def _socket(self, address: aiohappyeyeballs.AddrInfoType) -> socket.socket:
        family, kind, protocol, *_ = address
        self.sockets.append(socket.socket(family, kind, protocol))
        return self.sockets[-1]

    async def settled(self) -> None:
        """Wait until every line is down; the session has to be closed."""
        await eventually(lambda: all(one.fileno() == -1 for one in self.sockets), what="the end of the lines")


class Bot(discord.Client):
    """A plain discord.py client with a command tree; `heard` keeps the raw events."""

    def __init__(self, described: dict[str, Any], **options: Any) -> None:
        intents = options.pop("intents", discord.Intents(guilds=True, guild_messages=True))
        self.line = Connector(described)
        super().__init__(
            intents=intents, connector=self.line, guild_ready_timeout=0, enable_debug_events=True, **options
        )
        self.described = described
        self.tree = discord.app_commands.CommandTree(self)
        self.heard: list[dict[str, Any]] = []

    async def on_socket_raw_receive(self, text: str) -> None:
        """Keep what the gateway says."""
        self.heard.append(json.loads(text))

    def events(self, name: str) -> list[dict[str, Any]]:
        """Return the data of every event of that name so far."""
        return [one["d"] for one in self.heard if one["t"] == name]

    def place(self, name: str) -> discord.TextChannel:
        """Return the channel of that name."""
        channel = self.get_channel(int(self.described["channels"][name]))
        assert isinstance(channel, discord.TextChannel)
        return channel

    async def sync(self) -> None:
        """Register the tree's commands in the guild."""
        guild = discord.Object(int(self.described["guild"]))
        self.tree.copy_global_to(guild=guild)
        await self.tree.sync(guild=guild)


B = TypeVar("B", bound=Bot)


@asynccontextmanager
async def online(bot: B) -> AsyncIterator[B]:
    """Connect the bot for the length of the block."""
    async with bot:
        running = asyncio.create_task(bot.start(bot.described["token"]))
        ready = asyncio.create_task(bot.wait_until_ready())
        await asyncio.wait({running, ready}, return_when=asyncio.FIRST_COMPLETED, timeout=START_LIMIT_S)
        if running.done():
            ready.cancel()
            await running
        await ready
        await eventually(lambda: bot.guilds and bot.guilds[0].channels, what="the guild")
        yield bot
        await bot.close()
        await running
        await bot.line.settled()


async def eventually(true: Any, *, within_s: float = PATIENCE_S, what: str = "it") -> None:
    """Wait until the function returns something true."""
    deadline = time.monotonic() + within_s
    while not true():
        assert time.monotonic() < deadline, f"{what} did not come about within {within_s:g} s"
        await asyncio.sleep(0.01)


class Api:
    """Bare REST, for what discord.py would never send."""

    def __init__(self, described: dict[str, Any]) -> None:
        self.described = described
        self.line = Connector(described)
        self.session = aiohttp.ClientSession(connector=self.line)

    async def call(
        self, method: str, path: str, body: Any = None, *, token: str | None = None, **options: Any
    ) -> tuple[int, Any]:
        """Return status and JSON."""
        status, answer, _ = await self.ask(method, path, body, token=token, **options)
        return status, answer

    async def ask(
        self, method: str, path: str, body: Any = None, *, token: str | None = None, **options: Any
    ) -> tuple[int, Any, Mapping[str, str]]:
        """Return status, JSON (or text, where it is none) and headers."""
        headers = {"Authorization": f"Bot {self.described['token'] if token is None else token}"}
        url = f"https://discord.com/api/v10{path}"
        async with self.session.request(method, url, json=body, headers=headers, **options) as response:
            read = response.json if response.content_type == "application/json" else response.text
            return response.status, None if response.status == 204 else await read(), response.headers

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.session.close()
        await self.line.settled()


def faults_of(tree: dict[str, Any], path: str = "") -> dict[str, str]:
    """Return the codes of a 50035 by path, as in `{"embeds.0.title": "BASE_TYPE_MAX_LENGTH"}`."""
    found = {}
    for name, node in tree.items():
        if name == "_errors":
            found[path] = node[0]["code"]
        else:
            found |= faults_of(node, f"{path}.{name}" if path else name)
    return found
