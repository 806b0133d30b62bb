"""The one SSH connection to the login node: opened when needed, kept alive, opened again; every command has a limit."""

import asyncio
import errno
import secrets
import shlex
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import asyncssh

from bot.config import ClusterSettings
from bot.errors import NeedsMending, Upstream

SYSTEM = "cluster"
CHANNELS = 8
"""Commands at once. OpenSSH allows ten sessions on a connection by default; one more is held for file transfer."""
CHUNK = 2**14
"""Characters that are kept of a line that does not end."""
CONNECT_TIMEOUT_S = 12.0
KEEPALIVE_S = 4.0
KEEPALIVE_LOSSES = 3
GRACE_S = 5.0
"""How long we wait beyond the command's own limit before the connection itself is taken for dead."""
LOST = (asyncssh.SFTPNoConnection, asyncssh.SFTPConnectionLost, asyncssh.ConnectionLost, asyncssh.ChannelOpenError)
OWN_DISK = (errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EROFS)
"""What goes wrong with a copy on this side of the line."""
TIMED_OUT_CODES = (124, 137)
"""What timeout(1) ends with: after TERM, after KILL."""


@dataclass(frozen=True, slots=True)
class Completed:
    """A command that ran to its end."""

    code: int
    output: bytes
    errors: str

    @property
    def text(self) -> str:
        """Return the output decoded leniently."""
        return self.output.decode("utf-8", "replace")

    @property
    def complaint(self) -> str:
        """Return what it said on stderr, in one line."""
        return " ".join(self.errors.split())[-500:] or f"exit code {self.code} without a word"


def upstream(message: str, *, retryable: bool) -> Upstream:
    """Return a failure of the cluster."""
    return Upstream(SYSTEM, message, retryable=retryable)


class Connection:
    """A connection that is there when needed."""

    def __init__(self, settings: ClusterSettings) -> None:
        self._settings = settings
        self._turn = asyncio.Semaphore(CHANNELS)
        self._opening = asyncio.Lock()
        self._connection: asyncssh.SSHClientConnection | None = None
        self._files: asyncssh.SFTPClient | None = None

    async def run(self, *argv: str, given: bytes = b"", limit_s: float | None = None) -> Completed:
        """Run the command with `given` on its stdin, and return how it ended, whatever its exit code.

        A line that drops may cut what is given, so whoever reads it must know its end. Safe only for
        commands that may run twice: when the connection is found dead, it is opened again once.

        Raises:
            Upstream: it could not be started, took too long, or the connection was lost before its end was seen.
        """
        mark = secrets.token_hex(16)
        limit_s = limit_s or self._settings.command_timeout_s
        # The marks tell the command's output from what a login script prints, and a whole output from a cut one.
        text = (
            f"echo {mark}; LC_ALL=C.UTF-8 timeout --kill-after=2 {limit_s:g} {shlex.join(argv)}"
            f"{'' if given else ' </dev/null'}; "
            f'printf "\\n%s %s\\n" {mark} "$?"'
        )
        async with self._turn:
            try:
                async with asyncio.timeout(limit_s + GRACE_S + CONNECT_TIMEOUT_S):
                    done = await self._attempt(text, given)
            except TimeoutError as error:
                self._drop(self._connection)
                raise upstream(f"no answer within {limit_s:g} s", retryable=True) from error
        completed = _between(mark, done)
        if completed.code in TIMED_OUT_CODES:
            raise upstream(f"{argv[0]} did not end within {limit_s:g} s: {completed.complaint}", retryable=True)
        return completed

    async def _attempt(self, text: str, given: bytes) -> asyncssh.SSHCompletedProcess:
        connection = await self._opened()
        try:
            with translating(self._settings):
                return await _start(connection, text, given)
        except Upstream as error:
            if not isinstance(error.__cause__, asyncssh.ChannelOpenError):
                raise
            if _is_dead(error.__cause__):
                self._drop(connection)
        # No channel was opened, so nothing has run.
        connection = await self._opened()
        with translating(self._settings):
            return await _start(connection, text, given)

    async def lines(self, *argv: str) -> AsyncIterator[str]:
        """Yield the lines of a command that does not end by itself; the end, or a lost line, ends them.

        It takes a channel of its own, beside the CHANNELS.

        Raises:
            Upstream: it could not be started, or the connection was lost.
        """
        connection = await self._opened()
        text = f"LC_ALL=C.UTF-8 {shlex.join(argv)} </dev/null 2>/dev/null"
        with translating(self._settings):
            try:
                process = await connection.create_process(text, stdin=asyncssh.DEVNULL, errors="replace")
            except asyncssh.ChannelOpenError as error:
                if _is_dead(error):
                    self._drop(connection)
                raise
            async with process:
                rest = ""
                while chunk := await process.stdout.read(CHUNK):
                    *lines, rest = (rest + chunk).split("\n")
                    for line in lines:
                        yield line
                    rest = rest[-CHUNK:]  # whatever is so long is no line that anybody waits for

    @asynccontextmanager
    async def files(self, *, limit_s: float) -> AsyncIterator[asyncssh.SFTPClient]:
        """Lend the file transfer client for so long at most; its errors leave as ours, but for a missing file.

        Raises:
            Upstream: the transfer failed or took too long.
            FileNotFoundError: there is no such file.
        """
        try:
            async with asyncio.timeout(limit_s + CONNECT_TIMEOUT_S):
                client = await self._transfers()
                with translating(self._settings):
                    yield client
        except Upstream as error:
            if isinstance(error.__cause__, LOST):
                self._drop(self._connection)
            raise
        except TimeoutError as error:
            self._drop(self._connection)
            raise upstream(f"a file transfer did not end within {limit_s:g} s", retryable=True) from error

    async def _transfers(self) -> asyncssh.SFTPClient:
        connection = await self._opened()
        async with self._opening:
            if self._files is None:
                try:
                    with translating(self._settings):
                        self._files = await connection.start_sftp_client()
                except Upstream:
                    self._drop(connection)
                    raise
            return self._files

    async def _opened(self) -> asyncssh.SSHClientConnection:
        async with self._opening:
            if self._connection is not None and self._connection.is_closed():
                self._drop(self._connection)
            if self._connection is None:
                with translating(self._settings):
                    self._connection = await self._connect()
            return self._connection

    async def _connect(self) -> asyncssh.SSHClientConnection:
        settings = self._settings
        return await asyncssh.connect(
            settings.host,
            settings.port,
            config=None,
            username=settings.user,
            client_keys=[str(settings.key_file)],
            known_hosts=_known_hosts(settings.known_hosts),
            agent_path=None,
            password=None,
            preferred_auth="publickey",
            connect_timeout=CONNECT_TIMEOUT_S,
            login_timeout=CONNECT_TIMEOUT_S,
            keepalive_interval=KEEPALIVE_S,
            keepalive_count_max=KEEPALIVE_LOSSES,
        )

    def _drop(self, connection: asyncssh.SSHClientConnection | None) -> None:
        if connection is None:
            return
        connection.abort()
        if connection is self._connection:  # and not one that somebody has opened since
            self._connection = self._files = None

    async def close(self) -> None:
        """Close the connection; a later command opens another."""
        connection = self._connection
        if connection is None:
            return
        connection.close()
        try:
            async with asyncio.timeout(GRACE_S):
                await connection.wait_closed()
        except TimeoutError:
            pass
        self._drop(connection)


def _known_hosts(path: Path) -> asyncssh.SSHKnownHosts:
    try:
        return asyncssh.read_known_hosts(str(path))
    except ValueError as error:  # not a line of known_hosts, or not text
        mend = "put the login node's line there as its admin gives it"
        raise NeedsMending(SYSTEM, f"the file {path} cannot be understood ({error}); {mend}") from error


async def _start(connection: asyncssh.SSHClientConnection, text: str, given: bytes) -> asyncssh.SSHCompletedProcess:
    if given:
        return await connection.run(text, check=False, encoding=None, input=given)
    return await connection.run(text, check=False, encoding=None, stdin=asyncssh.DEVNULL)


def _is_dead(error: asyncssh.ChannelOpenError) -> bool:
    """Tell a connection that has gone from one that has no channel to spare just now."""
    return error.reason.startswith("SSH connection")


def _between(mark: str, done: asyncssh.SSHCompletedProcess) -> Completed:
    """Return what stands between the marks. A line that drops leaves no exit status and no second mark."""
    raw, errors = _octets(done.stdout), _octets(done.stderr).decode("utf-8", "replace")
    sign = mark.encode()
    _, found, after = raw.partition(sign + b"\n")
    output, ended, code = after.rpartition(b"\n" + sign + b" ")
    if done.exit_status is None or not found or not ended or not code.endswith(b"\n"):
        said = f": {' '.join(errors.split())}" if errors.strip() else ""
        raise upstream(f"the connection was lost before the command's end was seen{said}", retryable=True)
    return Completed(int(code), output, errors)


def _octets(read: object) -> bytes:
    assert isinstance(read, bytes), "encoding=None was asked for"
    return read


@contextmanager
def translating(settings: ClusterSettings) -> Iterator[None]:
    """Turn what asyncssh and the network raise into Upstream, but for a missing file on the other side."""
    try:
        yield
    except asyncssh.SFTPNoSuchFile as error:
        raise FileNotFoundError(str(error)) from error
    except asyncssh.SFTPError as error:
        lost = isinstance(error, asyncssh.SFTPNoConnection | asyncssh.SFTPConnectionLost)
        raise upstream(f"file transfer: {error.reason or error}", retryable=lost) from error
    except asyncssh.Error as error:
        raise _ssh_failure(error, settings) from error
    except (asyncssh.KeyImportError, asyncssh.KeyEncryptionError) as error:
        mend = "give an unencrypted private key"
        raise NeedsMending(SYSTEM, f"the key file {settings.key_file} cannot be used ({error}); {mend}") from error
    except OSError as error:
        raise _system_failure(error, settings) from error


def _ssh_failure(error: asyncssh.Error, settings: ClusterSettings) -> Upstream:
    where = f"{settings.host}:{settings.port}"
    match error:
        case asyncssh.HostKeyNotVerifiable():
            mend = f"ask its admin for the new key and put it into {settings.known_hosts}, if it is right"
            return NeedsMending(SYSTEM, f"the host key of {where} is not the known one ({error}); {mend}")
        case asyncssh.PermissionDenied():
            mend = f"add the public part of {settings.key_file} to that account's authorized_keys"
            return NeedsMending(SYSTEM, f"{where} refused the login of {settings.user}; {mend}")
        case _:
            return upstream(f"{where} cannot be reached: {str(error) or 'no answer in time'}", retryable=True)


def _system_failure(error: OSError, settings: ClusterSettings) -> Upstream:
    if error.filename in (str(settings.key_file), str(settings.known_hosts)):
        return NeedsMending(SYSTEM, f"{error.filename} cannot be read: {error.strerror}")
    if error.filename is not None or error.errno in OWN_DISK:
        return upstream(f"a file of the bot's own cannot be written: {error}", retryable=True)
    return upstream(
        f"{settings.host}:{settings.port} cannot be reached: {str(error) or 'no answer in time'}", retryable=True
    )
