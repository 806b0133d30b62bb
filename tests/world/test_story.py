"""The whole road against the real bot process, which is killed in the middle of it."""

import asyncio
import os
import signal
import sys
from collections import Counter
from pathlib import Path

import pytest

from sandbox.person import Town
from sandbox.story import tell
from sandbox.text import text_of
from sandbox.world import World, keep_running, world
from tests.support.need import lacking
from tests.support.specs import SPECS

KILLED_AFTER = (
    ("claim_refused", "rollout_approved"),
    pytest.param(("claim_refused", "running", "approved", "rollout_approved"), marks=pytest.mark.repetition),
)
"""Steps after which the bot dies: before a card is drawn, while a run trains, while a rollout is created."""


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("killed_after", KILLED_AFTER, ids=("twice", "often"))
async def test_the_road_holds_when_the_bot_is_killed_on_it(tmp_path: Path, killed_after: tuple[str, ...]) -> None:
    """Five people bring a model to production though the bot is killed meanwhile; nothing is lost or done twice."""
    async with world(tmp_path / "world") as town:
        supervising = asyncio.create_task(keep_running(town.bot))

        async def kill(step: str) -> None:
            if step in killed_after:
                assert town.bot.process is not None
                os.kill(town.bot.process.pid, signal.SIGKILL)

        await tell(town, between=kill)
        supervising.cancel()

        _bot_is_light(town)
        await _each_card_is_there_once(town)
        await _chain_is_whole(town)
        await _traffic_was_in_form(town)


def _bot_is_light(place: World) -> None:
    """After the whole road the bot's process has mapped no heavy library and is small."""
    assert place.bot.process is not None
    process = Path("/proc") / str(place.bot.process.pid)
    maps = process.joinpath("maps").read_text(encoding="utf-8")
    status = process.joinpath("status").read_text(encoding="utf-8")
    resident_mib = int(status.split("VmRSS:")[1].split()[0]) / 1024

    assert [] == [name for name in ("/torch/", "/pandas/", "/matplotlib/", "/scipy/", "/sklearn/") if name in maps]
    assert resident_mib <= 150


async def _each_card_is_there_once(place: World) -> None:
    """Every thing has one card in its channel, and every message was said once."""
    async with Town(place.page) as people:
        for channel in ("requirements", "training", "audit", "deployments", "announcements", "monitoring", "ops"):
            heads = Counter(
                text_of(message).splitlines()[0] for message in await people.person("nok").messages(channel)
            )

            assert {} == {head: count for head, count in heads.items() if count > 1}, channel


async def _chain_is_whole(place: World) -> None:
    """`python -m bot verify` finds every event as it was written."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "bot",
        "verify",
        "--config",
        str(place.config),
        env={**os.environ, **place.bot.environment},
        stdout=asyncio.subprocess.PIPE,
    )
    said, _ = await process.communicate()

    assert 0 == process.returncode, said.decode()
    assert b"as they were written" in said


async def _traffic_was_in_form(place: World) -> None:
    """Nothing that crossed the wires broke Discord's or Azure ML's official descriptions."""
    if SPECS is None:
        lacking("the official API descriptions are not here; set SLIPWAY_SPECS to their folder")
    async with Town(place.page) as people:
        discord = await people.violations()
        async with people.session.get(f"{place.azure['control']}/violations") as response:
            azure = await response.json()

    assert discord["spec"]
    assert [] == discord["violations"]
    assert [] == discord["unknown_routes"]
    assert [] == azure["violations"]
    assert discord["validated"] > 100
    assert len(azure["checked_versions"]) == 4
