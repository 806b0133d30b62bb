"""The socket that SLURM's commands knock at, and the folder of those commands."""

import asyncio
import os
import shlex
import sys
import time
from contextlib import suppress
from pathlib import Path

from sandbox.slurm.commands import COMMANDS, Call, Reply, answer
from sandbox.slurm.controller import Controller
from sandbox.wirelog import WireLog

ACTS = ("sbatch", "scancel")
"""Commands that change something; of the others only the newest is worth a line in the log."""


async def open_door(path: Path, controller: Controller, log: WireLog) -> asyncio.Server:
    """Listen for commands on a Unix socket."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        began, typed = time.monotonic(), "?"
        try:
            call = read_call(await reader.read())
            typed = shlex.join([call.name, *call.arguments])
            reply = await answer(call, controller)
        except ValueError as error:
            reply = Reply(errors=f"{error}\n", code=1)
        log.add(
            "slurm",
            typed,
            status=reply.code,
            is_good=not reply.code,
            took_s=time.monotonic() - began,
            answered=reply.output + reply.errors,
            is_poll=not typed.startswith(ACTS),
        )
        writer.write(os.fsencode("\0".join([str(reply.code), reply.errors, reply.output])))
        with suppress(ConnectionError):  # who asked may have gone
            await writer.drain()
        writer.close()

    return await asyncio.start_unix_server(serve, path)


def read_call(sent: bytes) -> Call:
    """Return what client.py has sent: words that NUL ends, of which a number tells how many follow, and its stdin."""
    name, folder, count, rest = os.fsdecode(sent).split("\0", 3)
    *arguments, count, rest = rest.split("\0", int(count) + 1)
    *environment, stdin = rest.split("\0", int(count))
    return Call(name, tuple(arguments), folder, dict(each.split("=", 1) for each in environment), stdin)


def write_commands(folder: Path, socket: Path) -> None:
    """Write one small script for each command."""
    folder.mkdir(parents=True, exist_ok=True)
    client = Path(__file__).with_name("client.py")
    for name in COMMANDS:
        command = shlex.join([sys.executable, "-IS", str(client), str(socket), name])
        _write_command(folder / name, command)
    srun = shlex.join([sys.executable, "-IS", str(Path(__file__).with_name("srun.py"))])
    _write_command(folder / "srun", srun)


def _write_command(script: Path, command: str) -> None:
    script.write_text(f'#!/bin/sh\nexec {command} "$@"\n', encoding="utf-8")
    script.chmod(0o755)
