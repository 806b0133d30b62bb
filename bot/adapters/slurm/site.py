"""The login node as the adapter's parts use it: its scripts, its files, the folders of payloads and runs."""

import re
import secrets
from dataclasses import dataclass
from pathlib import PurePosixPath

from bot.adapters.slurm.connection import Completed, Connection, upstream
from bot.adapters.slurm.scripts import PROBE
from bot.config import ClusterSettings
from bot.errors import Refused, Upstream

TRANSFER_TIMEOUT_S = 600.0
DISK_FULL = ("No space left on device", "Disk quota exceeded")
_KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


def check_key(key: str) -> str:
    """Return the key. Raises Refused when it could not name a job and a folder."""
    if not _KEY.fullmatch(key):
        raise Refused(f"`{key}` cannot name a job; use letters, digits, dots and hyphens.")
    return key


def write_error(complaint: str) -> Upstream:
    """Return the failure that a shell's complaint about writing stands for."""
    if any(words in complaint for words in DISK_FULL):
        return upstream(f"the shared folder is full; free space there ({complaint})", retryable=True)
    return upstream(f"the shared folder cannot be written: {complaint}", retryable=True)


@dataclass(frozen=True, slots=True)
class Site:
    """The cluster's login node and the one folder below which everything of ours is."""

    settings: ClusterSettings
    connection: Connection

    @property
    def directory(self) -> PurePosixPath:
        """The folder on the shared file system."""
        return PurePosixPath(self.settings.directory)

    def run(self, key: str) -> PurePosixPath:
        """Return a run's folder."""
        return self.directory / "runs" / check_key(key)

    async def script(self, text: str, *arguments: str, given: bytes = b"", limit_s: float | None = None) -> Completed:
        """Run a bash script with arguments."""
        return await self.connection.run("bash", "-c", text, "slipway", *arguments, given=given, limit_s=limit_s)

    async def write(self, path: PurePosixPath, content: bytes, *, whole: bool = True) -> None:
        """Write a file; a `whole` one beside its place and then renamed, so that nobody meets a part of it."""
        place = path.with_name(f".{path.name}.{secrets.token_hex(4)}") if whole else path
        try:
            async with self.connection.files(limit_s=TRANSFER_TIMEOUT_S) as files:
                await files.makedirs(str(path.parent), exist_ok=True)
                async with files.open(str(place), "wb") as file:
                    await file.write(content)
                if whole:
                    await files.posix_rename(str(place), str(path))
        except Upstream as error:
            if not error.message.startswith("file transfer"):
                raise
            raise await self._why_not_written(path.parent, error) from error

    async def _why_not_written(self, folder: PurePosixPath, error: Upstream) -> Upstream:
        """SFTP says `Failure` whatever the trouble, so ask whether the disk is full."""
        done = await self.script(PROBE, str(folder))
        return write_error(done.complaint) if done.code else upstream(error.message, retryable=True)
