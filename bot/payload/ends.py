"""How a run can end: its exit codes, the kinds of trouble behind them, and end.json, the run's last words."""

import contextlib
import json
from dataclasses import dataclass
from pathlib import Path

from files import write_json

CRASHED = 1
BAD_SPEC = 84
SAVED_AND_STOPPED = 85
OUT_OF_MEMORY = 86
DIVERGED = 87
DATA_MISSING = 88
DISK_FULL = 89
BAD_CHECKPOINT = 90

KINDS = {
    0: "done",
    CRASHED: "code",
    BAD_SPEC: "bad settings",
    SAVED_AND_STOPPED: "stopped",
    OUT_OF_MEMORY: "out of memory",
    DIVERGED: "diverged",
    DATA_MISSING: "data",
    DISK_FULL: "disk full",
    BAD_CHECKPOINT: "data",
}
"""What kind of end each exit code is."""
OUT_OF_GPU_MEMORY = "out of GPU memory"
"""The kind of OUT_OF_MEMORY on a GPU."""


class Problem(Exception):
    """A run that cannot go on: a sentence for its log, and the exit code that says which kind of trouble it is."""

    def __init__(self, sentence: str, code: int) -> None:
        super().__init__(sentence)
        self.code = code


@dataclass(frozen=True)
class End:
    """How a run ended."""

    code: int
    said: str
    kind: str = ""
    """Where it is not just that of the code."""


def write_end(directory: Path, end: End, *, epoch: int, step: int, rank: int) -> None:
    """Write end.json, whole. A disk that cannot take it changes nothing: the exit code and the log say it too."""
    words = {"code": end.code, "kind": end.kind or KINDS[end.code], "said": end.said}
    with contextlib.suppress(OSError):
        write_json(directory / "end.json", {**words, "epoch": epoch, "step": step, "rank": rank})


def told_end(directory: Path) -> End | None:
    """Return what end.json says; None where there is none that can be read."""
    with contextlib.suppress(OSError, ValueError, KeyError):
        words = json.loads((directory / "end.json").read_text(encoding="utf-8"))
        return End(words["code"], words["said"], words["kind"])
    return None
