"""How fast a run trains, when it saves, and the line of progress.jsonl that says how far it is."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from checkpoint import Position
from spec import Spec

GIB = 2**30
REPORT_INTERVAL_S = 0.02
SAVING_SHARE = 0.01
"""Checkpoints take about this share of the time, ..."""
LONGEST_UNSAVED_S = 600.0
"""... or more where a kill would lose so much otherwise."""


class Clock:
    """The seconds that all attempts have trained, the pace since the last report, and when to save."""

    def __init__(self, before_s: float) -> None:
        self._began_s = time.monotonic() - before_s
        self._save_at_s = time.monotonic() + LONGEST_UNSAVED_S
        self.saves = 0
        """Checkpoints of this attempt."""
        self._report_at_s = self._epoch_at_s = 0.0
        self.start_pace(0)

    @property
    def now_s(self) -> float:
        """Seconds of training so far."""
        return time.monotonic() - self._began_s

    @property
    def is_save_due(self) -> bool:
        """Whether the next checkpoint should not wait."""
        return time.monotonic() > self._save_at_s

    @property
    def is_report_due(self) -> bool:
        """Whether somebody may want to hear how far it is within the epoch."""
        return time.monotonic() >= self._report_at_s

    @property
    def is_epoch_due(self) -> bool:
        """Whether this epoch's end is told: epochs of milliseconds are not told one by one, all others are."""
        return time.monotonic() >= self._epoch_at_s

    def reported(self, *, is_epoch: bool) -> None:
        """Note that it was told."""
        self._report_at_s = time.monotonic() + REPORT_INTERVAL_S
        if is_epoch:
            self._epoch_at_s = self._report_at_s

    @contextmanager
    def saving(self) -> Iterator[None]:
        """Note how long the block takes to save, and so when it is due again."""
        began_s = time.monotonic()
        yield
        ended_s = time.monotonic()
        self._save_at_s = ended_s + min((ended_s - began_s) / SAVING_SHARE, LONGEST_UNSAVED_S)
        self.saves += 1

    def start_pace(self, step: int) -> None:
        """Take the pace anew from this step of the epoch: what a report or a checkpoint takes is not training."""
        self._since_step, self._since_s = step, time.monotonic()

    def steps_per_s(self, step: int) -> float:
        """Return the pace up to this step."""
        return (step - self._since_step) / max(time.monotonic() - self._since_s, 1e-9)


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
