"""What /cluster shows of a cluster that is too large for one card: what matters is on it."""

from dataclasses import replace

import pytest

from bot.core.cards import Card
from bot.core.said import ENGLISH
from bot.core.text import sentence
from bot.ports import Node, Queued, Use
from bot.services.capacity import efficiency_of
from bot.services.cluster_cards import nodes_card, queue_card
from bot.things.run.readings import Progress
from tests.support.databases import RUN
from tests.support.extremes import used


def node(number: int, state: str = "idle") -> Node:
    """Return a node."""
    return Node(f"gpu{number}", state, "gpu", 8, 0, 128, 0, 512, 0, "")


def job(number: int, state: str) -> Queued:
    """Return a job."""
    return Queued(str(number), f"job-{number}", "anan", state, "", 1, None)


def text_of(card: Card) -> str:
    """Return what stands on a card."""
    return "\n".join(card.paragraphs)


def test_nodes_that_are_down_are_not_among_the_75_more():
    """They stand first, the others in the cluster's own order."""
    nodes = [node(number, "down*" if number == 90 else "idle") for number in range(100)]
    lines = text_of(nodes_card(nodes, ENGLISH)).splitlines()

    assert ["**gpu90**", "**gpu0**", "-# and 75 more"] == [lines[0].split()[1], lines[1].split()[1], lines[-1]]


@pytest.mark.parametrize(
    ("running", "waiting", "shown"), [(100, 100, (12, 12)), (100, 3, (22, 3)), (2, 100, (2, 23)), (5, 0, (5, 0))]
)
def test_what_waits_is_not_hidden_behind_what_runs(running, waiting, shown):
    """Each has half of the lines, and what the other needs not; the rest is counted by itself."""
    queue = [job(number, "RUNNING" if number < running else "PENDING") for number in range(running + waiting)]
    said = text_of(queue_card(queue, ENGLISH))
    left = [count for count in (running - shown[0], waiting - shown[1]) if count]

    assert shown == (said.count("🏃"), said.count("⏳"))
    assert [f"-# and {count} more" for count in left] == [line for line in said.splitlines() if line.startswith("-#")]
    assert f"**{running} running**" in said


def test_the_tasks_of_an_array_that_stand_alike_are_one_line():
    """A sweep of a thousand hides nobody's job; what is ours is called as people call it."""
    task = replace(job(0, "PENDING"), name="slipway-sweep-3", reason="JobArrayTaskLimit")
    tasks = [replace(task, job_id=f"7_{at}", gpus=2 if at == 5 else 1) for at in range(1000)]
    other, own = job(8, "PENDING"), replace(job(9, "PENDING"), name="slipway-run-12-2")

    assert [
        "**1,002 waiting**",
        "⏳ 7_0 and 998 more tasks SWP-3 · anan · 1 GPU each · *JobArrayTaskLimit*",
        "⏳ 7_5 SWP-3 · anan · 2 GPU · *JobArrayTaskLimit*",
        "⏳ 8 job-8 · anan · 1 GPU",
        "⏳ 9 RUN-12 · anan · 1 GPU",
    ] == text_of(queue_card([*tasks, other, own], ENGLISH)).splitlines()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("cannot reach the login node", "Cannot reach the login node"),
        ("/srv/data cannot be written", "/srv/data cannot be written"),
        ("sacct: Connection refused", "sacct: Connection refused"),
        ("", ""),
    ],
)
def test_a_sentence_begins_with_a_capital(text, said):
    """But paths and commands stay as they are."""
    assert said == sentence(text)


def test_shares_are_of_all_nodes_together_where_accounting_names_no_amounts():
    """As its own amounts are."""
    run = replace(RUN, resources=replace(RUN.resources, nodes=2, gpus=4, cpus=8, memory_gib=16))
    use = Use(run.key, "7", "slipway", 0.0, 60.0, 0.5, 0.25)
    said = Progress(3, 9, 0.5, "accuracy", 0.7, 1.0, 8.0, gpu_share=0.9)

    assert used((8, 0.9), (16, 0.5), (32, 0.25)) == efficiency_of(run, use, said).shares
