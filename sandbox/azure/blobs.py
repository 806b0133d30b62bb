"""Blobs as files, so that a newcomer can look at them."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Blob:
    """What is known of a blob without reading it."""

    name: str
    size_bytes: int
    modified_at: datetime
    etag: str


class Blobs:
    """Containers, blobs, their metadata and the blocks not yet committed."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory.resolve()
        self._metadata: dict[tuple[str, str], dict[str, str]] = {}
        self._blocks: dict[tuple[str, str], dict[str, bytes]] = {}

    def path(self, container: str, name: str) -> Path:
        """Return where a blob's bytes are. Raises ValueError for a name that leads elsewhere."""
        path = (self._directory / container / name).resolve()
        if not path.is_relative_to(self._directory / container):
            raise ValueError(f"not a blob name: {name!r}")
        return path

    def find(self, container: str, name: str) -> Blob | None:
        """Return the blob, or None."""
        path = self.path(container, name)
        if not path.is_file():
            return None
        stat = path.stat()
        modified_at = datetime.fromtimestamp(stat.st_mtime, UTC)
        return Blob(name, stat.st_size, modified_at, f'"0x{stat.st_mtime_ns:X}"')

    def listing(self, container: str, prefix: str) -> list[Blob]:
        """Return the container's blobs whose name begins with the prefix, by name."""
        root = self._directory / container
        names = sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())
        found = (self.find(container, name) for name in names if name.startswith(prefix))
        return [blob for blob in found if blob is not None]

    def put(self, container: str, name: str, content: bytes, metadata: dict[str, str]) -> None:
        """Write a whole blob."""
        path = self.path(container, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        self._metadata[container, name] = metadata

    def append(self, container: str, name: str, content: bytes) -> None:
        """Add to a blob, which need not exist."""
        path = self.path(container, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("ab") as file:
            file.write(content)

    def stage(self, container: str, name: str, block: str, content: bytes) -> None:
        """Keep a block until its list is committed."""
        self._blocks.setdefault((container, name), {})[block] = content

    def commit(self, container: str, name: str, blocks: list[str], metadata: dict[str, str]) -> None:
        """Write a blob from its staged blocks. Raises KeyError for a block that was not staged."""
        staged = self._blocks.pop((container, name), {})
        self.put(container, name, b"".join(staged[block] for block in blocks), metadata)

    def metadata(self, container: str, name: str) -> dict[str, str]:
        """Return the blob's metadata."""
        return self._metadata.get((container, name), {})

    def set_metadata(self, container: str, name: str, metadata: dict[str, str]) -> None:
        """Replace the blob's metadata."""
        self._metadata[container, name] = metadata

    def all_metadata(self) -> list[tuple[str, str, dict[str, str]]]:
        """Return every blob's metadata, for keeping."""
        return [(container, name, metadata) for (container, name), metadata in self._metadata.items() if metadata]
