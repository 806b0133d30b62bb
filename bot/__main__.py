"""python -m bot: run, check (config and every connection), migrate, backup, verify (the event log)."""

import argparse
import asyncio
import ctypes
import gc
import re
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import structlog

from bot import __version__, logs
from bot.config import LOOK_AT, Settings, load
from bot.errors import SlipwayError

log = structlog.get_logger()

M_ARENA_MAX, M_MMAP_THRESHOLD = -8, -3
"""Of mallopt(3), from glibc's malloc.h."""
MMAP_BYTES = 128 * 1024
"""From this size on memory is given back when it is free; a line with TLS has a buffer of twice as much."""


def main() -> int:
    """Run one command and return its exit status: 0 well, 1 not, 2 called wrongly."""
    arguments = _parser().parse_args()
    try:
        settings = load(arguments.config)
        logs.set_up(settings.log_format)
        return COMMANDS[arguments.command](settings, arguments)
    except SlipwayError as error:
        print(f"slipway: {error}", file=sys.stderr)
        return 1


def _keep_small() -> None:
    """Have glibc keep two heaps for all threads, and give back at once what is large.

    By default each thread may get its own, up to eight for each core, and what a burst took is not given back: after
    five hundred interactions at once the bot held 190 MiB rather than 143. Other C libraries have no such heaps.
    """
    with suppress(OSError, AttributeError):
        libc = ctypes.CDLL("libc.so.6")
        libc.mallopt(M_ARENA_MAX, 2)
        libc.mallopt(M_MMAP_THRESHOLD, MMAP_BYTES)


def _run(settings: Settings, _: argparse.Namespace) -> int:
    gc.disable()  # what is imported stays: to look it through meanwhile takes a tenth of the start
    from bot import wiring  # noqa: PLC0415  # each command imports what it needs: a migration no Discord

    gc.enable()

    _keep_small()

    async def until_stopped() -> None:
        loop = asyncio.get_running_loop()
        task = asyncio.current_task()
        assert task is not None
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, task.cancel)
        await wiring.run(settings)

    log.info("slipway starts", version=__version__)
    try:
        asyncio.run(until_stopped())
    except asyncio.CancelledError:
        log.info("slipway was stopped")
        return 0
    except BaseExceptionGroup as group:
        ours = group.subgroup(SlipwayError)
        if ours is None:
            raise
        raise _first(ours) from group
    return 0


def _first(group: BaseExceptionGroup[SlipwayError]) -> SlipwayError:
    inner = group.exceptions[0]
    return _first(inner) if isinstance(inner, BaseExceptionGroup) else inner


def _check(settings: Settings, arguments: argparse.Namespace) -> int:
    from bot import checkup  # noqa: PLC0415  # as above

    lines = asyncio.run(checkup.check(settings, only=arguments.system))
    for line in lines:
        print(line)
    return 0 if all(line.is_well for line in lines) else 1


def _migrate(settings: Settings, _: argparse.Namespace) -> int:
    from bot.adapters.sql.migrate import migrate  # noqa: PLC0415  # a running bot needs no Alembic

    print(f"the database is at revision {migrate(settings.database)}")
    return 0


def _backup(settings: Settings, arguments: argparse.Namespace) -> int:
    from bot.adapters.sql.migrate import backup  # noqa: PLC0415  # as above

    backup(settings.database, arguments.to)
    print(f"{arguments.to} holds the database as it is now")
    return 0


def _verify(settings: Settings, arguments: argparse.Namespace) -> int:
    from bot import checkup  # noqa: PLC0415  # as above
    from bot.proof import Head  # noqa: PLC0415  # as above

    noted = Head(*arguments.head) if arguments.head else None
    said, is_well = asyncio.run(checkup.verify(settings, noted=noted))
    print(said)
    return 0 if is_well else 1


COMMANDS: dict[str, Callable[[Settings, argparse.Namespace], int]] = {
    "run": _run,
    "check": _check,
    "migrate": _migrate,
    "backup": _backup,
    "verify": _verify,
}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bot", description=__doc__)
    parser.add_argument("--version", action="version", version=__version__)
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--config", type=Path, default=Path("config.toml"), help="the config file (config.toml)")
    commands = parser.add_subparsers(dest="command", required=True)
    helps = {
        "run": "run the bot",
        "check": "check the config and every connection, and say how to mend what is wrong",
        "migrate": "bring the database to this version's form",
        "backup": "copy a SQLite database while the bot runs",
        "verify": "check that the event log and all rows are as they were written",
    }
    for name, said in helps.items():
        command = commands.add_parser(name, parents=[common], help=said, description=said)
        if name == "backup":
            command.add_argument("to", type=Path, help="the file to write")
        if name == "verify":
            command.add_argument("--head", type=_head, help="what an earlier run has printed, SEQUENCE:HASH")
        if name == "check":
            command.add_argument("system", nargs="*", type=_system, help=f"{', '.join(LOOK_AT)} (all of them)")
    return parser


def _head(text: str) -> tuple[int, str]:
    found = re.fullmatch(r"([0-9]{1,18}):([0-9a-f]{64})", text)
    if found is None:
        raise argparse.ArgumentTypeError(f"{text!r} is no head; give what `verify` prints, as in 812:9f2c…, whole")
    return int(found[1]), found[2]


def _system(name: str) -> str:
    if name not in LOOK_AT:
        raise argparse.ArgumentTypeError(f"there is no {name!r} to try; there are {', '.join(LOOK_AT)}")
    return name


if __name__ == "__main__":
    sys.exit(main())
