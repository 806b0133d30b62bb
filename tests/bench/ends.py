"""From the end of a job on the cluster to the message in Discord, over the sandbox's SLURM, SSH and Discord."""

import asyncio
import statistics
import time
from pathlib import Path

from sandbox.text import text_of
from tests.support.crew import TRAINED_LIMIT_S, Crew, crew

RUNS = 12
LOOK_EVERY_S = 0.01


async def run(folder: Path) -> None:
    """Print how long people waited for the news, run by run one after the other."""
    async with crew(folder / "world") as place:
        await place.claimed()
        waits = [await _wait(place) for _ in range(RUNS)]
    median, worst = statistics.median(waits), max(waits)
    print("| runs | from the job's end to the card that says so, ms: median | worst |")
    print("|---|---|---|")
    print(f"| {RUNS} | {median * 1000:.0f} | {worst * 1000:.0f} |")


async def _wait(place: Crew) -> float:
    """Return seconds from the end of a new run's job to its card saying that it succeeded."""
    number = await place.launched(1, parameters="epochs=30")
    deadline = time.monotonic() + TRAINED_LIMIT_S
    while True:
        cards = await place.cards("training", f"RUN-{number} ·")
        if any("Held-out results" in text_of(card) for card in cards):
            seen_at = time.time()
            break
        assert time.monotonic() < deadline, "the run did not succeed in time"
        await asyncio.sleep(LOOK_EVERY_S)
    jobs = {job["name"]: job for job in (await place.cluster())["jobs"]}
    return seen_at - float(jobs[f"slipway-run-{number}-1"]["ended_at"])
