"""Puts the parts together and listens: TLS for the bot, plain HTTP for people."""

import asyncio
import json
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import trustme
from aiohttp import web

from sandbox.discord import attachments, town
from sandbox.discord.call import Server
from sandbox.discord.client_api import ClientApi
from sandbox.discord.faults import Faults
from sandbox.discord.gateway import HEARTBEAT_MS, Gateway
from sandbox.discord.interactions import Desk
from sandbox.discord.people import People
from sandbox.discord.permissions import BOT, Permission
from sandbox.discord.ratelimits import RateLimits
from sandbox.discord.recorder import Recorder, spec_path
from sandbox.discord.rest import Rest
from sandbox.discord.wire import Payload
from sandbox.discord.world import World, new_world

HOSTS = ("discord.com", "gateway.discord.gg", "cdn.discordapp.com", "media.discordapp.net", "localhost", "127.0.0.1")
BACKLOG = 4096
"""The default of 128 makes a burst of 500 connections wait a second for its SYN."""


@dataclass(frozen=True, slots=True)
class Settings:
    """How to start."""

    state: Path
    http_port: int = 0
    tls_port: int = 0
    page: Path | None = None
    pace: float = 1.0
    granted_intents: int = 0
    heartbeat_ms: int = HEARTBEAT_MS
    bot_may: Permission = BOT


def bot_app(world: World, rest: Rest, gateway: Gateway, faults: Faults) -> web.Application:
    """Return what the bot talks to: every host, told apart by path."""

    async def download(request: web.Request) -> web.Response:
        path = request.match_info["path"]
        return faults.cdn(path) or attachments.serve(world, request, path, must_sign=True)

    app = web.Application(client_max_size=64 * 2**20)
    app.router.add_route("*", "/api/v10/{rest:.*}", rest.handle)
    app.router.add_get("/attachments/{path:.+}", download)
    app.router.add_get("/", gateway.handle)
    return app


def bot_context(ca_file: Path) -> ssl.SSLContext:
    """Write a throw-away authority's certificate and return a context that it vouches for."""
    authority = trustme.CA(organization_name="Slipway sandbox")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*HOSTS).configure_cert(context)
    authority.cert_pem.write_to_path(str(ca_file))
    return context


async def _listen(app: web.Application, port: int, context: ssl.SSLContext | None) -> tuple[web.AppRunner, int]:
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port, ssl_context=context, backlog=BACKLOG).start()
    return runner, int(runner.addresses[0][1])


def description(world: World, ca_file: Path, *, tls_port: int, http_port: int) -> Payload:
    """Return what others need to know to come in."""
    return {
        "tls_port": tls_port,
        "http_port": http_port,
        "ca_file": str(ca_file),
        "token": world.token,
        "guild": town.GUILD_ID,
        "channels": town.CHANNELS,
        "roles": town.ROLES,
        "people": {key: person.id for key, person in town.PEOPLE.items()},
        "bot": town.APPLICATION_ID,
        "application": town.APPLICATION_ID,
    }


@asynccontextmanager
async def serving(settings: Settings) -> AsyncIterator[Payload]:
    """Serve until the block ends; gives what was written to discord.json."""
    world = new_world(settings.bot_may)
    limits = RateLimits(settings.pace)
    gateway = Gateway(world, limits, granted_intents=settings.granted_intents, heartbeat_ms=settings.heartbeat_ms)
    desk = Desk(world, gateway)
    faults = Faults(world, gateway, limits)
    desk.deliveries = faults.deliveries
    recorder = Recorder(spec_path())
    server = Server(world, gateway, desk)
    people = People(server)
    settings.state.mkdir(parents=True, exist_ok=True)
    ca_file = (settings.state / "discord-ca.pem").resolve()
    rest = Rest(server, faults, limits, recorder)
    runners: list[web.AppRunner] = []
    try:
        bot_side, tls_port = await _listen(
            bot_app(world, rest, gateway, faults), settings.tls_port, bot_context(ca_file)
        )
        runners.append(bot_side)
        client_api = ClientApi(people, faults, recorder, settings.page)
        people_side, http_port = await _listen(client_api.app(), settings.http_port, None)
        runners.append(people_side)
        described = description(world, ca_file, tls_port=tls_port, http_port=http_port)
        write_beside(settings.state / "discord.json", json.dumps(described, indent=2))
        yield described
    finally:
        await asyncio.gather(*(runner.cleanup() for runner in runners))


def write_beside(path: Path, text: str) -> None:
    """Write the file beside and rename it, so that nobody reads half of it."""
    beside = path.with_suffix(".part")
    beside.touch(mode=0o600)
    beside.write_text(text, encoding="utf-8")
    beside.replace(path)
