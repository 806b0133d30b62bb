"""What is said to a request before it is sent: the nearest possible one, and what is left of a budget."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from bot.ports import Node
from bot.services.planning import nearest
from bot.things.requirement.budget import Budget
from bot.things.run.budget import gpu_h_at_most
from bot.things.run.model import Resources

NODES = st.builds(
    Node,
    name=st.sampled_from(["gpu1", "gpu2", "gpu3", "gpu4"]),
    state=st.just("idle"),
    partition=st.sampled_from(["gpu", "long"]),
    gpus=st.integers(0, 8),
    gpus_used=st.just(0),
    cpus=st.integers(1, 128),
    cpus_used=st.just(0),
    memory_gib=st.floats(1, 512),
    memory_used_gib=st.just(0.0),
    reason=st.just(""),
)
ASKED = st.builds(
    Resources,
    partition=st.just("gpu"),
    nodes=st.integers(1, 8),
    gpus=st.integers(0, 16),
    cpus=st.integers(1, 256),
    memory_gib=st.integers(1, 1024),
    time_limit_min=st.integers(1, 10_000),
)


@given(ASKED, st.lists(NODES, max_size=6))
def test_the_nearest_request_is_one_that_nodes_can_serve(asked: Resources, nodes: list[Node]):
    """Never more than was asked for, and as many nodes as it names have all of it; none where there is no node."""
    possible = nearest(asked, nodes)
    there = {node.name: node for node in nodes if node.partition == "gpu"}.values()

    if not there:
        assert possible is None
        return
    assert possible is not None
    able = [
        node
        for node in there
        if node.gpus >= possible.gpus and node.cpus >= possible.cpus and node.memory_gib >= possible.memory_gib
    ]
    assert 1 <= possible.nodes <= min(asked.nodes, len(able))
    assert (possible.gpus, possible.cpus, possible.memory_gib) <= (asked.gpus, asked.cpus, asked.memory_gib)
    assert possible.gpus == min(asked.gpus, max(node.gpus for node in there))


def test_no_more_time_than_the_partition_permits():
    """A request that only asks for too long is possible with what is permitted; a partition may have no limit."""
    node = Node("gpu1", "idle", "gpu", 4, 4, 64, 64, 250.0, 250.0, "", time_limit_min=30)
    asked = Resources("gpu", 1, 4, 64, 250, 60)

    assert replace(asked, time_limit_min=30) == nearest(asked, [node])
    assert asked == nearest(asked, [replace(node, time_limit_min=None)])


def test_a_possible_request_is_its_own_nearest():
    """Nothing is taken away from it."""
    node = Node("gpu1", "idle", "gpu", 4, 4, 64, 64, 250.0, 250.0, "")
    asked = Resources("gpu", 1, 4, 64, 250, 60)

    assert asked == nearest(asked, [node])


def test_a_budget_says_what_is_left():
    """Used and promised both count; it is never below nothing."""
    assert "3.0 used, 1.5 promised to open runs, 5.5 of 10 left" == str(Budget(10, 3, 1.5).said)
    assert "12.0 used, 0.0 promised to open runs, 0.0 of 10 left" == str(Budget(10, 12, 0).said)
    assert "3.0 used, 0.0 promised to open runs, no limit set" == str(Budget(None, 3, 0).said)
    assert 16.0 == gpu_h_at_most(Resources("gpu", 2, 4, 1, 1, 120))
