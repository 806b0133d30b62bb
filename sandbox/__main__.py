"""python -m sandbox: the world with a browser page. python -m sandbox story: drives the whole road by itself."""

import argparse
import asyncio
import signal
import sys
from pathlib import Path

from sandbox.desk.front import desk
from sandbox.parts import PartFailed
from sandbox.story import StoryFailed, tell
from sandbox.world import keep_running, world

DEFAULT_PORT = 8420


async def _serve(state: Path, port: int) -> None:
    stopped = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    async with world(state) as town, desk(town, port=port) as address:
        print(f"\n  The sandbox is up: open {address}\n")
        print(f"  Logs and data are in {town.state}; Ctrl-C ends everything.\n", flush=True)
        supervising = asyncio.create_task(keep_running(town.bot))
        await stopped.wait()
        supervising.cancel()


async def _story(state: Path) -> None:
    async with world(state) as town:
        supervising = asyncio.create_task(keep_running(town.bot))
        try:
            await tell(town)
        finally:
            supervising.cancel()


def main() -> int:
    """Run one of the two and return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m sandbox", description=__doc__)
    parser.add_argument("what", nargs="?", choices=["page", "story"], default="page")
    parser.add_argument("--state", type=Path, default=Path(".sandbox"), help="folder for logs and data, emptied first")
    parser.add_argument("--port", type=int, default=DEFAULT_PORT, help="of the browser page")
    arguments = parser.parse_args()
    try:
        asyncio.run(_story(arguments.state) if arguments.what == "story" else _serve(arguments.state, arguments.port))
    except (PartFailed, StoryFailed) as error:
        print(f"sandbox: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
