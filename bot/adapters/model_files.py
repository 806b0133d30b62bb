"""A model's files: whether they are those that were audited."""

import hashlib
from pathlib import Path


def model_digest(directory: Path) -> str:
    """Return the SHA-256 over `<sha256 of the file>  <path>` lines of all files below, in order of their paths."""
    whole = hashlib.sha256()
    for name in sorted(path.relative_to(directory).as_posix() for path in directory.rglob("*") if path.is_file()):
        with (directory / name).open("rb") as file:
            whole.update(f"{hashlib.file_digest(file, 'sha256').hexdigest()}  {name}\n".encode())
    return whole.hexdigest()


def is_model(directory: Path, digest: str) -> bool:
    """Tell whether the directory is there and holds the files of that digest, no more and no fewer."""
    return directory.is_dir() and model_digest(directory) == digest
