"""What the cluster would do with a plan and what it waits for: told alike on the card of a run and of a sweep."""

from collections.abc import Iterator
from datetime import datetime

from bot.core.cards import ButtonStyle
from bot.core.said import Said
from bot.core.text import clip
from bot.core.values import Ref, Stage
from bot.core.view import Offer
from bot.things.run import words
from bot.things.run.model import Resources
from bot.things.run.readings import Outlook

SHOWN_ADDITION = 200


def start(outlook: Outlook | None, *, is_cluster_away: bool) -> Iterator[Said]:
    """Yield when the cluster says that a plan would start, or why it would not, and what it said besides."""
    if outlook is None:
        yield words.STARTS_UNKNOWN() if is_cluster_away else words.STARTS_ASKED()
        return
    yield words.AS_OF(when=_when(outlook), at=outlook.at)
    if outlook.said:
        yield words.SLURM_ADDS(said=clip(outlook.said, SHOWN_ADDITION))


def _when(outlook: Outlook) -> Said:
    if outlook.refused:
        if outlook.nearest:
            return words.NOT_TAKEN_NEAREST(refused=outlook.refused, nearest=outlook.nearest)
        return words.NOT_TAKEN(refused=outlook.refused)
    if outlook.is_at_once:
        return words.STARTS_AT_ONCE()
    return words.STARTS_AT(at=outlook.starts_at) if outlook.starts_at else words.STARTS_UNSAID()


def offers(outlook: Outlook | None, run: Ref, *, launch: str, discard: str) -> Iterator[Offer]:
    """Yield the presses that fit a plan: what the cluster would not take is not launched."""
    if outlook is None or outlook.refused is None:
        yield Offer(words.LAUNCH(), launch, ButtonStyle.SUCCESS)
    if outlook and outlook.script is not None:
        yield Offer(words.SHOW_SCRIPT(), f"script:{run}")
    yield Offer(words.DISCARD(), discard)


def asked(resources: Resources) -> Iterator[Said]:
    """Yield what is asked of the cluster."""
    of = {
        "nodes": resources.nodes,
        "gpus": resources.gpus,
        "cpus": resources.cpus,
        "memory_gib": resources.memory_gib,
    }
    yield words.ASKS_OF(**of, kind=resources.gpu_type) if resources.gpu_type else words.ASKS(**of)
    yield words.AT_MOST(limit=resources.time_limit_min * 60)
    yield words.PARTITION(partition=resources.partition)
    if resources.account:
        yield words.ACCOUNT(account=resources.account)
    if resources.qos:
        yield words.QOS(qos=resources.qos)
    if resources.exclude:
        yield words.NOT_ON(nodes=resources.exclude)


def cluster_away(stage: Stage, since: datetime) -> Said:
    """Return that the cluster cannot be asked, with what becomes of what stands so."""
    phrases = {Stage.PLANNED: words.CLUSTER_AWAY_PLANNED, Stage.ORDERED: words.CLUSTER_AWAY_ORDERED}
    return phrases.get(stage, words.CLUSTER_AWAY)(since=since)
