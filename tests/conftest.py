"""For all tests: where the official API descriptions are, and which tests of a whole run one process does in a row."""

import os
from collections.abc import Sequence

import pytest

from tests.support.specs import SPECS

if SPECS is not None:
    os.environ["SLIPWAY_SPECS"] = str(SPECS)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep the tests of a file together for `--dist loadgroup`, and all that need a cluster, which is brought up once.

    Those come first: they wait for SLURM's clocks while the others use the processors.
    """
    names = {id(item): _group(item.path.stem, getattr(item, "fixturenames", ())) for item in items}
    items.sort(key=lambda item: names[id(item)] != CLUSTERS)
    for item in items:
        item.add_marker(pytest.mark.xdist_group(names[id(item)]))


CLUSTERS = "clusters"


def _group(file: str, fixtures: Sequence[str]) -> str:
    return CLUSTERS if "site" in fixtures else file
