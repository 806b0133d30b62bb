"""Holds the tests of this folder to what it promises: no I/O, so that they are fast and nothing outside fails them."""

import sys
from collections.abc import Iterator
from contextvars import ContextVar
from typing import Any

import pytest

IO = {
    "os.mkdir",
    "os.rename",
    "os.remove",
    "os.system",
    "socket.bind",
    "socket.connect",
    "socket.getaddrinfo",
    "sqlite3.connect",
    "subprocess.Popen",
    "tempfile.mkstemp",
    "tempfile.mkdtemp",
}
"""Events of Python's audit hooks. Source: docs.python.org, Audit events table."""
KEPT_BY_TOOLS = ("__pycache__", ".hypothesis")
READ_BY_IMPORTS = (".py", ".pyc", ".so")
_is_forbidden: ContextVar[bool] = ContextVar("_is_forbidden", default=False)


def _watch(event: str, args: tuple[Any, ...]) -> None:
    if not _is_forbidden.get() or (args and any(name in str(args[0]) for name in KEPT_BY_TOOLS)):
        return
    if event in IO or (event == "open" and isinstance(args[0], str) and not args[0].endswith(READ_BY_IMPORTS)):
        raise AssertionError(f"a unit test does no I/O, and this is some: {event} {args[:1]}; tests/parts is for that")


sys.addaudithook(_watch)


@pytest.fixture(autouse=True)
def _no_io() -> Iterator[None]:
    token = _is_forbidden.set(True)
    yield
    _is_forbidden.reset(token)
