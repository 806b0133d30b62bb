"""Where the processor time of a run goes, by folder and for the dearest files: a plugin, asked for by `--cpu-shares`.

Counted is what the test processes and their descendants used, the living ones included. What made itself a daemon, such
as a real SLURM's or PostgreSQL's, is not.
"""

import os
from collections import defaultdict
from collections.abc import Generator, Mapping
from typing import Any

import psutil
import pytest

COLLECTING = "(collecting)"
SHOWN = 15


class Shares:
    """Notes what each file has cost so far."""

    def __init__(self) -> None:
        self.cpu_s: dict[str, float] = defaultdict(float)
        self._counted_s = 0.0

    @pytest.hookimpl(trylast=True)
    def pytest_collection_finish(self) -> None:
        """Count what importing the tests has cost."""
        self._count(COLLECTING)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(
        self, item: pytest.Item, nextitem: pytest.Item | None
    ) -> Generator[None, object, object]:
        """Count a file's tests after the last of them, with the fixtures that end there."""
        result = yield
        if nextitem is None or _file_of(nextitem) != _file_of(item):
            self._count(_file_of(item))
        return result

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Hand the figures to the process that tells them."""
        output = getattr(session.config, "workeroutput", None)
        if output is not None:
            output["cpu_s"] = dict(self.cpu_s)

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Take a process's figures."""
        for path, cpu_s in getattr(node, "workeroutput", {}).get("cpu_s", {}).items():
            self.cpu_s[path] += cpu_s

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Tell the shares."""
        whole_s = sum(self.cpu_s.values()) or 1.0
        folders: dict[str, float] = defaultdict(float)
        for path, cpu_s in self.cpu_s.items():
            folders[os.path.dirname(path) or path] += cpu_s  # noqa: PTH120 - part of a test's id
        terminalreporter.section(f"where {whole_s:.0f} s of CPU went")
        for heading, costs in (("by folder", folders), ("the dearest files", self.cpu_s)):
            terminalreporter.write_line(f"{heading}:")
            for name, cpu_s in _dearest(costs)[:SHOWN]:
                terminalreporter.write_line(f"{cpu_s / whole_s:6.1%} {cpu_s:7.1f} s  {name}")

    def _count(self, name: str) -> None:
        now_s = _used_s()
        self.cpu_s[name] += max(0.0, now_s - self._counted_s)
        self._counted_s = max(self._counted_s, now_s)


def _dearest(costs_s: Mapping[str, float]) -> list[tuple[str, float]]:
    return sorted(costs_s.items(), key=lambda item: -item[1])


def _file_of(item: pytest.Item) -> str:
    return item.nodeid.partition("::")[0]


def _used_s() -> float:
    """Return the CPU seconds of this process, its children that ended, and its descendants that live."""
    own = os.times()
    used_s = own.user + own.system + own.children_user + own.children_system
    for process in psutil.Process().children(recursive=True):
        try:
            times = process.cpu_times()
        except psutil.Error:
            continue  # it ended meanwhile
        used_s += times.user + times.system + times.children_user + times.children_system
    return used_s
