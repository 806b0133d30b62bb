"""The real bot in the sandbox's world with people to press its buttons, and its books, opened read-only, to compare."""

import asyncio
import json
import sqlite3
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractContextManager, asynccontextmanager, closing
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import bot.lifecycle  # noqa: F401  # with the kinds come their phrases
from bot.core.said import said_in
from sandbox.person import Person, Reply, Town
from sandbox.text import Message, text_of
from sandbox.world import World, world
from tests.support.waiting import PATIENCE_S, eventually, eventually_awaited

CHANNELS = ("requirements", "training", "audit", "deployments", "announcements", "monitoring", "ops")
THINGS = ("requirements", "runs", "audits", "rollouts", "incidents", "monitors", "recommendations", "sweeps", "recipes")
REQUIREMENT = {
    "Title": "Read handwritten digits",
    "Problem": "Clerks type the digits of 2 000 paper forms a day.",
    "Value expected": "Four hours of typing a day.",
    "Targets": "accuracy >= 0.3",
    "Constraints": "",
}
RECIPES = Path(__file__).with_name("recipes")
UP_LIMIT_S = SEEN_LIMIT_S = INCIDENT_LIMIT_S = PATIENCE_S
MENDED_LIMIT_S = TRAINED_LIMIT_S = 2 * PATIENCE_S
"""Where three files of tests share two slow cores, a worker starts in ten seconds, and more than one has to."""


QUICK = "quick"
"""A team's own training code: a run of it costs a fiftieth of one that imports torch."""
LONG = "epochs=2000 pause_s=2"
"""A quick run that is longer than any test, and sleeps meanwhile."""
ABOUT = "trim(coalesce(about_kind || '-' || about_number, '') || ' ' || about_code)"
"""What an incident is about, as tests name it: a thing, a code, or both, as in `RUN-3 stalled`."""
GOING = ("ordered", "submitted", "queued", "running")
NODES = ("gpu1", "gpu2")


@dataclass(frozen=True)
class Books:
    """What is on record: every event and every thing's row."""

    event_count: int
    things: Mapping[str, tuple[tuple[object, ...], ...]]


@dataclass(frozen=True)
class Crew:
    """A world that is up, and the hands in it."""

    world: World
    town: Town

    @cached_property
    def database(self) -> Path:
        """The bot's SQLite file."""
        url = next(line for line in self.world.config.read_text().splitlines() if line.startswith('url = "sqlite'))
        return Path(url.removeprefix('url = "sqlite:///').removesuffix('"'))

    def person(self, key: str) -> Person:
        """Return one of malee, anan, kanya, preecha, somchai, nok."""
        return self.town.person(key)

    def query(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        """Ask the bot's database, without a right to write."""
        with self._opened() as database:
            return database.execute(statement, values).fetchall()

    def books(self) -> Books:
        """Return what is on record now."""
        with self._opened() as database:
            # What accounting says of an ended job comes as late as it likes.
            [(event_count,)] = database.execute("SELECT count(*) FROM events WHERE event != 'run.accounted'")
            things = {
                table: tuple(database.execute(f"SELECT {_decided(database, table)} FROM {table} ORDER BY number"))
                for table in THINGS
            }
        return Books(event_count, things)

    def _opened(self) -> AbstractContextManager[sqlite3.Connection]:
        return closing(sqlite3.connect(f"file:{self.database}?mode=ro", uri=True, timeout=10))

    async def settled(self) -> Books:
        """Wait until nothing goes on by itself, and return what is on record then."""
        going = f"SELECT 1 FROM runs WHERE stage IN {GOING}"
        waiting = "SELECT 1 FROM effects WHERE done_at IS NULL AND given_up_at IS NULL"
        await eventually(lambda: not self.query(f"{going} UNION ALL {waiting} LIMIT 1"), within_s=MENDED_LIMIT_S)
        return self.books()

    def stage(self, table: str, number: int) -> str:
        """Return the stage of a thing, or nothing when there is none."""
        rows = self.query(f"SELECT stage FROM {table} WHERE number = ?", number)
        return str(rows[0][0]) if rows else ""

    def count(self, table: str) -> int:
        """Return how many things of a kind there are; the newest has that number."""
        return int(self.query(f"SELECT count(*) FROM {table}")[0][0])

    def incidents(self, about: str) -> list[int]:
        """Return the numbers of the incidents about this, open or not."""
        rows = self.query(f"SELECT number FROM incidents WHERE {ABOUT} = ? ORDER BY number", about)
        return [int(row[0]) for row in rows]

    def said(self, column: str, number: int) -> str:
        """Return what an incident keeps as a code with its values, in English."""
        [(kept,)] = self.query(f"SELECT {column} FROM incidents WHERE number = ?", number)  # a test's
        return str(said_in(json.loads(kept)))

    async def cards(self, channel: str, containing: str = "") -> list[Message]:
        """Return the bot's messages in the channel that everyone can see."""
        shown = await self.person("nok").messages(channel)
        return [one for one in shown if one["author"]["bot"] and containing in text_of(one)]

    async def refused(self, reply: Reply, *words: str) -> None:
        """Check that the answer is one private refusal with these words, and no excuse for a mistake of the bot's."""
        assert "answered" == reply.state, f"{reply.state}: {reply.text}"
        assert reply.is_private, reply.text
        assert "mistake in the bot" not in reply.text
        missing = [word for word in words if word not in reply.text]

        assert [] == missing, reply.text

    async def reaches(self, table: str, number: int, stage: str, *, within_s: float = TRAINED_LIMIT_S) -> None:
        """Wait until the thing is at the stage; a failure ends the wait at once unless it is what is awaited."""

        async def is_there() -> bool:
            now = self.stage(table, number)
            assert now not in {"failed", "cancelled"} - {stage}, self.world.bot.log_tail(lines=30)
            return now == stage

        await eventually_awaited(is_there, within_s=within_s)

    async def file(self, **changed: str) -> int:
        """Have Malee file a requirement and return its number."""
        form = await self.person("malee").slash("requirement file", channel="requirements", dataset="digits")
        reply = await form.submit(REQUIREMENT | changed)

        assert "is filed" in reply.text
        return self.count("requirements")

    async def claimed(self, **changed: str) -> int:
        """Have a requirement filed and claimed by Anan."""
        number = await self.file(**changed)
        reply = await self.person("anan").slash("requirement claim", channel="requirements", requirement=number)

        assert "is yours" in reply.text
        return number

    async def launched(self, requirement: int, *, by: str = "anan", **options: Any) -> int:
        """Have a run launched and return its number."""
        wish = {"recipe": QUICK, "cpus": 1, "memory_gib": 2, "parameters": "epochs=1"} | options
        reply = await self.person(by).slash("train launch", channel="training", requirement=requirement, **wish)

        assert "is planned" in reply.text, reply.text
        number = self.count("runs")
        await self.person(by).sees("training", f"RUN-{number} ·", within_s=SEEN_LIMIT_S)
        pressed = await self.person(by).click("training", "Launch", containing=f"RUN-{number} ·")

        assert "is ordered" in pressed.text, pressed.text
        return number

    async def cancelled(self, run: int) -> None:
        """Have a run cancelled."""
        await self.person("anan").slash("train cancel", channel="training", run=run)
        await self.reaches("runs", run, "cancelled")

    async def order_slurm(self, kind: str, **fields: object) -> None:
        """Break the cluster, or mend it."""
        await self._control(self.world.slurm, kind=kind, **fields)

    async def order_azure(self, kind: str, **fields: object) -> None:
        """Break the cloud, or mend it."""
        await self._control(self.world.azure, kind=kind, **fields)

    async def _control(self, part: Mapping[str, object], **wish: object) -> None:
        async with self.town.session.post(f"{part['control']}/fault", json=wish) as response:
            assert 200 == response.status, await response.text()

    async def mend(self) -> None:
        """Mend whatever a test may have broken and not mended before it failed."""
        await self.town.fault("lift")
        await self.order_azure("clear")
        await self.order_slurm("logins", refused=False)
        await self.order_slurm("controller", down=False)
        for node in NODES:
            await self.order_slurm("node", node=node, down=False)

    async def slurm_jobs(self) -> dict[str, str]:
        """Return the states of all jobs by name, as the cluster has them."""
        return {job["name"]: job["state"] for job in (await self.cluster())["jobs"]}

    async def cluster(self) -> dict[str, Any]:
        """Return nodes and jobs as the cluster has them."""
        async with self.town.session.get(f"{self.world.slurm['control']}/state") as response:
            state: dict[str, Any] = await response.json()
            return state

    def run_folder(self, number: int) -> Path:
        """Return the folder of the run's first attempt on the shared file system."""
        return Path(str(self.world.slurm["directory"])) / "runs" / f"slipway-run-{number}-1"

    async def outage_of(self, system: str) -> int:
        """Wait for the system's incident and return its number."""
        found = await eventually(
            lambda: self.query(f"SELECT number FROM incidents WHERE {ABOUT} = ? AND stage != 'resolved'", system),
            within_s=INCIDENT_LIMIT_S,
        )
        return int(found[0][0])

    async def told_once(self, about: str, *, number: int = 0) -> str:
        """Wait for the one card of the one incident about this (or of the one numbered so), and return its text."""
        found = await eventually(lambda: self.incidents(about))
        numbers = [number] if number else found
        await self.person("somchai").sees("ops", f"INC-{numbers[0]} ·", within_s=SEEN_LIMIT_S)
        shown = await self.cards("ops", f"INC-{numbers[0]} ·")

        assert 1 == len(numbers)
        assert 1 == len(shown)
        return text_of(shown[0])

    async def is_up(self) -> None:
        """Wait until the bot is online with its commands."""
        await self.town.bot_is_online(within_s=UP_LIMIT_S)
        await self.town.has_command("train")

    async def restart(self) -> None:
        """Kill the bot and start it again."""
        self.world.bot.kill()
        assert self.world.bot.process is not None
        await self.world.bot.process.wait()
        await self.town.bot_is_online(online=False)
        await self.world.bot.start()
        await self.is_up()


def _decided(database: sqlite3.Connection, table: str) -> str:
    """Return the columns of a thing but the hours, which accounting tells up to a minute after a run's end."""
    return ", ".join(name for _, name, *_ in database.execute(f"PRAGMA table_info({table})") if name != "gpu_h")


def quick_table(*, under: str = f"recipes.{QUICK}.", datasets: str = '["digits"]') -> str:
    """Return the quick recipe as the config file has it, or a file of its own."""
    return f"""\
title = "A network that only counts"
command = ["{sys.executable}", "quick.py", "{{spec}}"]
folder = "{RECIPES}"
datasets = {datasets}

[{under}parameters]
epochs = {{ type = "int", default = 1, minimum = 1, maximum = 2000 }}
pause_s = {{ type = "float", default = 0.0, minimum = 0.0, maximum = 10.0 }}
batch_size = {{ type = "int", default = 64, minimum = 8, maximum = 1024 }}
learning_rate = {{ type = "float", default = 0.001, minimum = 0.0, maximum = 1000.0 }}
hidden = {{ type = "int", default = 64, minimum = 4, maximum = 4096 }}
"""


@asynccontextmanager
async def crew(
    state: Path, *, database_url: str | None = None, settings: Callable[[str], str] = str
) -> AsyncIterator[Crew]:
    """Bring up a world of one's own, whose bot knows the quick recipe too."""

    def with_recipe(config: str) -> str:
        return f"{settings(config)}\n[recipes.{QUICK}]\n{quick_table()}"

    async with world(state, database_url=database_url, settings=with_recipe) as place, Town(place.page) as town:
        with_hands = Crew(place, town)
        await with_hands.is_up()
        yield with_hands
        report = await town.violations()
        async with town.session.get(f"{place.azure['control']}/violations") as response:
            azure = await response.json()

        assert [] == report["violations"], json.dumps(report["violations"], indent=1)[:2000]
        assert [] == report["unknown_routes"]
        assert [] == azure["violations"], json.dumps(azure["violations"], indent=1)[:2000]


async def side_by_side(*acts: Any) -> list[Any]:
    """Do several things at the same moment."""
    return list(await asyncio.gather(*acts))
