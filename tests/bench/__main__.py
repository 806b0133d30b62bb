"""python -m tests.bench [name …]: runs the benchmarks and prints their tables."""

import asyncio
import sys
import tempfile
from pathlib import Path

from tests.bench import ends, interactions, payload, poll

BENCHES = {"interactions": interactions.run, "poll": poll.run, "ends": ends.run, "payload": payload.run}


def main() -> None:
    """Run the named benches, or all."""
    for name in sys.argv[1:] or BENCHES:
        print(f"\n## {name}\n")
        with tempfile.TemporaryDirectory() as folder:
            asyncio.run(BENCHES[name](Path(folder)))


if __name__ == "__main__":
    main()
