"""The bot in a process of its own with the sandbox's Discord and a database, and with no cluster or cloud to reach."""

import asyncio
import os
import secrets
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncssh

from sandbox.parts import Part
from sandbox.person import Town
from sandbox.town_config import secrets_of, write_config
from tests.support.databases import sqlite_database
from tests.support.discord_town import discord_sandbox, url_of

NOWHERE = "127.0.0.1:9"
"""Nobody listens on the discard port."""


@dataclass(frozen=True)
class BotInDiscord:
    """The bot's process, and the people of its Discord."""

    bot: Part
    town: Town
    token: str

    @property
    def pid(self) -> int:
        """Return the number of its process."""
        assert self.bot.process is not None
        return self.bot.process.pid

    @property
    def log(self) -> str:
        """Return what the bot has logged so far."""
        return self.bot.log.read_text(encoding="utf-8")

    @property
    def renewals(self) -> int:
        """Return how often it has begun anew because of something that it could not read."""
        return self.log.count("the connection is renewed")


def _written(state: Path, discord: dict[str, Any]) -> dict[str, str]:
    """Write the bot's config and key, and return the environment with its secrets."""
    key, hosts = state / "key", state / "known_hosts"
    asyncssh.generate_private_key("ssh-ed25519").write_private_key(key)
    hosts.touch()
    slurm = {"host": "127.0.0.1", "port": 9, "user": "nobody", "key_file": key, "known_hosts": hosts}
    slurm |= {"directory": "/nowhere", "python": "python3", "partitions": ["cpu"]}
    azure = dict.fromkeys(("tenant", "client_id", "subscription", "resource_group", "workspace"), "none")
    azure |= {"client_secret": secrets.token_hex(8), "proxy": f"http://{NOWHERE}", "ca_file": discord["ca_file"]}
    url = f"sqlite:///{state}/slipway.db"
    write_config(state / "config.toml", discord=discord, slurm=slurm, azure=azure, state=state, database_url=url)
    return secrets_of(discord=discord, azure=azure)


@asynccontextmanager
async def bot_in_discord(state: Path, *, plugins: Path | None = None) -> AsyncIterator[BotInDiscord]:
    """Bring both up, perhaps with plugins that are installed in a folder, and take them down again."""
    with discord_sandbox(state) as discord:
        environment = _written(state, discord)
        sqlite_database(state / "slipway.db")
        if plugins is not None:
            environment["PYTHONPATH"] = str(plugins)
            migrate = [sys.executable, "-m", "bot", "migrate", "--config", str(state / "config.toml")]
            await asyncio.to_thread(subprocess.run, migrate, env={**os.environ, **environment}, check=True)
        bot = Part("bot", ("bot", "run", "--config", str(state / "config.toml")), state / "bot.log", environment)
        async with Town(url_of(discord)) as town:
            await bot.start()
            try:
                await town.bot_is_online()
                await town.has_command("status")
                yield BotInDiscord(bot, town, discord["token"])
            finally:
                await bot.stop()
