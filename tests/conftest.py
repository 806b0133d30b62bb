"""For all tests: where the official API descriptions are, and which tests of a whole run one process does in a row."""

import os

import pytest

from tests.support.specs import SPECS

if SPECS is not None:
    os.environ["SLIPWAY_SPECS"] = str(SPECS)


def pytest_itemcollected(item: pytest.Item) -> None:
    """Keep the tests of a file together, and all that need a cluster, which is brought up once: `--dist loadgroup`."""
    file = item.nodeid.partition("::")[0]
    item.add_marker(pytest.mark.xdist_group("clusters" if _needs_cluster(item) else file))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put those that need a cluster first: they wait for SLURM's clocks while the others use the processors."""
    items.sort(key=lambda item: not _needs_cluster(item))


def _needs_cluster(item: pytest.Item) -> bool:
    return "site" in getattr(item, "fixturenames", ())
