"""Looks after the cluster itself: nodes that take no work, a shared folder that is full or cannot be written."""

from datetime import timedelta

from bot.app import App
from bot.config import Settings
from bot.effects import health
from bot.errors import Upstream
from bot.services import capacity, incidents

WORK = "probing the cluster"


def interval(settings: Settings) -> timedelta:
    """Return how often to look."""
    return timedelta(seconds=settings.cluster.probe_interval_s)


async def tick(app: App) -> None:
    """Look once; what is wrong opens an incident, what is well again resolves it."""
    try:
        nodes = {node.name: node for node in await app.cluster.nodes()}
        share = await app.cluster.share()
    except Upstream as error:
        await health.failed(app, error, work=WORK)
        return
    await health.answered(app, WORK)
    down = {name: node for name, node in nodes.items() if capacity.is_down(node)}
    for name, node in down.items():
        await incidents.open_once(
            app.desk,
            f"node {name}",
            title=f"Node {name} takes no work",
            cause=f"SLURM calls it {node.state}" + (f": {node.reason}" if node.reason else ""),
            next_step=f"Mend what the reason names, then `scontrol update nodename={name} state=resume`.",
        )
    trouble = capacity.share_trouble(share)
    if trouble is not None:
        await incidents.open_once(
            app.desk,
            "shared folder",
            title="The shared folder of the cluster needs room",
            cause=trouble,
            next_step="Free or add space, or mend the mount; runs cannot save their checkpoints without it.",
        )
    await incidents.resolve_gone(
        app.desk, prefix="node ", still={f"node {name}" for name in down}, resolution="the node takes work again"
    )
    await incidents.resolve_gone(
        app.desk,
        prefix="shared folder",
        still={"shared folder"} if trouble else set(),
        resolution="it has room and can be written again",
    )
