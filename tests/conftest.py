"""For all tests: where the official API descriptions are, and which tests of a whole run one process does in a row."""

import gc
import os
import re
from typing import Any

import pytest
import structlog
from xdist.scheduler import LoadFileScheduling

from tests.support.shares import Shares
from tests.support.specs import SPECS

if SPECS is not None:
    os.environ["SLIPWAY_SPECS"] = str(SPECS)

structlog.configure(processors=[structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)])

TOGETHER = {
    r"tests/cluster/test_(faults|traps|payload_on_slurm).*(real|on_slurm)": "a real cluster that is broken",
    r"tests/cluster/.*real": "a real cluster",
    r"tests/cluster/": "other clusters",
    r"tests/page/test_(axe\.|desk|road|tour|troubles)": "a world's page",
    r"tests/page/": "a town's page",
    r"tests/world/asking/": "a world that is asked",
    r"tests/world/working/": "a world that works",
    r"tests/vendors/test_(endpoints|smoke_request)": "azure",
}
"""Which tests, by their ids, one process does in a row, as they share what is slow to start: the first that fits."""
LONGEST_FIRST = (
    "a real cluster",
    "a world's page",
    "other clusters",
    "tests/world/",
    "a world that ",
    "a town's page",
    "tests/payload/",
    "azure",
    "tests/vendors/",
    "tests/discord/",
)
"""How these groups begin, so that no process is left with much to do while the others have ended."""
ANY_ORDER = ("tests/unit/", "tests/property/", "tests/parts/", "tests/rules/", "tests/store/")
"""Folders whose tests share nothing that is slow to start, so that they may be mixed."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let it be asked where the processor time goes."""
    parser.addoption("--cpu-shares", action="store_true", help="tell where the processor time goes")


def pytest_configure(config: pytest.Config) -> None:
    """Note the processor time where it is asked for."""
    if config.getoption("--cpu-shares"):
        config.pluginmanager.register(Shares())


class ByGroup(LoadFileScheduling):
    """Gives each process a group of tests at a time: those that share what is slow to start, or a file's."""

    def _split_scope(self, nodeid: str) -> str:
        return group_of(nodeid, is_mixed=_is_mixed(self.config))


def group_of(nodeid: str, *, is_mixed: bool) -> str:
    """Return which tests this one is done with."""
    if is_mixed and nodeid.startswith(ANY_ORDER):
        return nodeid
    groups = (group for pattern, group in TOGETHER.items() if re.match(pattern, nodeid))
    return next(groups, _file_of(nodeid))


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByGroup:
    """Share out the tests so; `--dist loadgroup` of xdist 3.8 does nothing with pytest 9.2."""
    return ByGroup(config, log)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Put the longest groups first, and the tests of a file together unless its folder is to be mixed.

    The tests of a file come in a random order where they share nothing, and everywhere if files are to be mixed.
    """
    is_mixed = _is_mixed(config)
    if not is_mixed:
        items.sort(key=_line)
    group = {item.nodeid: group_of(item.nodeid, is_mixed=is_mixed) for item in items}
    place_of: dict[str, int] = {}
    for item in items:
        place_of.setdefault(_file_of(item.nodeid), len(place_of))

    def place(item: pytest.Item) -> tuple[int, str, int]:
        of = group[item.nodeid]
        longest = next((at for at, begins in enumerate(LONGEST_FIRST) if of.startswith(begins)), len(LONGEST_FIRST))
        return (longest, "", 0) if of == item.nodeid else (longest, of, place_of[_file_of(item.nodeid)])

    items.sort(key=place)


@pytest.hookimpl(trylast=True)
def pytest_collection_finish() -> None:
    """Never look again for garbage among what was imported: it stays, and to look is a seventh of the unit tests."""
    gc.collect()
    gc.freeze()


def _line(item: pytest.Item) -> tuple[str, int]:
    """Return where a test stands, for those that come as they are written."""
    path, line, _ = item.location
    return ("", 0) if item.nodeid.startswith(ANY_ORDER) else (path, line or 0)


def _file_of(nodeid: str) -> str:
    return nodeid.partition("::")[0]


def _is_mixed(config: pytest.Config) -> bool:
    return bool(config.getoption("random_order_bucket") == "global")
