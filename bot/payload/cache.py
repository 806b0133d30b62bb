"""What is made of raw data once, on the shared file system, and read by every later run that would make the same."""

import hashlib
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

from data import Dataset, Rows
from files import write_whole
from fingerprint import code_digest
from sealed import sealed, unsealed

KEPT_FILES = 32
"""Older ones are removed: what is missing is made again."""


def cached(folder: Path | None, made_of: tuple[object, ...], make: Callable[[], Dataset]) -> Dataset:
    """Return the dataset that `make` makes of this and this code, from the folder when a run before has kept it there.

    A folder that cannot be read or written costs time, and no run.
    """
    if folder is None:
        return make()
    name = hashlib.sha256(repr((code_digest(), *made_of)).encode()).hexdigest()
    path = folder / f"{name}.pt"
    try:
        content = unsealed(path.read_bytes()) if path.exists() else None
    except OSError as error:
        print(f"the cache cannot be read: {error}", flush=True)
        content = None
    if content is not None:
        print(f"data as kept in {path}", flush=True)
        return Dataset(**{**content, **{part: Rows(**content[part]) for part in ("train", "validation", "test")}})
    dataset = make()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_whole(path, sealed(asdict(dataset)))
        for old in sorted(folder.glob("*.pt"), key=lambda one: one.stat().st_mtime)[:-KEPT_FILES]:
            old.unlink(missing_ok=True)
    except OSError as error:
        print(f"the cache cannot be written: {error}", flush=True)
    return dataset
