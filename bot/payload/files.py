"""Files that are whole or absent: written beside, flushed to disk, renamed; and the digest of a directory."""

import hashlib
import json
import os
import shutil
from pathlib import Path


def write_whole(path: Path, content: bytes) -> None:
    """Replace the file so that a reader, or a crash at any moment, meets the old content or the new, never a part."""
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with beside.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)  # on a full disk the part that was written would stay in the way
    sync_directory(path.parent)


def write_json(path: Path, value: object) -> None:
    """Replace the file by JSON. NaN and infinity are refused with ValueError: they are not JSON."""
    write_whole(path, json.dumps(value, allow_nan=False, indent=1).encode())


def replace_directory(path: Path, beside: Path) -> None:
    """Put the finished directory `beside` in the place of `path`."""
    if path.exists():
        shutil.rmtree(path)
    beside.rename(path)
    sync_directory(path.parent)


def append_line(path: Path, value: object) -> None:
    """Append one line of JSON by one write, so that a reader meets whole lines."""
    line = json.dumps(value, allow_nan=False).encode() + b"\n"
    handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    try:
        os.write(handle, line)
    finally:
        os.close(handle)  # on a shared file system others see it from now on


def close_line(path: Path) -> None:
    """End the last line, if a run that was killed or out of space left a part of one behind."""
    if path.exists() and not (b"\n" + path.read_bytes()).endswith(b"\n"):
        with path.open("ab") as file:
            file.write(b"\n")


def digest(directory: Path) -> str:
    """Return SHA-256 over `<sha256 of the file>  <path>` lines, one for each file below, in order of the paths."""
    whole = hashlib.sha256()
    for name in sorted(path.relative_to(directory).as_posix() for path in directory.rglob("*") if path.is_file()):
        whole.update(f"{hashlib.sha256((directory / name).read_bytes()).hexdigest()}  {name}\n".encode())
    return whole.hexdigest()


def sync_directory(path: Path) -> None:
    """Make the names in the directory as durable as the files."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
