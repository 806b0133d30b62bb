"""Many runs at once on the sandbox's Discord with its rate limits on: no request too many, every card at its end.

Discord lets SPEED times as much through and the bot's clock runs SPEED times as fast: the limits bind as they would.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.adapters.discord.chat import DiscordChat
from bot.adapters.sql.store import SqlStore
from bot.app import App
from bot.config import Channels
from bot.effects import draw
from bot.ports import JobStatus, Series
from bot.services import training
from jobs import follow_runs
from sandbox.discord.town import CHANNELS
from sandbox.person import Town
from sandbox.text import Message, text_of
from tests.support.databases import NOW, Database
from tests.support.discord_town import Bot, discord_sandbox, online
from tests.support.fakes import FakeCharts
from tests.support.field import FakeClusterOfRuns, running
from tests.support.ports import app_on
from tests.support.road import claimed, submitted
from tests.support.waiting import eventually

SPEED = 25
TRAINING = CHANNELS["training"]
EACH = timedelta(seconds=2)  # times the number of runs
"""A card may follow its run's progress this often: of the edits that Discord takes in a channel, half are for facts."""
LAST_EPOCH = 900
LOOKS = 20
"""At least so many, however slow the machine is: many more than a card is written."""
PNG = bytes.fromhex("89504e470d0a1a0a0000000d494844520000000200000003080200000000000000")


class FastClock:
    """The time, which goes SPEED times as fast."""

    def __init__(self) -> None:
        self._began = time.monotonic()

    def __call__(self) -> datetime:
        """Return the present moment."""
        return NOW + timedelta(seconds=SPEED * (time.monotonic() - self._began))


class FakeChartsAtOnce(FakeCharts):
    """Draws charts at once."""

    async def curves(self, panels: Mapping[str, Sequence[Series]], **_: Any) -> bytes:
        return PNG + repr(panels).encode()


class Watcher(Bot):
    """A client that keeps how often each message was written, and its last text."""

    def __init__(self, described: dict[str, Any]) -> None:
        super().__init__(described)
        self.writes: Counter[str] = Counter()
        self.shown: dict[str, str] = {}

    async def on_socket_raw_receive(self, text: str) -> None:
        """Keep what the gateway tells of messages, its own among them."""
        await super().on_socket_raw_receive(text)
        event = self.heard.pop()
        message: Message = event["d"] or {}
        if event["t"] in ("MESSAGE_CREATE", "MESSAGE_UPDATE") and message["channel_id"] == TRAINING:
            self.writes[message["id"]] += 1
            self.shown[message["id"]] = text_of(message)


@pytest.fixture(scope="module")
def described(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """Run one sandbox for the module."""
    with discord_sandbox(tmp_path_factory.mktemp("discord"), pace=SPEED) as facts:
        yield facts


@pytest.mark.parametrize(
    ("run_count", "trained"),
    [(20, timedelta(minutes=1)), pytest.param(100, timedelta(minutes=2.5), marks=pytest.mark.repetition)],
    ids=["twenty", "a hundred"],
)
async def test_many_runs_neither_flood_the_channel_nor_meet_a_limit(
    described: dict[str, Any],
    town: Town,
    file_database: Database,
    tmp_path: Path,
    *,
    run_count: int,
    trained: timedelta,
):
    """Each look at the cluster has news of every run; a card is written for its facts and now and then for progress."""
    store, cluster = SqlStore.open(file_database.settings), FakeClusterOfRuns()
    async with online(Watcher(described)) as client:
        channels = Channels(**{name: described["channels"][name] for name in Channels.model_fields})
        app = app_on(store, clock=FastClock(), chat=DiscordChat(client, channels), cluster=cluster)
        settings = app.settings.model_copy(update={"data_directory": tmp_path})
        app = replace(app, settings=settings, charts=FakeChartsAtOnce())
        keys = await _begun(app, run_count)
        drawing = asyncio.create_task(draw.run(app))
        begun, looks, tick = app.record.now(), 0, follow_runs.begun(app)
        while app.record.now() - begun < trained or looks < LOOKS:
            looks += 1
            cluster.says = {key: running(min(looks, LAST_EPOCH - 1)) for key in keys}
            await tick()
        cluster.says = {key: running(LAST_EPOCH) for key in keys}
        await tick()
        await eventually(lambda: run_count == _at(client, f"epoch {LAST_EPOCH} of"), within_s=180)
        took = app.record.now() - begun
        drawing.cancel()
        await asyncio.wait({drawing})
    report = await town.violations()
    await store.close()
    writes_at_most = 2 + 2 * (1 + took / (EACH * run_count))  # as it began; a chart follows each reading

    assert set(report["statuses"]) == {"200"}, report["statuses"]
    assert len(client.writes) == run_count
    assert max(client.writes.values()) <= writes_at_most, (client.writes, took)


def _at(client: Watcher, words: str) -> int:
    return sum(words in text for text in client.shown.values())


async def _begun(app: App, count: int) -> list[str]:
    """Have so many runs begin, and return their keys."""
    requirement = (await claimed(app.record)).number
    runs = [await submitted(app.record, requirement) for _ in range(count)]
    for run in runs:
        await training.waits_or_runs(app.record, run.number, JobStatus.RUNNING, reason="", node="gpu1")
    return [run.key for run in runs]
