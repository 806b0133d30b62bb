"""Looks after the cluster itself: nodes that take no work; a shared folder that is full, read-only or not there."""

from dataclasses import asdict
from datetime import timedelta

from bot.app import App
from bot.config import Settings
from bot.effects import health
from bot.errors import Upstream
from bot.services import capacity, incidents
from bot.things.incident import subjects
from bot.things.incident.subjects import SHARED_FOLDER, Matter

NODES, SHARE = "probing the nodes", "probing the shared folder"


def interval(settings: Settings) -> timedelta:
    """Return how often to look."""
    return timedelta(seconds=settings.cluster.probe_interval_s)


async def tick(app: App) -> None:
    """Look once; what is wrong opens an incident, what is well again resolves it. Neither look waits for the other."""
    for look, work in ((_look_at_nodes, NODES), (_look_at_share, SHARE)):
        try:
            await look(app)
        except Upstream as error:
            await health.failed(app, error, work=work)
            health.ended(app, work)  # the next look may be a minute away: till then the probe tells when it is over
        else:
            await health.answered(app, work)


async def _look_at_nodes(app: App) -> None:
    nodes = {node.name: node for node in await app.cluster.nodes()}
    down = {name: node for name, node in nodes.items() if capacity.is_down(node)}
    for name, node in down.items():
        await incidents.open_once(
            app.record,
            subjects.of_node(name),
            title=f"Node {name} takes no work",
            cause=f"SLURM calls it {node.state}" + (f": {node.reason}" if node.reason else ""),
            next_step=f"Mend what the reason names, then `scontrol update nodename={name} state=resume`.",
        )
    still = [subjects.of_node(name) for name in down]
    await incidents.resolve_gone(app.record, Matter.NODE, still=still, resolution="the node takes work again")


async def _look_at_share(app: App) -> None:
    trouble = capacity.share_trouble(await app.cluster.share())
    if trouble is None:
        await incidents.recovered(app.record, SHARED_FOLDER, resolution="it has room and can be written again")
    else:
        await incidents.open_once(app.record, SHARED_FOLDER, **asdict(trouble))
