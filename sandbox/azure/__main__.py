"""Runs the Azure ML sandbox: `python -m sandbox.azure --state DIR`, until it is ended."""

import argparse
import asyncio
import contextlib
import signal
from pathlib import Path

from sandbox.azure.town import run, specs_folder


async def main() -> None:
    """Serve until SIGTERM or SIGINT."""
    parser = argparse.ArgumentParser(prog="python -m sandbox.azure", description=__doc__)
    parser.add_argument("--state", type=Path, required=True, help="folder for blobs, logs, keys and azure.json")
    parser.add_argument("--proxy-port", type=int, default=0, help="0 chooses a free one")
    parser.add_argument("--control-port", type=int, default=0, help="0 chooses a free one")
    arguments = parser.parse_args()
    ports = {"proxy_port": arguments.proxy_port, "control_port": arguments.control_port}
    task = asyncio.create_task(run(arguments.state, **ports, specs=specs_folder()))
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    with contextlib.suppress(asyncio.CancelledError):
        await task


if __name__ == "__main__":
    asyncio.run(main())
