"""For all tests: where the official API descriptions are, and which tests of a whole run one process does in a row."""

import os
from typing import Any

import pytest
from xdist.scheduler import LoadFileScheduling

from tests.support.specs import SPECS

if SPECS is not None:
    os.environ["SLIPWAY_SPECS"] = str(SPECS)

CLUSTERS = "tests/cluster/"
"""The folder whose tests need clusters, each of which takes half a minute to bring up."""


class ByFile(LoadFileScheduling):
    """Gives each process a file at a time, and all that need a cluster to one, which brings each up once."""

    def _split_scope(self, nodeid: str) -> str:
        return "clusters" if nodeid.startswith(CLUSTERS) else super()._split_scope(nodeid)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByFile:
    """Share out the tests so; `--dist loadgroup` of xdist 3.8 does nothing with pytest 9.2."""
    return ByFile(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put those that need a cluster first: they wait for SLURM's clocks while the others use the processors."""
    items.sort(key=lambda item: not item.nodeid.startswith(CLUSTERS))
