"""Looks after the cluster itself: nodes that take no work; a shared folder that is full, read-only or not there."""

from datetime import timedelta

from bot.app import App
from bot.config import Settings
from bot.core.said import Said
from bot.effects import health
from bot.errors import Upstream
from bot.ports import Node
from bot.services import capacity, incidents
from bot.things.incident import subjects, words
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
            title=words.NODE_DOWN(node=name),
            cause=state(node),
            next_step=words.MEND_NODE(command=f"scontrol update nodename={name} state=resume"),
        )
    still = [subjects.of_node(name) for name in down]
    await incidents.resolve_gone(app.record, Matter.NODE, still=still, resolution=words.NODE_IS_BACK())


def state(node: Node) -> Said:
    """Return what SLURM says of a node."""
    if node.reason:
        return words.NODE_STATE_AND_REASON(state=node.state, reason=node.reason)
    return words.NODE_STATE(state=node.state)


async def _look_at_share(app: App) -> None:
    trouble = capacity.share_trouble(await app.cluster.share())
    if trouble is None:
        await incidents.recovered(app.record, SHARED_FOLDER, resolution=words.SHARE_IS_WELL())
    else:
        await incidents.open_once(
            app.record, SHARED_FOLDER, title=trouble.title, cause=trouble.cause, next_step=trouble.next_step
        )
