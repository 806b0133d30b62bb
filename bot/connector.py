"""The connector for a private server that stands for Discord: Discord's hosts are mapped to it, all others refused."""

import socket
import ssl
from pathlib import Path

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult

from bot.config import DiscordSettings
from bot.errors import Misconfigured

DISCORD_HOSTS = frozenset({"discord.com", "gateway.discord.gg", "cdn.discordapp.com", "media.discordapp.net"})
CONNECTIONS = 100
"""To Discord at once: more than all the cards that are drawn at once, so that these hold up no answer; and not as many
as a burst has answers, since each costs a handshake and some 70 KiB."""


class _OneServer(AbstractResolver):
    """Maps Discord's host names to one address."""

    def __init__(self, host: str, port: int) -> None:
        self._host, self._port = host, port

    async def resolve(
        self,
        host: str,
        port: int = 0,  # noqa: ARG002  # the signature is aiohttp's
        family: socket.AddressFamily = socket.AF_INET,
    ) -> list[ResolveResult]:
        if host not in DISCORD_HOSTS:
            raise OSError(f"{host} is not one of Discord's hosts; `discord.connect_to` refuses all others")
        return [
            ResolveResult(
                hostname=host,
                host=self._host,
                port=self._port,
                family=family,
                proto=0,
                flags=socket.AI_NUMERICHOST,
            )
        ]

    async def close(self) -> None:
        """Hold nothing, so close nothing."""


def connector_of(settings: DiscordSettings) -> aiohttp.BaseConnector:
    """Return the connector that the settings ask for. Needs a running event loop."""
    if settings.connect_to is None:
        return aiohttp.TCPConnector(limit=CONNECTIONS)
    host, _, port = settings.connect_to.rpartition(":")
    if not host or not port.isdigit():
        raise Misconfigured(f"discord.connect_to: {settings.connect_to!r} is not `host:port`")
    return aiohttp.TCPConnector(limit=CONNECTIONS, resolver=_OneServer(host, int(port)), ssl=_trust(settings.ca_file))


def _trust(ca_file: Path | None) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=ca_file)
    except OSError as error:
        raise Misconfigured(f"discord.ca_file: {ca_file} cannot be used: {error}") from error
