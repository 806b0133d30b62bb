"""The tests' own Python with all its libraries, where the account that jobs run as can reach it."""

import os
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.need import lacking


@contextmanager
def python_for_all(folder: Path) -> Iterator[Path]:
    """Give a command that runs it: what lies below somebody's home is reached through a mount beside it."""
    there = folder / "python"
    there.mkdir(parents=True)
    mount: list[str | Path] = ["mount", "--bind", "--options", "ro", sys.base_prefix, there]
    if os.geteuid() != 0 or subprocess.run(mount, check=False, capture_output=True).returncode:
        lacking("the right to mount a folder a second time")
    libraries = there.with_name("libraries")
    libraries.mkdir()
    subprocess.run(["mount", "--bind", "--options", "ro", sysconfig.get_path("purelib"), libraries], check=True)
    command = folder / "python.sh"
    name = f"python{sys.version_info.major}.{sys.version_info.minor}"
    command.write_text(f'#!/bin/sh\nPYTHONPATH={libraries} exec {there}/bin/{name} "$@"\n')
    command.chmod(0o755)
    try:
        yield command
    finally:
        subprocess.run(["umount", "--lazy", libraries, there], check=True)
