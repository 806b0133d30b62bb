"""Asks systems that failed whether they answer again; then what waits for them is tried at once."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta

from bot.app import App
from bot.config import Settings
from bot.core.kind import Lane
from bot.effects import health, pictures
from bot.errors import Misconfigured, Upstream

LIMIT_S = 60.0

PROBES: Mapping[str, Callable[[App], Awaitable[object]]] = {
    "cluster": lambda app: app.cluster.check(),
    "accounting": lambda app: app.cluster.uses(since=app.record.now()),
    "mlflow": lambda app: app.registry.check(),
    "azure": lambda app: app.endpoints.check(),
    "database": lambda app: app.store.check(),
    pictures.DATA: pictures.check,
}
"""How a system is asked. Discord tells by itself when it is back, and a channel when its next card can be drawn."""

WAITING: Mapping[str, tuple[Lane, ...]] = {
    "cluster": (Lane.CLUSTER, Lane.REGISTRY, Lane.TRACKING),
    "accounting": (),
    "mlflow": (Lane.REGISTRY, Lane.TRACKING, Lane.ENDPOINTS, Lane.METER),
    "azure": (Lane.ENDPOINTS, Lane.METER),
    "database": tuple(Lane),
    pictures.DATA: (Lane.REGISTRY, Lane.ENDPOINTS, Lane.METER),
}
"""The lanes whose effects use a system."""


def interval(_: Settings) -> timedelta:
    """Return how often to ask."""
    return timedelta(seconds=3)


async def tick(app: App) -> None:
    """Ask each system that has failed and not answered since."""
    await asyncio.gather(*(_probe(app, system) for system in tuple(app.outages) if system in PROBES))


async def _probe(app: App, system: str) -> None:
    work = health.probe_of(system)
    try:
        async with asyncio.timeout(LIMIT_S):
            await PROBES[system](app)
    except Misconfigured as error:
        await health.failed(app, Upstream(system, str(error), retryable=False), work=work)
    except TimeoutError:
        await health.failed(app, Upstream(system, f"no answer within {LIMIT_S:.0f} s", retryable=True), work=work)
    except Upstream as error:
        await health.failed(app, error, work=work)
    else:
        if work in app.outages.get(system, {}):
            await app.store.hasten([lane.value for lane in WAITING[system]], now=app.record.now())
        await health.answered(app, work)
