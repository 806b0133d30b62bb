"""The login node: an SSH server that runs each command in bash, with SLURM's commands on the PATH, and serves files."""

import asyncio
import os
import re
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from pathlib import Path

import asyncssh

from sandbox.slurm.controller import Faults
from sandbox.wirelog import WireLog

CHUNK_BYTES = 65536
LOGGED_BYTES = 4000
WRAPPED = re.compile(
    r"(?:echo \S+; )?(?:\w+=\S+ )*timeout (?:-\S+ )*\S+ (.*?)(?: </dev/null)?(?:; printf .*)?", re.DOTALL
)


class Login:
    """Who may come in, and who is in."""

    def __init__(self, user: str, key: asyncssh.SSHKey, faults: Faults) -> None:
        self.user = user
        self.key = key
        self.faults = faults
        self.connections: set[asyncssh.SSHServerConnection] = set()
        self.log = WireLog()
        self.listen: Callable[[int], Awaitable[asyncssh.SSHAcceptor]]
        """Opens a port; set by whoever opens the first."""
        self.acceptor: asyncssh.SSHAcceptor
        self.is_closed = False

    async def close_port(self, *, is_closed: bool) -> None:
        """Refuse every connection and cut those there are, or listen on the same port again."""
        if is_closed and not self.is_closed:
            self.acceptor.close()
            self.cut()
        elif self.is_closed and not is_closed:
            self.acceptor = await self.listen(self.port)
        self.is_closed = is_closed

    async def open(self, port: int) -> int:
        """Listen, and return the port."""
        self.acceptor = await self.listen(port)
        self.port = self.acceptor.get_port()
        return self.port

    def cut(self) -> int:
        """Cut all connections without a word, and return how many there were."""
        cut = list(self.connections)
        for connection in cut:
            connection.abort()
        return len(cut)


class Porter(asyncssh.SSHServer):
    """Checks one connection's login."""

    def __init__(self, login: Login) -> None:
        self._login = login
        self._connection: asyncssh.SSHServerConnection | None = None

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        """Note the connection."""
        self._connection = conn
        self._login.connections.add(conn)
        if self._login.faults.is_line_cut:
            conn.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection."""
        del exc
        if self._connection is not None:
            self._login.connections.discard(self._connection)

    def begin_auth(self, username: str) -> bool:
        """Let nobody in without a key."""
        del username
        return True

    def public_key_auth_supported(self) -> bool:
        """Offer keys, and nothing else."""
        return True

    def validate_public_key(self, username: str, key: asyncssh.SSHKey) -> bool:
        """Let in whoever has the one key, unless logins are refused."""
        login = self._login
        return not login.faults.are_logins_refused and username == login.user and key == login.key


class Files(asyncssh.SFTPServer):
    """Serves files, and tells the log which ones."""

    def __init__(self, channel: asyncssh.SSHServerChannel[bytes], log: WireLog) -> None:
        super().__init__(channel)
        self._log = log

    def open(self, path: bytes, pflags: int, attrs: asyncssh.SFTPAttrs) -> object:
        """Open a file."""
        is_write = bool(pflags & asyncssh.FXF_WRITE)
        self._log.add("ssh", f"sftp {'write' if is_write else 'read'} {path.decode()}", is_poll=not is_write)
        return super().open(path, pflags, attrs)

    def posix_rename(self, oldpath: bytes, newpath: bytes) -> Awaitable[None] | None:
        """Put a file in its place."""
        self._log.add("ssh", f"sftp rename {oldpath.decode()} {newpath.decode()}")
        return super().posix_rename(oldpath, newpath)


async def open_login(
    port: int, login: Login, *, host_key: Path, environment: Mapping[str, str], home: Path
) -> asyncssh.SSHAcceptor:
    """Listen on loopback."""

    async def run(process: asyncssh.SSHServerProcess[bytes]) -> None:
        command, began = process.command, time.monotonic()
        shell = await asyncio.create_subprocess_exec(
            "bash",
            *(["-c", command] if command is not None else ["-s"]),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            cwd=home,
            env=dict(environment),
            start_new_session=True,
        )
        assert shell.stdin is not None
        assert shell.stdout is not None
        assert shell.stderr is not None
        feeding = asyncio.create_task(_feed(process.stdin, shell.stdin))
        # When the line is cut the command goes on all the same, as it does under sshd.
        said, complained = await asyncio.gather(
            _pass_on(shell.stdout, process.stdout), _pass_on(shell.stderr, process.stderr)
        )
        code = await shell.wait()
        feeding.cancel()
        plain = gist(command or "bash -s")
        login.log.add(
            "ssh",
            plain,
            status=code,
            is_good=not code,
            took_s=time.monotonic() - began,
            sent=command,
            answered=said + complained,
            is_poll=True,
        )
        process.exit(code if code >= 0 else 128 - code)

    return await asyncssh.listen(
        "127.0.0.1",
        port,
        server_factory=lambda: Porter(login),
        server_host_keys=[str(host_key)],
        process_factory=run,
        sftp_factory=lambda channel: Files(channel, login.log),
        encoding=None,
        allow_scp=False,
    )


async def _feed(source: asyncssh.SSHReader[bytes], target: asyncio.StreamWriter) -> None:
    with suppress(asyncssh.Error, ConnectionError):
        while chunk := await source.read(CHUNK_BYTES):
            target.write(chunk)
            await target.drain()
    target.close()


async def _pass_on(source: asyncio.StreamReader, target: asyncssh.SSHWriter[bytes]) -> bytes:
    """Pass everything on and return how it began."""
    began = b""
    while chunk := await source.read(CHUNK_BYTES):
        with suppress(asyncssh.Error, ConnectionError):
            target.write(chunk)
            await target.drain()
        began += chunk[: LOGGED_BYTES - len(began)]
    return began


def gist(command: str) -> str:
    """Return a command without a time limit and marks around it."""
    found = WRAPPED.fullmatch(command)
    return found.group(1) if found else command


def environment(bin_folder: Path, home: Path, user: str) -> dict[str, str]:
    """Return what a session finds in its environment."""
    path = f"{bin_folder}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    return {"PATH": path, "HOME": str(home), "USER": user, "LOGNAME": user, "SHELL": "/bin/bash", "LANG": "C.UTF-8"}
