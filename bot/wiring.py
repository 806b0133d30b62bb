"""The composition root: config → adapters → App → client, loops and scheduler. Nothing else chooses a vendor."""

import asyncio
import gc
import json
import os
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from functools import partial
from importlib import import_module
from pathlib import Path

import discord
import structlog
from aiohttp import ClientError

from bot.adapters.apscheduler.scheduler import Timer
from bot.adapters.azure.endpoints import AzureEndpoints
from bot.adapters.discord.chat import DiscordChat
from bot.adapters.evidently.meter import EvidentlyMeter
from bot.adapters.matplotlib.charts import MatplotlibCharts
from bot.adapters.mlflow.registry import MlflowRegistry
from bot.adapters.slurm.cluster import SlurmCluster
from bot.adapters.sql.revision import schema_is_current
from bot.adapters.sql.store import SqlStore
from bot.app import App
from bot.client import Client
from bot.config import Settings
from bot.connector import connector_of
from bot.core.kind import Event
from bot.core.values import Duty
from bot.effects import deliver, draw, health
from bot.errors import Misconfigured, SlipwayError
from bot.languages import read_languages
from bot.lifecycle import DUTIES
from bot.plugins import CATALOGUES, COGS, JOBS, record_of
from bot.recipe_table import PolicyTable
from bot.services import monitoring
from bot.things.recipe.recipe import Recipe, read_recipes
from bot.things.rollout.rules import RolloutEvent
from bot.unreadable import place_of, said_of

log = structlog.get_logger()

PAYLOAD = Path(__file__).parent / "payload"
FIRST_CONNECT_WAIT_S = 1.0
LONGEST_CONNECT_WAIT_S = 100.0
"""Discord lets a bot begin a thousand sessions a day, one in 86 seconds, and takes its token away for more."""
HELD_S = 1000.0
"""What failed after it had held so long has nothing to do with what failed before."""


def duties_of(settings: Settings) -> Mapping[Event, frozenset[Duty]]:
    """Return who may cause which event, with the rows that the config replaces."""
    deployers = frozenset(Duty(name) for name in settings.policy.deployers)
    return {**DUTIES, RolloutEvent.APPROVED: deployers, RolloutEvent.DECLINED: deployers}


def recipes_of(settings: Settings, payload: Path) -> dict[str, Recipe]:
    """Return the recipes that ship, with the config's policies for them, and those of the config.

    Raises:
        Misconfigured: a recipe of the config has the name of one that ships, or a policy that of none.
    """
    known = read_recipes(json.loads((payload / "recipes.json").read_text(encoding="utf-8")))
    for name, table in settings.recipes.items():
        ships = name in known
        if isinstance(table, PolicyTable) and ships:
            known[name] = replace(known[name], retry=table.retry.policy())
        elif isinstance(table, PolicyTable):
            raise Misconfigured(
                f"recipes.{name}: no recipe of that name ships with the bot; give it a title and a command"
            )
        elif ships:
            raise Misconfigured(
                f"recipes.{name}: a recipe of that name ships with the bot and takes `retry` only; choose another name"
            )
        else:
            known[name] = table.recipe(name)
    return known


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[tuple[App, Client]]:
    """Open every adapter; each is closed again at the end, in reverse."""
    async with AsyncExitStack() as stack:
        _make(settings.data_directory)
        store = SqlStore.open(settings.database)
        stack.push_async_callback(store.close)
        cluster = SlurmCluster(settings.cluster, PAYLOAD)
        stack.push_async_callback(cluster.close)
        registry = MlflowRegistry(settings.mlflow)
        stack.push_async_callback(registry.close)
        endpoints = AzureEndpoints(settings.azure)
        stack.push_async_callback(endpoints.close)
        meter = EvidentlyMeter(settings.monitoring, settings.zone)
        stack.push_async_callback(meter.close)
        charts = MatplotlibCharts()
        stack.push_async_callback(charts.close)
        client = Client(
            settings.discord,
            cogs=COGS,
            connector=connector_of(settings.discord),
        )
        stack.push_async_callback(client.close)
        app = App(
            settings=settings,
            recipes=recipes_of(settings, PAYLOAD),
            record=record_of(store, duties=duties_of(settings)),
            cluster=cluster,
            registry=registry,
            endpoints=endpoints,
            meter=meter,
            charts=charts,
            chat=DiscordChat(client, settings.discord.channels),
            languages=read_languages(settings.language, CATALOGUES),
        )
        client.app = app
        yield app, client


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Misconfigured(
            f"data_directory: {folder} cannot be made ({error.strerror}); name a folder that can be written"
        ) from error
    if not os.access(folder, os.W_OK | os.X_OK):
        raise Misconfigured(f"data_directory: {folder} may not be written; give the bot's account that right")


async def run(settings: Settings) -> None:
    """Run the bot until it is stopped."""
    if not await asyncio.to_thread(schema_is_current, settings.database):
        raise Misconfigured("the database has an older form; run `python -m bot migrate` first")
    async with opened(settings) as (app, client):
        await client.load_cogs()
        await app.store.release_leases()
        await health.recall(app)
        await monitoring.reschedule(app.record, cron=settings.monitoring.cron, zone=settings.zone)
        timer = Timer()
        hinted: dict[str, AsyncIterator[object]] = {}
        for name in JOBS:
            module = import_module(name)
            tick = module.begun(app) if hasattr(module, "begun") else partial(module.tick, app)
            timer.every(module.interval(settings), tick, app, name=name)
            if hasattr(module, "hints"):
                hinted[name] = module.hints(app)
        gc.collect()
        gc.freeze()  # what is there by now stays; to look it through now and then would hold up everybody's answers
        async with asyncio.TaskGroup() as group:
            for name, hints in hinted.items():
                group.create_task(_hasten(timer, name, hints), name=f"{name}.hints")
            group.create_task(deliver.run(app), name="deliver")
            group.create_task(draw.run(app), name="draw")
            group.create_task(_tell_commands(client), name="commands")
            timer.start()
            try:
                await _stay_connected(client, settings)
            finally:
                timer.stop()


async def _hasten(timer: Timer, name: str, hints: AsyncIterator[object]) -> None:
    """Have a tick come at once with each hint; the schedule stays the authority."""
    async for _ in hints:
        timer.soon(name)


async def _tell_commands(client: Client) -> None:
    """Tell Discord the commands as soon as it takes them; what it knows from before works meanwhile."""
    await client.is_known.wait()
    for wait_s in _waits():
        try:
            await client.tell_commands()
        except (discord.DiscordException, ClientError, OSError) as error:
            log.warning("discord cannot be told the commands", error=repr(error), wait_s=wait_s)
            await asyncio.sleep(wait_s)
        else:
            return


def _waits() -> Iterator[float]:
    """Yield how many seconds to wait after each failure."""
    wait_s = FIRST_CONNECT_WAIT_S
    while True:
        yield wait_s
        wait_s = min(LONGEST_CONNECT_WAIT_S, wait_s * 2)


async def _stay_connected(client: Client, settings: Settings) -> None:
    """Hold the connection to Discord; what else the bot does goes on while Discord is down."""
    clock = asyncio.get_running_loop().time
    waits = _waits()
    while True:
        began_at_s = clock()
        try:
            await _log_in(client, settings)
            await client.connect(reconnect=True)
        except SlipwayError:
            raise
        except discord.PrivilegedIntentsRequired as error:
            raise Misconfigured(f"discord: {error}") from error
        except Exception as error:  # noqa: BLE001  # what discord.py cannot read fails in it in any way
            if clock() - began_at_s > HELD_S:
                waits = _waits()
            await _renew_after(next(waits), client, error)
        else:
            return


async def _renew_after(wait_s: float, client: Client, error: Exception) -> None:
    """Leave the connection that failed, and wait before the next."""
    if isinstance(error, discord.DiscordException | ClientError | OSError):
        log.warning("discord cannot be reached", error=repr(error), wait_s=wait_s)
    else:
        # Also where the very first connection of discord.py 2.7.1 fails: an AttributeError.
        said = {"error": said_of(error), "where": place_of(error), "wait_s": wait_s}
        log.warning("discord cannot be read; the connection is renewed", **said)
    if client.is_known.is_set():
        await client.hang_up()
    else:
        await client.close()  # a login that failed leaves its session open
    await asyncio.sleep(wait_s)


async def _log_in(client: Client, settings: Settings) -> None:
    """Log in, unless that was done and Discord has not closed the connection for good since."""
    if client.is_closed():
        await client.reopened(connector_of(settings.discord))
    if client.is_known.is_set():
        return
    try:
        await client.login(settings.discord.token.reveal())
    except discord.LoginFailure as error:
        raise Misconfigured("discord.token: Discord does not know this token; put the bot's present token") from error
