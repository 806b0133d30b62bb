"""python -m sandbox.discord --state DIR: a Discord on this machine, until it is told to stop."""

import argparse
import asyncio
import signal
from pathlib import Path

from sandbox.discord.gateway import HEARTBEAT_MS, PRIVILEGED
from sandbox.discord.permissions import ALL, BOT, Permission
from sandbox.discord.server import Settings, serving


def _settings() -> Settings:
    parser = argparse.ArgumentParser(prog="python -m sandbox.discord", description=__doc__)
    parser.add_argument("--state", type=Path, required=True, help="folder for discord.json and the CA certificate")
    parser.add_argument("--port", type=int, default=0, help="HTTP port for people (0: a free one)")
    parser.add_argument("--tls-port", type=int, default=0, help="TLS port for the bot (0: a free one)")
    parser.add_argument("--page", type=Path, help="folder of the page's files")
    parser.add_argument("--pace", type=float, default=1.0, help="how many times Discord's rate limits to let through")
    parser.add_argument("--grant", action="append", default=[], choices=PRIVILEGED, help="a privileged intent to grant")
    parser.add_argument("--heartbeat-ms", type=int, default=HEARTBEAT_MS, help="how often a client has to say it lives")
    parser.add_argument("--all-rights", action="store_true", help="the bot may everything but administer")
    given = parser.parse_args()
    granted = sum(PRIVILEGED[name] for name in set(given.grant))
    return Settings(
        state=given.state,
        http_port=given.port,
        tls_port=given.tls_port,
        page=given.page,
        pace=given.pace,
        granted_intents=granted,
        heartbeat_ms=given.heartbeat_ms,
        bot_may=ALL & ~Permission.ADMINISTRATOR if given.all_rights else BOT,
    )


async def _main() -> None:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with serving(_settings()) as described:
        print(f"Discord for people: http://127.0.0.1:{described['http_port']}/", flush=True)
        await stop.wait()


if __name__ == "__main__":
    asyncio.run(_main())
