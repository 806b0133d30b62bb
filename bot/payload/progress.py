"""How fast a run trains, and the line of progress.jsonl that says how far it is."""

import time

import torch
from checkpoint import Position
from spec import Spec

GIB = 2**30


class Clock:
    """The seconds that all attempts have trained, and the pace since the last report."""

    def __init__(self, before_s: float) -> None:
        self._began_s = time.monotonic() - before_s
        self.start_pace()

    @property
    def now_s(self) -> float:
        """Seconds of training so far."""
        return time.monotonic() - self._began_s

    def start_pace(self) -> None:
        """Take the pace anew: what a report or a checkpoint takes is not training."""
        self.row_count = 0
        """Rows of all ranks since then."""
        self._since_s = time.monotonic()

    @property
    def rows_per_s(self) -> float:
        """The pace."""
        return self.row_count / max(time.monotonic() - self._since_s, 1e-9)


def progress_line(
    spec: Spec, at: Position, steps: int, reading: dict[str, object], *, device: torch.device
) -> dict[str, object]:
    """Return where the run stands with this reading, how long it has taken and will take, and the memory of its GPU."""
    done_share = (at.epoch + at.step / steps) / spec.epochs
    line: dict[str, object] = {
        "epoch": at.epoch + 1,
        "epochs": spec.epochs,
        **reading,
        "elapsed_s": round(at.elapsed_s, 3),
        "left_s": round(at.elapsed_s * (1 - done_share) / done_share, 3),
    }
    if device.type == "cuda":
        line["gpu_memory_gib"] = round(torch.cuda.max_memory_allocated(device) / GIB, 3)
        line["gpu_memory_total_gib"] = round(torch.cuda.get_device_properties(device).total_memory / GIB, 3)
    return line
