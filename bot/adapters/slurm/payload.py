"""The payload's folder as it is shipped: which files, and the name that their content gives it."""

import hashlib
from pathlib import Path, PurePosixPath

NAME_LENGTH = 16


def payload_files(folder: Path) -> dict[PurePosixPath, bytes]:
    """Return the content of the payload's files by relative path, without what Python and tools leave there."""
    relative = (path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
    shipped = (
        path
        for path in relative
        if path.suffix != ".pyc" and not any(part.startswith((".", "__pycache__")) for part in path.parts)
    )
    return {PurePosixPath(path.as_posix()): (folder / path).read_bytes() for path in sorted(shipped)}


def payload_name(files: dict[PurePosixPath, bytes]) -> str:
    """Return the folder name that stands for exactly this content."""
    whole = hashlib.sha256()
    for path, content in files.items():
        whole.update(f"{hashlib.sha256(content).hexdigest()}  {path}\n".encode())
    return whole.hexdigest()[:NAME_LENGTH]
