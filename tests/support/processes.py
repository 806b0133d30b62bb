"""Other processes of this machine, by their ids: what they are, and their end."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


def children_of(parent: int) -> list[int]:
    """Return the processes that it has started."""
    with suppress(FileNotFoundError, ProcessLookupError):  # it has ended, before or while it was read
        return [int(child) for child in Path(f"/proc/{parent}/task/{parent}/children").read_text().split()]
    return []


def family_of(parent: int) -> list[int]:
    """Return the process, what it has started, what that has started, and so on."""
    return [parent, *(process for child in children_of(parent) for process in family_of(child))]


def name_of(process: int) -> str:
    """Return the name of what runs under that id; nothing of one that has ended."""
    try:
        state = Path(f"/proc/{process}/stat").read_text()
    except OSError:
        return ""
    name, _, rest = state.partition("(")[2].rpartition(")")
    return "" if rest.split()[0] == "Z" else name


def kill(process: int) -> None:
    """Kill it, unless it has ended."""
    with suppress(ProcessLookupError):
        os.kill(process, signal.SIGKILL)


def runs(process: Path, command: str, marker: str) -> bool:
    """Tell whether a process runs the command and has the marker in its arguments or its environment."""
    try:
        words = (process / "cmdline").read_bytes().decode("utf-8", "replace").split("\0")
        around = (process / "environ").read_bytes().decode("utf-8", "replace")
    except OSError:
        return False  # it has ended meanwhile
    return command in (Path(word).name for word in words[:5]) and marker in " ".join(words) + around


@contextmanager
def paused(*processes: int) -> Iterator[None]:
    """Let them do nothing at all, without ending."""
    for process in processes:
        os.kill(process, signal.SIGSTOP)
    try:
        yield
    finally:
        for process in processes:
            os.kill(process, signal.SIGCONT)
