"""A small file system of one's own that can be filled to the last byte, where the machine lets us mount one."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.need import lacking

PIECE_BYTES = 4096


@contextmanager
def small_disk(folder: Path, *, size_mib: int) -> Iterator[bool]:
    """Mount a tmpfs on the folder for the length of the block; gives False where that is not allowed."""
    folder.mkdir(parents=True, exist_ok=True)
    argv = ["mount", "-t", "tmpfs", "-o", f"size={size_mib}m", "tmpfs", str(folder)]
    is_mounted = os.geteuid() == 0 and subprocess.run(argv, capture_output=True, check=False).returncode == 0
    try:
        yield is_mounted
    finally:
        if is_mounted:
            subprocess.run(["umount", "--lazy", str(folder)], check=True)


@contextmanager
def filled(folder: Path) -> Iterator[None]:
    """Fill the file system that the folder is on for the length of the block; skips where it is not a small one."""
    if not folder.is_mount():
        lacking("root and the right to mount a tmpfs")
    ballast = folder / "ballast"
    try:
        with ballast.open("wb", buffering=0) as file:
            try:
                while True:
                    file.write(b"\0" * PIECE_BYTES)
            except OSError:
                pass  # full, which is what we want
        yield
    finally:
        ballast.unlink(missing_ok=True)
