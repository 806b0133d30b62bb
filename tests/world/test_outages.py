"""What breaks is told to Ops once with its cause, mends itself when it can, and the waiting work is done once."""

import asyncio
import signal
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import asyncssh
import pytest
import pytest_asyncio

from bot import __version__
from sandbox.discord.messages import LOADING
from sandbox.text import text_of
from tests.support.crew import LONG, MENDED_LIMIT_S, NODES, SEEN_LIMIT_S, Crew, crew
from tests.support.small_disk import filled, small_disk
from tests.support.waiting import eventually, eventually_awaited

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(900)]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def place(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Crew]:
    """Bring up a world whose database and shared folder are on small disks."""
    folder = tmp_path_factory.mktemp("outages")
    disk = folder / "disk"
    with small_disk(disk, size_mib=32):
        async with crew(folder / "world", database_url=f"sqlite:///{disk}/slipway.db") as hands:
            with small_disk(Path(str(hands.world.slurm["directory"])), size_mib=32):
                yield hands


@pytest_asyncio.fixture(loop_scope="module")
async def requirement(place: Crew) -> int:
    """Return the number of a requirement of the test's own, claimed by Anan."""
    return await place.claimed()


async def test_cards_that_a_moderator_swept_away_come_back(place: Crew) -> None:
    """All of a channel at once, and each once. It stands first: Discord takes five messages in five seconds."""
    numbers = [await place.file() for _ in range(3)]
    for number in numbers:
        await place.person("nok").sees("requirements", f"REQ-{number} ")
    await place.town.admin("purge", channel="requirements")
    for number in numbers:
        await place.person("nok").sees("requirements", f"REQ-{number} ", within_s=MENDED_LIMIT_S)

    assert [1, 1, 1] == [len(await place.cards("requirements", f"REQ-{number} ")) for number in numbers]


async def test_every_end_of_a_run_is_told_with_its_cause(place: Crew, requirement: int) -> None:
    """Out of memory, out of time, killed, node lost: one incident each, which says what to do."""
    runs = [await place.launched(requirement, parameters=LONG) for _ in range(4)]
    for run in runs:
        await place.reaches("runs", run, "running")

    for run, how in zip(runs, ("out of memory", "time out", "kill"), strict=False):
        await place.order_slurm("job", job=f"slipway-run-{run}-1", how=how)
        await place.reaches("runs", run, "failed")
    for down in (True, False):
        for node in NODES:
            await place.order_slurm("node", node=node, down=down)
        await place.reaches("runs", runs[3], "failed")

    for run, words in zip(runs, ("memory", "time limit", "9", "node"), strict=True):
        assert words in await place.told_once(f"RUN-{run}")


async def test_a_spoilt_result_fails_the_run_and_not_the_cluster(place: Crew, requirement: int) -> None:
    """Torn, missing or not JSON: the run fails with the reason; a spoilt model is not recorded, and Ops hear of it."""
    before = place.incidents("cluster")
    with_nodes = [place.order_slurm("node", node=node, down=True) for node in NODES]
    for order in with_nodes:
        await order
    torn, missing, strange, spoilt = [await place.launched(requirement) for _ in range(4)]
    for run in (torn, missing, strange, spoilt):
        await place.reaches("runs", run, "queued")
    with stopped(place):
        for node in NODES:
            await place.order_slurm("node", node=node, down=False)
        await eventually_awaited(lambda: _have_completed(place, (torn, missing, strange, spoilt)))
        results = {run: place.run_folder(run) / "result.json" for run in (torn, missing, strange)}
        results[torn].write_bytes(results[torn].read_bytes()[:40])
        results[missing].unlink()
        results[strange].write_bytes(b"\xff\xfe\x00")
        (place.run_folder(spoilt) / "model" / "reference.csv").write_text("nothing of the kind")

    await place.reaches("runs", spoilt, "succeeded")
    for run, words in ((torn, "torn"), (missing, "no result.json"), (strange, "not UTF-8")):
        await place.reaches("runs", run, "failed")
        assert words in await place.told_once(f"RUN-{run}")
    assert "digest" in await place.told_once(f"RUN-{spoilt} registry.record")
    assert before == place.incidents("cluster")


Break = Callable[[Crew], Awaitable[None]]


async def _refuse_logins(place: Crew) -> None:
    await place.order_slurm("logins", refused=True)
    await place.order_slurm("cut")


async def _allow_logins(place: Crew) -> None:
    await place.order_slurm("logins", refused=False)


async def _close_port(place: Crew) -> None:
    await place.order_slurm("port", closed=True)


async def _open_port(place: Crew) -> None:
    await place.order_slurm("port", closed=False)


async def _stop_controller(place: Crew) -> None:
    await place.order_slurm("controller", down=True, block_s=0.2)


async def _start_controller(place: Crew) -> None:
    await place.order_slurm("controller", down=False)


async def _change_host_key(place: Crew) -> None:
    await asyncio.to_thread(_write_another_key, Path(str(place.world.slurm["known_hosts"])), place.world.slurm["port"])
    await place.order_slurm("cut")


def _write_another_key(known: Path, port: object) -> None:
    known.rename(known.with_suffix(".right"))
    other = asyncssh.generate_private_key("ssh-ed25519").export_public_key().decode()
    known.write_text(f"[127.0.0.1]:{port} {other}")


async def _restore_host_key(place: Crew) -> None:
    known = Path(str(place.world.slurm["known_hosts"]))
    known.with_suffix(".right").replace(known)


@pytest.mark.parametrize(
    ("break_it", "mend_it", "words"),
    [
        (_refuse_logins, _allow_logins, "refused the login"),
        (_close_port, _open_port, "cannot be reached"),
        (_stop_controller, _start_controller, "slurm"),
        (_change_host_key, _restore_host_key, "host key"),
    ],
    ids=["logins refused", "port closed", "controller down", "host key changed"],
)
async def test_a_cluster_that_is_down_is_told_once_and_the_run_is_submitted_once(
    place: Crew, requirement: int, break_it: Break, mend_it: Break, words: str
) -> None:
    """A run launched meanwhile waits; when the cluster is back the incident resolves itself and one job is there."""
    await break_it(place)
    run = await place.launched(requirement, parameters=LONG)
    number = await place.outage_of("cluster")
    await place.person("anan").sees("training", "sent when the cluster answers again", within_s=SEEN_LIMIT_S)
    refused = await place.person("anan").slash("train logs", channel="training", run=run)

    await place.refused(refused, f"RUN-{run}")
    assert words in place.said("cause", number).lower()

    await mend_it(place)
    await place.reaches("incidents", number, "resolved", within_s=MENDED_LIMIT_S)
    await place.reaches("runs", run, "running")
    await place.cancelled(run)

    await place.told_once("cluster", number=number)
    jobs = await place.slurm_jobs()
    assert [f"slipway-run-{run}-1"] == [name for name in jobs if name.startswith(f"slipway-run-{run}-")]


async def test_a_full_shared_folder_is_told_until_there_is_room(place: Crew, requirement: int) -> None:
    """That the cluster answers questions meanwhile does not resolve the incident."""
    with filled(Path(str(place.world.slurm["directory"]))):
        run = await place.launched(requirement, parameters=LONG)
        number = await place.outage_of("cluster")
        cause = place.said("cause", number)

        assert "full" in cause

    await place.reaches("incidents", number, "resolved", within_s=MENDED_LIMIT_S)
    await place.reaches("runs", run, "running")
    await place.cancelled(run)


async def test_a_full_database_disk_is_told_to_the_one_who_pressed(place: Crew) -> None:
    """Nothing is half done, and the same press works when there is room again."""
    number = await place.file()
    before = await place.settled()
    with closing(sqlite3.connect(place.database, timeout=10)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    with filled(place.database.parent):
        reply = await place.person("anan").slash("requirement claim", channel="requirements", requirement=number)

        await place.refused(reply, "the disk of the database is full", "nothing was changed")
        assert before == place.books()

    again = await place.person("anan").slash("requirement claim", channel="requirements", requirement=number)

    assert "is yours" in again.text


async def test_discord_may_be_down_while_a_run_ends(place: Crew, requirement: int) -> None:
    """Afterwards the cards and the incident are there, once each."""
    run = await place.launched(requirement, parameters=LONG)
    await place.reaches("runs", run, "running")
    await place.town.fault("down")
    await place.order_slurm("job", job=f"slipway-run-{run}-1", how="kill")
    await place.reaches("runs", run, "failed")
    await place.town.fault("lift")
    await place.is_up()

    await place.told_once(f"RUN-{run}")
    await eventually_awaited(lambda: _shows(place, "training", f"RUN-{run} ·", "Failed"), within_s=MENDED_LIMIT_S)

    assert 1 == len(await place.cards("training", f"RUN-{run} ·"))
    for number in place.incidents("discord"):
        await place.reaches("incidents", number, "resolved", within_s=MENDED_LIMIT_S)


async def test_a_connection_that_discord_ends_for_good_is_opened_anew(place: Crew) -> None:
    """With a code after which discord.py gives up, the bot logs in again and works."""
    await place.town.fault("down", only="gateway")  # it would be back before anybody could see that it was gone
    await place.town.fault("disconnect", code=4011)
    await place.town.bot_is_online(online=False)
    await place.town.fault("lift")
    await place.is_up()
    number = await place.file()

    await place.person("malee").sees("requirements", f"REQ-{number} ")


async def test_a_slow_database_is_waited_for_in_sight(place: Crew) -> None:
    """Whoever pressed or asked sees that Slipway is thinking; then the answer comes, or why there is none."""
    number = await place.file()
    card = await place.person("anan").sees("requirements", f"REQ-{number} ")
    with closing(sqlite3.connect(place.database, isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        waiting = [
            asyncio.create_task(place.person("anan").click_on(card, "Claim")),
            asyncio.create_task(
                place.person("nok").slash(
                    "requirement withdraw", channel="requirements", requirement=number, reason="r"
                )
            ),
        ]
        await eventually_awaited(lambda: _think_for(place, "anan", "nok"), within_s=SEEN_LIMIT_S)
        connection.execute("ROLLBACK")
    pressed, refused = await asyncio.gather(*waiting)

    assert f"REQ-{number} is yours" in pressed.text
    assert "This needs the duty" in refused.text
    assert pressed.is_private
    assert refused.is_private
    assert place.stage("requirements", number) == "claimed"


async def test_a_deleted_channel_is_told_to_ops(place: Crew, requirement: int) -> None:
    """Ops hear which setting names a channel that is gone, here one that no other test needs; other channels go on."""
    await place.town.admin("delete_channel", channel="audit")
    before = place.count("audits")
    run = await place.launched(requirement)
    await place.reaches("runs", run, "succeeded")
    shown = await place.told_once("discord.channels.audit")

    assert before + 1 == place.count("audits")
    assert "put the id of an existing channel" in shown


def _is_said_twice(log: Path, begin: int, words: bytes) -> bool:
    return log.read_bytes()[begin:].count(words) >= 2


PARTS: Mapping[str, tuple[Mapping[str, Any], bytes]] = {
    "gateway": ({"kind": "down", "only": "gateway"}, b"discord cannot be re"),
    "commands": (
        {"kind": "http_status", "path": "/commands", "status": 503, "times": 10_000},
        b"discord cannot be told the commands",
    ),
}
"""Parts of Discord that may be down alone, with what the log says of each."""


@pytest.mark.parametrize(
    "parts",
    [
        pytest.param(tuple(PARTS), id="all"),
        *(pytest.param((part,), id=part, marks=pytest.mark.repetition) for part in PARTS),
    ],
)
async def test_parts_of_discord_may_be_down_while_the_bot_starts(place: Crew, parts: Collection[str]) -> None:
    """When they are back, commands and buttons work without another start.

    Who reads the log at night sees when the bot went and came, which version, and whether Discord has it; no more.
    """
    number = await place.file()
    bot, told = place.world.bot, ("slipway was stopped", "slipway starts", "] connected to discord")
    begin = bot.log.stat().st_size
    await bot.stop()
    ended = bot.process
    for part in parts:
        await place.town.fault(**PARTS[part][0])
    await bot.start()
    for part in parts:
        await eventually(partial(_is_said_twice, bot.log, begin, PARTS[part][1]))
    await place.town.fault("lift")
    await eventually(lambda: told[-1].encode() in bot.log.read_bytes()[begin:])
    await place.is_up()
    shown = await place.person("anan").slash("requirement show", channel="requirements", requirement=number)
    pressed = await place.person("anan").click("requirements", "Claim", containing=f"REQ-{number} ")

    assert shown.message is not None
    assert f"REQ-{number}" in text_of(shown.message)
    assert "is yours" in pressed.text
    lines = bot.log.read_bytes()[begin:].decode("utf-8").splitlines()
    assert [*told] == [text for line in lines for text in told if text in line]
    assert [True] == [f"version={__version__}" in line for line in lines if told[1] in line]
    assert [] == [line for line in lines if "voice" in line]
    assert ended is not None
    assert 0 == ended.returncode


async def test_a_card_whose_answer_was_lost_before_a_crash_is_posted_once(place: Crew) -> None:
    """Also when the bot comes back so late that Discord has forgotten the nonce: it looks before it posts again."""
    await place.town.fault("lost_answer", method="POST", path="/messages")
    number = await place.file()
    card = await place.person("nok").sees("requirements", f"REQ-{number} ")
    bot = place.world.bot
    bot.kill()
    assert bot.process is not None
    await bot.process.wait()
    await place.town.fault("forget_nonces")
    noted = "SELECT message FROM cards WHERE kind = 'REQ' AND number = ?"
    before = place.query(noted, number)
    await bot.start()
    await eventually(lambda: place.query(noted, number) == [(card["id"],)], within_s=MENDED_LIMIT_S)
    await place.is_up()

    assert [(None,)] == before
    assert [card["id"]] == [one["id"] for one in await place.cards("requirements", f"REQ-{number} ")]


class stopped:  # noqa: N801  # reads as a word
    """The bot, frozen for the length of the block."""

    def __init__(self, place: Crew) -> None:
        self._bot = place.world.bot

    def __enter__(self) -> None:
        self._bot._signal(signal.SIGSTOP)

    def __exit__(self, *_: object) -> None:
        self._bot._signal(signal.SIGCONT)


async def _think_for(place: Crew, *people: str) -> bool:
    """Tell whether each of the people sees that the bot is thinking."""
    shown = [await place.person(key).messages("requirements") for key in people]
    return all(any(message["flags"] & LOADING for message in messages) for messages in shown)


async def _have_completed(place: Crew, runs: Collection[int]) -> bool:
    jobs = await place.slurm_jobs()
    return all(jobs.get(f"slipway-run-{run}-1") == "COMPLETED" for run in runs)


async def _shows(place: Crew, channel: str, head: str, text: str) -> bool:
    return any(text in text_of(card) for card in await place.cards(channel, head))
