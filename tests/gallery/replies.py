"""What only the one who asked sees, as cards: lists, the state of things, the cluster, comparisons."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

from bot.config import load
from bot.core.said import ENGLISH
from bot.core.values import Kind, Ref, Stage
from bot.core.words import QUOTED
from bot.ports import Due, Node, Queued, Share
from bot.services.capacity import Efficiency
from bot.services.cluster_cards import nodes_card, queue_card, status_card, usage_card
from bot.services.comparing import comparison_card
from bot.services.overview import status_card as overview_card
from bot.services.views import run_list
from bot.things.monitor.card import listed
from bot.things.monitor.model import Monitor
from bot.things.monitor.rules import MONITOR
from bot.things.recipe.card import recipe_card, recipe_list
from bot.things.recipe.sample import FORMS_READER
from bot.things.requirement.card import requirement_list
from bot.things.rollout.model import Rollout
from bot.things.rollout.rules import ROLLOUT
from bot.things.run.model import Run
from bot.wiring import PAYLOAD, recipes_of
from tests.gallery import charts
from tests.gallery.exhibit import Exhibit
from tests.gallery.things import (
    ANAN,
    COMPARED,
    INCIDENT,
    NOW,
    PREECHA,
    REQUIREMENT,
    RUN,
    SWEEP,
    sample_at,
    stages_of,
)
from tests.gallery.variants import EMOJI, THAI_TITLE
from tests.support.extremes import used
from tests.support.ports import EXAMPLE

S = Stage
LISTED = 25
MANY = 100


def lists() -> Iterator[Exhibit]:
    """Yield the lists: empty, and as long as they get."""
    yield Exhibit("no requirement", requirement_list((), ENGLISH), command="requirement list")
    stages = [stage for stage in stages_of(Kind.REQUIREMENT) if stage is not S.WITHDRAWN]
    wanted = [
        replace(
            REQUIREMENT,
            number=LISTED - place,
            stage=stages[place % len(stages)],
            title=(REQUIREMENT.title, THAI_TITLE, f"Parcels {EMOJI}")[place % 3],
            claimed_by=None if stages[place % len(stages)] is S.FILED else ANAN,
        )
        for place in range(LISTED)
    ]
    yield Exhibit("requirements", requirement_list(wanted, ENGLISH), command="requirement list")
    yield Exhibit("no run", run_list((), ENGLISH), command="train list")
    yield Exhibit(
        "runs", run_list([SWEEP, *(_run(place) for place in range(1, LISTED))], ENGLISH), command="train list"
    )
    watched = MONITOR.samples[0].thing
    assert isinstance(watched, Monitor)
    yield Exhibit("no monitor", listed((), ENGLISH), command="monitor show")
    yield Exhibit(
        "monitors",
        listed([watched, replace(watched, number=2, endpoint="slipway-req-9")], ENGLISH),
        command="monitor show",
    )


def _run(place: int) -> Run:
    stages = stages_of(Kind.RUN)
    stage = stages[place % len(stages)]
    run = sample_at(Kind.RUN, stage).thing if stage in (S.SUCCEEDED, S.FAILED) else RUN
    assert isinstance(run, Run)
    return replace(run, number=LISTED - place, stage=stage)


def status() -> Iterator[Exhibit]:
    """Yield the card of `/status`: at the start, when all is well, and in trouble."""
    none: dict[Kind, dict[str, int]] = {
        kind: {} for kind in (Kind.REQUIREMENT, Kind.RUN, Kind.AUDIT, Kind.ROLLOUT, Kind.RECOMMENDATION)
    }
    yield Exhibit("nothing yet", overview_card(none, (), (), (), ENGLISH, troubles=()), command="status")
    some = none | {
        Kind.REQUIREMENT: {"filed": 2, "claimed": 3, "fulfilled": 1},
        Kind.RUN: {stage.value: 3 for stage in stages_of(Kind.RUN)},
        Kind.ROLLOUT: {"live": 1},
    }
    live = [one.thing for one in ROLLOUT.samples if isinstance(one.thing, Rollout) and one.thing.stage is S.LIVE]
    yield Exhibit("all is well", overview_card(some, (), live, (), ENGLISH, troubles=()), command="status")
    incidents = (
        INCIDENT,
        replace(
            INCIDENT, number=8, title=QUOTED(text="The cluster does not answer as it should"), stage=S.ACKNOWLEDGED
        ),
    )
    due = Due(1, Ref(Kind.RUN, 31), "cluster.submit", "cluster", {}, 4, NOW)
    waiting = ((due, "cluster: cannot reach the login node: connection refused"),)
    yield Exhibit(
        "trouble", overview_card(some, incidents, live, waiting, ENGLISH, troubles=("cluster",)), command="status"
    )


def cluster() -> Iterator[Exhibit]:
    """Yield the cluster's cards: well, in trouble, empty, and with a hundred rows."""
    nodes, queue = [_node(place) for place in range(4)], [_job(place) for place in range(5)]
    share = Share(size_gib=2000, used_gib=640, inodes=10_000_000, inodes_used=310_000)
    yield Exhibit("cluster", status_card(nodes[:3], queue, share, ENGLISH), command="cluster status")
    lost = [replace(nodes[0], state="down*", reason="Not responding"), *nodes[1:]]
    full = replace(share, used_gib=1950, complaint="head: write error: Read-only file system")
    yield Exhibit(
        "cluster, in trouble",
        status_card(lost, queue, full, ENGLISH),
        command="cluster status",
    )
    yield Exhibit("nodes", nodes_card(lost, ENGLISH), command="cluster nodes")
    yield Exhibit("no node", nodes_card((), ENGLISH), command="cluster nodes")
    crowd = [replace(_node(place % 3 if place % 30 else 3), name=f"gpu{place + 1}") for place in range(MANY)]
    yield Exhibit("a hundred nodes", nodes_card(crowd, ENGLISH), command="cluster nodes")
    yield Exhibit("queue", queue_card(queue, ENGLISH), command="cluster queue")
    yield Exhibit("an empty queue", queue_card((), ENGLISH), command="cluster queue")
    yield Exhibit(
        "a hundred jobs", queue_card([_job(place) for place in range(MANY)], ENGLISH), command="cluster queue"
    )


def _node(place: int) -> Node:
    return Node(
        name=f"gpu{place + 1}",
        state=("idle", "mixed", "allocated", "drained")[place % 4],
        partition="gpu",
        gpus=8,
        gpus_used=(0, 3, 8, 0)[place % 4],
        cpus=128,
        cpus_used=(0, 12, 128, 0)[place % 4],
        memory_gib=512,
        memory_used_gib=(0, 24, 500, 0)[place % 4],
        reason="" if place % 4 != 3 else "fan 2 is loud",
    )


def _job(place: int) -> Queued:
    is_running = place % 5 < 2
    return Queued(
        job_id=str(4700 + place),
        name=f"slipway-run-{place + 1}-1",
        user=("slipway", "anan", "physics")[place % 3],
        state="RUNNING" if is_running else "PENDING",
        reason="" if is_running else ("Resources", "Priority", "QOSMaxGRESPerUser")[place % 3],
        gpus=1 + place % 4,
        starts_at=NOW + _from_now(place, is_running=is_running) if place % 5 != 4 else None,
    )


def _from_now(place: int, *, is_running: bool) -> timedelta:
    """Return when a job began, or may begin; half an hour more, since a moment passes before it is looked at."""
    return timedelta(minutes=-30 * (place + 1)) if is_running else timedelta(hours=place, minutes=30)


def usage() -> Iterator[Exhibit]:
    """Yield GPU hours: none, some with a hint, a hundred requirements."""
    yield Exhibit("no use", usage_card({}, (), ENGLISH, job_count=0), command="cluster usage")
    some = {"REQ-12": {f"<@{ANAN}>": 3.2, f"<@{PREECHA}>": 0.4}, "others": {"physics": 11.5}}
    ended = [
        Efficiency(number, used((1, 0.83), (4, 0.11 if number % 2 else 0.7), (8, 0.4)))
        for number in range(31, 31 + MANY)
    ]
    yield Exhibit("use", usage_card(some, ended[:2], ENGLISH, job_count=14), charts.usage(), command="cluster usage")
    many = {f"REQ-{number}": {f"<@{ANAN}>": number / 7} for number in range(1, MANY + 1)}
    yield Exhibit(
        "use of a hundred requirements", usage_card(many, ended, ENGLISH, job_count=MANY), command="cluster usage"
    )


def comparison() -> Iterator[Exhibit]:
    """Yield comparisons: two that are the same, and eight that differ."""
    same = [replace(RUN, number=number) for number in (30, 31)]
    yield Exhibit("two alike, without results", comparison_card(same, ENGLISH), command="train compare")
    yield Exhibit("eight that differ", comparison_card(COMPARED, ENGLISH), charts.comparison(), command="train compare")


def recipes() -> Iterator[Exhibit]:
    """Yield the list of recipes, and one that ships with the bot and one of a team's own."""
    shipped = recipes_of(load(EXAMPLE), PAYLOAD)
    yield Exhibit("recipes", recipe_list(shipped | {"forms_reader": FORMS_READER}, ENGLISH), command="recipe list")
    yield Exhibit("a recipe of the bot", recipe_card(shipped["image_classifier"], ENGLISH), command="recipe show")
    yield Exhibit("a recipe of a team", recipe_card(FORMS_READER, ENGLISH), command="recipe show")
