"""How fast a run trains, what it uses, when it saves, and the line of progress.jsonl that says how far it is."""

import resource
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from checkpoint import Position
from spec import Spec

KIB, GIB = 2**10, 2**30
REPORT_INTERVAL_S = 0.05
SAVING_SHARE = 0.005
"""Checkpoints take about this share of the time, ..."""
LONGEST_UNSAVED_S = 600.0
"""... or more where a kill would lose so much otherwise."""
GPU_INTERVAL_S = 1.0
"""Asking a GPU how busy it is takes a millisecond."""


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


class GpuWatch:
    """How much of its time the GPU was busy: the mean of what its driver said now and then, 0 to 1."""

    def __init__(self, device: torch.device) -> None:
        self._device = device
        self._file = busy_file(torch.cuda.get_device_properties(device)) if device.type == "cuda" else None
        self._asked_at_s = 0.0
        self._sum, self._count = 0.0, 0

    @property
    def share(self) -> float | None:
        """What was seen so far, looked at again when the last look is old; None where no driver says it."""
        if self._device.type == "cuda" and time.monotonic() >= self._asked_at_s + GPU_INTERVAL_S:
            self._asked_at_s = time.monotonic()
            if (share := busy_share(self._file, self._device)) is not None:
                self._sum, self._count = self._sum + share, self._count + 1
        return self._sum / self._count if self._count else None


def busy_file(gpu: Any, *, devices: Path = Path("/sys/bus/pci/devices")) -> Path | None:
    """Return the file in which AMD's driver says how busy a GPU of these properties is, in per cent; None without one.

    Source:
        https://docs.kernel.org/gpu/amdgpu/thermal.html#gpu-busy-percent
    """
    place = f"{getattr(gpu, 'pci_domain_id', 0):04x}:{gpu.pci_bus_id:02x}:{gpu.pci_device_id:02x}.0"
    path = devices / place / "gpu_busy_percent"
    return path if path.is_file() else None


def busy_share(file: Path | None, device: torch.device) -> float | None:
    """Return how busy the GPU is at this moment, 0 to 1: by AMD's file, else by NVIDIA's library where it is there."""
    try:
        return (int(file.read_text()) if file else torch.cuda.utilization(device)) / 100
    except (OSError, ValueError, RuntimeError, ImportError):
        return None


def progress_line(
    spec: Spec, at: Position, steps: int, reading: dict[str, object], *, gpu: GpuWatch, device: torch.device
) -> dict[str, object]:
    """Return where the run stands with this reading, how long it has taken and will take, and what it uses."""
    done_share = (at.epoch + at.step / steps) / spec.epochs
    line: dict[str, object] = {
        "epoch": at.epoch + 1,
        "epochs": spec.epochs,
        **reading,
        "elapsed_s": round(at.elapsed_s, 3),
        "left_s": round(at.elapsed_s * (1 - done_share) / done_share, 3),
        "memory_gib": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * KIB / GIB, 3),
    }
    if device.type == "cuda":
        line["gpu_memory_gib"] = round(torch.cuda.max_memory_allocated(device) / GIB, 3)
        line["gpu_memory_total_gib"] = round(torch.cuda.get_device_properties(device).total_memory / GIB, 3)
    if (share := gpu.share) is not None:
        line["gpu_share"] = round(share, 3)
    return line
