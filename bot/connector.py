"""The connector for a private server that stands for Discord: Discord's hosts are mapped to it, all others refused."""

import socket
import ssl
from pathlib import Path

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult

from bot.config import DiscordSettings
from bot.errors import Misconfigured

DISCORD_HOSTS = frozenset({"discord.com", "gateway.discord.gg", "cdn.discordapp.com", "media.discordapp.net"})


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


def connector_of(settings: DiscordSettings) -> aiohttp.BaseConnector | None:
    """Return the connector that the settings ask for, or None for Discord itself. Needs a running event loop."""
    if settings.connect_to is None:
        return None
    host, _, port = settings.connect_to.rpartition(":")
    if not host or not port.isdigit():
        raise Misconfigured(f"discord.connect_to: {settings.connect_to!r} is not `host:port`")
    return aiohttp.TCPConnector(limit=0, resolver=_OneServer(host, int(port)), ssl=_trust(settings.ca_file))


def _trust(ca_file: Path | None) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=ca_file)
    except OSError as error:
        raise Misconfigured(f"discord.ca_file: {ca_file} cannot be used: {error}") from error
