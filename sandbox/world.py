"""A whole world on this machine: Discord, a cluster and a cloud come up side by side, then the bot among them."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from sandbox.parts import Part
from sandbox.town_config import Facts, secrets_of, write_config

PAGE = Path(__file__).parent / "page"
RESTART_WAIT_S = 0.5


@dataclass(frozen=True)
class World:
    """What is up, and where its doors are."""

    state: Path
    discord: Facts
    slurm: Facts
    azure: Facts
    bot: Part
    config: Path

    @property
    def page(self) -> str:
        """The address of the browser page."""
        return f"http://127.0.0.1:{self.discord['http_port']}/"


@asynccontextmanager
async def world(
    state: Path, *, port: int = 0, database_url: str | None = None, settings: Callable[[str], str] = str
) -> AsyncIterator[World]:
    """Bring everything up from an empty state folder, and take all of it down again.

    `port` is that of Discord's people side, which serves the page without the desk; 0 takes a free one.
    Without `database_url` the bot keeps its facts in SQLite. `settings` changes its config's text before it starts.
    """
    shutil.rmtree(state, ignore_errors=True)
    state.mkdir(parents=True)
    state = state.resolve()
    parts = {
        "discord": _part(state, "discord", "--port", str(port), "--page", str(PAGE)),
        "slurm": _part(state, "slurm"),
        "azure": _part(state, "azure"),
    }
    started: list[Part] = []
    try:
        for part in parts.values():
            await part.start()
            started.append(part)
        discord, slurm, azure = await asyncio.gather(
            *(part.ready(state / name / f"{name}.json") for name, part in parts.items())
        )
        config = state / "config.toml"
        url = database_url or f"sqlite:///{state}/slipway.db"
        write_config(config, discord=discord, slurm=slurm, azure=azure, state=state, database_url=url)
        config.write_text(settings(config.read_text(encoding="utf-8")), encoding="utf-8")
        secrets = secrets_of(discord=discord, azure=azure)
        await _finish(Part("migrate", ("bot", "migrate", "--config", str(config)), state / "migrate.log", secrets))
        bot = Part("bot", ("bot", "run", "--config", str(config)), state / "bot.log", secrets)
        await bot.start()
        started.append(bot)
        yield World(state=state, discord=discord, slurm=slurm, azure=azure, bot=bot, config=config)
    finally:
        await asyncio.gather(*(part.stop() for part in reversed(started)))


def _part(state: Path, name: str, *arguments: str) -> Part:
    (state / name).mkdir()
    return Part(name, (f"sandbox.{name}", "--state", str(state / name), *arguments), state / f"{name}.log")


async def _finish(part: Part) -> None:
    await part.start()
    assert part.process is not None
    if await part.process.wait():
        part.must_run()


async def keep_running(bot: Part) -> None:
    """Start the bot again whenever it dies, as systemd or Docker would."""
    while True:
        assert bot.process is not None
        await bot.process.wait()
        await asyncio.sleep(RESTART_WAIT_S)
        await bot.may_run.wait()
        await bot.start()
