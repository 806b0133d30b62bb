"""From an interaction to its first answer: the bot beside a bare discord.py bot, in interleaved rounds of one run."""

import asyncio
import sqlite3
import statistics
import sys
import time
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, field
from pathlib import Path

from sandbox.parts import Part
from sandbox.person import Town
from sandbox.road import REQUIREMENT
from sandbox.town_config import secrets_of, write_config

ROUNDS = 3
DRAWN_WITHIN_S = 300.0
IN_FLIGHT = (1, 50, 500)
PER_ROUND = {1: 120, 50: 400, 500: 500}
NOWHERE = {
    "host": "127.0.0.1",
    "port": 1,
    "user": "nobody",
    "key_file": "/dev/null",
    "known_hosts": "/dev/null",
    "directory": "/nowhere",
    "python": "python3",
    "partitions": ["gpu"],
}
NO_CLOUD = dict.fromkeys(
    ("tenant", "client_id", "subscription", "resource_group", "workspace", "client_secret"), "none"
) | {
    "proxy": "http://127.0.0.1:1",
    "ca_file": "/dev/null",
}


@dataclass
class Side:
    """One bot in its own Discord."""

    name: str
    town: Town
    bot: Part
    books: Path
    """The bot's SQLite file, if it keeps one."""
    ready_after_s: float = 0.0
    next_requirement: int = 1
    latencies_ms: dict[tuple[str, int], list[float]] = field(default_factory=lambda: defaultdict(list))
    failed: dict[tuple[str, int], list[str]] = field(default_factory=lambda: defaultdict(list))
    """What went unanswered, and how, by what was asked and how many were in flight."""


@asynccontextmanager
async def side(name: str, state: Path, *, is_bare: bool) -> AsyncIterator[Side]:
    """Bring up a Discord with one of the bots in it."""
    (state / "discord").mkdir(parents=True)
    discord = Part("discord", ("sandbox.discord", "--state", str(state / "discord"), "--pace", "1000"), state / "d.log")
    await discord.start()
    facts = await discord.ready(state / "discord" / "discord.json")
    config = state / "config.toml"
    books = state / "slipway.db"
    write_config(config, discord=facts, slurm=NOWHERE, azure=NO_CLOUD, state=state, database_url=f"sqlite:///{books}")
    secrets = secrets_of(discord=facts, azure=NO_CLOUD)
    if is_bare:
        bot = Part(name, ("tests.bench.bare_bot", str(config)), state / "bot.log", secrets)
    else:
        migration = Part("migrate", ("bot", "migrate", "--config", str(config)), state / "migrate.log", secrets)
        await migration.start()
        assert migration.process is not None
        assert await migration.process.wait() == 0, migration.log_tail()
        bot = Part(name, ("bot", "run", "--config", str(config)), state / "bot.log", secrets)
    try:
        async with Town(f"http://127.0.0.1:{facts['http_port']}") as town:
            started = time.monotonic()
            await bot.start()
            await town.has_command("requirement", within_s=30)
            await town.bot_is_online(within_s=30)
            yield Side(name, town, bot, books, time.monotonic() - started)
    finally:
        await bot.stop()
        await discord.stop()


async def filed(one: Side, count: int) -> None:
    """File as many requirements as the decisions need."""
    malee = one.town.person("malee")

    async def file() -> None:
        form = await malee.slash("requirement file", channel="requirements", dataset="digits", kind="new")
        reply = await form.submit(REQUIREMENT)
        assert "is filed" in reply.text, reply

    for start in range(0, count, 20):
        await asyncio.gather(*(file() for _ in range(min(20, count - start))))


async def drawn(one: Side) -> None:
    """Wait until all cards are drawn: thousands that were filed or withdrawn at once are no part of an answer."""
    deadline = time.monotonic() + DRAWN_WITHIN_S
    while one.books.exists():
        with closing(sqlite3.connect(f"file:{one.books}?mode=ro", uri=True, timeout=10)) as connection:
            [due] = connection.execute("SELECT count(*) FROM cards WHERE due_version > drawn_version").fetchone()
        if not due:
            return
        assert time.monotonic() < deadline, f"{due} cards are not drawn"
        await asyncio.sleep(0.2)


def acts_of(one: Side, sort: str, count: int) -> list[dict[str, object]]:
    """Return the acts of one round."""
    place = {"as": "malee", "channel": "requirements"}
    match sort:
        case "read":
            act: dict[str, object] = {
                "op": "slash",
                "command": "requirement show",
                "options": {"requirement": 1},
                **place,
            }
            return [act] * count
        case "autocomplete":
            act = {"op": "autocomplete", "command": "requirement show", "option": "requirement", "value": "", **place}
            return [act] * count
        case _:
            first = one.next_requirement
            one.next_requirement += count
            return [
                {
                    "op": "slash",
                    "command": "requirement withdraw",
                    "options": {"requirement": number, "reason": "bench"},
                    **place,
                }
                for number in range(first, first + count)
            ]


async def measure(bare: Side, ours: Side) -> None:
    """Run the rounds, one side after the other within each, while the bot has nothing else to do."""
    for in_flight in IN_FLIGHT:
        for sort in ("read", "autocomplete", "decision"):
            for _ in range(ROUNDS):
                for one in (bare, ours):
                    await drawn(ours)
                    acts = acts_of(one, sort, PER_ROUND[in_flight])
                    done = await one.town.post("/_client/load", {"acts": acts, "in_flight": in_flight})
                    one.latencies_ms[sort, in_flight] += done["latencies_ms"]
                    one.failed[sort, in_flight] += done["failed"]


def percentile(values: list[float], share: float) -> float:
    """Return the value that so many lie at or below."""
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


def table(bare: Side, ours: Side) -> str:
    """Return the table of medians, 99th percentiles and ratios."""
    lines = [
        "| what | in flight | bare p50 / p99 ms | bot p50 / p99 / max ms | p50 ratio | p99 ratio |",
        "|---|---|---|---|---|---|",
    ]
    for series in sorted(bare.latencies_ms):
        sort, in_flight = series
        told = _ratios(bare.latencies_ms[series], ours.latencies_ms[series])
        lines.append(f"| {sort} | {in_flight} | {told} |")
    return "\n".join(lines)


def _ratios(theirs: list[float], mine: list[float]) -> str:
    if not theirs or not mine:
        return f"{len(theirs)} answers | {len(mine)} answers | nothing to compare | nothing to compare"
    their_p50, my_p50 = statistics.median(theirs), statistics.median(mine)
    their_p99, my_p99 = percentile(theirs, 0.99), percentile(mine, 0.99)
    said = f"{their_p50:.2f} / {their_p99:.1f} | {my_p50:.2f} / {my_p99:.1f} / {max(mine):.0f}"
    return f"{said} | {my_p50 / their_p50:.1f} | {my_p99 / their_p99:.1f}"


def unanswered(one: Side) -> str:
    """Return what the bot left without an answer, and the first reason for each."""
    told = [f"{len(why)} of {sort} at {at} ({why[0]})" for (sort, at), why in sorted(one.failed.items()) if why]
    return f"{one.name}: {', '.join(told) or 'nothing'}"


async def run(state: Path) -> None:
    """Measure and print."""
    decisions = ROUNDS * sum(PER_ROUND.values())
    async with (
        side("bare", state / "bare", is_bare=True) as bare,
        side("bot", state / "bot", is_bare=False) as ours,
    ):
        idle_mib = resident_mib(ours)
        await filed(ours, decisions)
        await measure(bare, ours)
        print(table(bare, ours))
        print(f"\nwithout an answer: {unanswered(bare)}; {unanswered(ours)}")
        print(f"ready after: bare {bare.ready_after_s:.2f} s, bot {ours.ready_after_s:.2f} s")
        print(f"resident: bare {resident_mib(bare):.0f} MiB")
        print(f"resident: bot {idle_mib:.0f} MiB idle, {resident_mib(ours):.0f} MiB after all this")


def resident_mib(one: Side) -> float:
    """Return the resident memory of the bot's process in MiB."""
    assert one.bot.process is not None
    status = Path(f"/proc/{one.bot.process.pid}/status").read_text(encoding="utf-8")
    line = next(line for line in status.splitlines() if line.startswith("VmRSS:"))
    return int(line.split()[1]) / 1024


if __name__ == "__main__":
    asyncio.run(run(Path(sys.argv[1])))
