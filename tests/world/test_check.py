"""`python -m bot check` names what is wrong and the way to mend it; so does a start with a wrong token."""

import asyncio
import os
import sqlite3
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import closing
from pathlib import Path

import asyncssh
import pytest
import pytest_asyncio

from bot import __version__
from sandbox.discord.town import GUILD_ID
from sandbox.town_config import SECRET_VARIABLE, TOKEN_VARIABLE
from tests.support.crew import Crew, crew

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(360)]

SYSTEMS = ("config", "database", "cluster", "mlflow", "azure", "discord")
NOWHERE = "127.0.0.1:9"
"""Nobody listens on the discard port."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def place(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Crew]:
    """Bring up a world with a few things that are not what they should be."""
    folder = tmp_path_factory.mktemp("check")
    async with crew(folder / "world") as hands:
        _write_wrong_things(folder, hands.world.slurm["port"])
        yield hands


def _write_wrong_things(folder: Path, port: object) -> None:
    other = asyncssh.generate_private_key("ssh-ed25519")
    (folder / "other_hosts").write_text(f"[127.0.0.1]:{port} {other.export_public_key().decode()}")
    other.write_private_key(folder / "other_key")
    (folder / "torn_hosts").write_text("login-node")
    (folder / "no_database").write_text("a letter, by the look of it, and not a database at all\n" * 100)
    with closing(sqlite3.connect(folder / "empty.db")) as connection:
        connection.execute("CREATE TABLE something (else_ TEXT)")


async def bot(
    place: Crew, command: str, changed: Mapping[str, str] = {}, environment: Mapping[str, str] = {}
) -> tuple[int, str, str]:
    """Run one of the bot's commands with this changed in its config, and return exit status, output and errors."""
    lines, section, missing = [], "", set(changed)
    for line in place.world.config.read_text(encoding="utf-8").splitlines():
        section = line.strip("[]") if line.startswith("[") else section
        name = f"{section}.{line.partition(' = ')[0]}".lstrip(".")
        missing.discard(name)
        lines.append(f"{line.partition(' = ')[0]} = {changed[name]}" if name in changed else line)
    assert not missing
    config = place.world.state / f"changed-{abs(hash(str((changed, environment))))}.toml"
    config.write_text("\n".join(lines), encoding="utf-8")
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", command, "--config", str(config)),
        env={**os.environ, **place.world.bot.environment, **environment},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    said, complained = await process.communicate()
    assert process.returncode is not None
    return process.returncode, said.decode(), complained.decode()


async def test_a_healthy_world_is_well_in_every_line(place: Crew) -> None:
    """Six lines, six times ok, exit status 0."""
    status, said, _ = await bot(place, "check")

    assert [f"ok   {name}" for name in SYSTEMS] == [line.partition(":")[0] for line in said.splitlines()]
    assert 0 == status


ROUNDS: tuple[tuple[dict[str, str], dict[str, str], dict[str, tuple[str, ...]]], ...] = (
    (
        {
            "database.url": '"sqlite:///{here}/nothing.db"',
            "cluster.known_hosts": '"{here}/other_hosts"',
            "mlflow.tracking_uri": f'"http://{NOWHERE}"',
        },
        {TOKEN_VARIABLE: "MTEwMDAwMDAwMDAwMDAwMDAwMg.another", SECRET_VARIABLE: "another"},
        {
            "database": ("no database at", "nothing.db", "migrate"),
            "cluster": ("host key", "ask its admin", "other_hosts"),
            "mlflow": ("mlflow.tracking_uri",),
            "azure": ("azure.client_secret",),
            "discord": ("discord.token", "put the bot's present token"),
        },
    ),
    (
        {
            "database.url": '"sqlite:///{here}/no_database"',
            "cluster.key_file": '"{here}/other_key"',
            "mlflow.artifact_directory": '"{here}/no_database"',
            "azure.workspace": '"elsewhere"',
            "discord.guild": "42",
        },
        {},
        {
            "database": ("not a SQLite database", "check database.url"),
            "cluster": ("refused the login", "authorized_keys"),
            "mlflow": ("mlflow.artifact_directory", "no_database"),
            "azure": ("workspace", "elsewhere"),
            "discord": ("discord.guild", "42", "invite the bot"),
        },
    ),
    (
        {
            "database.url": '"sqlite:///{here}/empty.db"',
            "cluster.directory": '"/nowhere/at/all"',
            "mlflow.tracking_uri": '"sqlite:///{here}/no_database"',
            "azure.https_proxy": f'"http://{NOWHERE}"',
            "discord.channels.training": "43",
            "discord.roles.auditor": "[44]",
        },
        {},
        {
            "database": ("migrate",),
            "cluster": ("/nowhere/at/all", "cluster.directory"),
            "mlflow": ("not a database", "mlflow.tracking_uri"),
            "azure": ("cannot be reached", "azure.https_proxy"),
            "discord": ("channels.training", "roles.auditor", "put ids of what exists"),
        },
    ),
    (
        {
            "cluster.port": "9",
            "azure.client_secret": '{ file = "{here}/no_secret" }',
            "discord.token": '{ env = "NOT_SET_ANYWHERE" }',
        },
        {},
        {
            "cluster": (NOWHERE, "cannot be reached"),
            "azure": ("secret file", "no_secret", "cannot be read"),
            "discord": ("NOT_SET_ANYWHERE", "put the secret there"),
        },
    ),
    (
        {"cluster.partitions": '["gpu", "night"]', "cluster.user": '"root"', "discord.connect_to": f'"{NOWHERE}"'},
        {},
        {"cluster": ("night", "gpu, short"), "discord": ("cannot be reached",)},
    ),
    (
        {"cluster.known_hosts": '"{here}/torn_hosts"'},
        {},
        {"cluster": ("torn_hosts", "cannot be understood")},
    ),
    (
        {"cluster.key_file": '"{here}/no_key"', "azure.tenant": '"00000000-0000-0000-0000-000000000000"'},
        {},
        {"cluster": ("no_key", "cannot be read"), "azure": ("AADSTS90002", "azure.tenant")},
    ),
)


@pytest.mark.parametrize(("changed", "environment", "words"), ROUNDS, ids=range(len(ROUNDS)))
async def test_each_wrong_thing_is_named_with_its_mend(
    place: Crew, changed: dict[str, str], environment: dict[str, str], words: dict[str, tuple[str, ...]]
) -> None:
    """A line for each system, FAIL where something is wrong and ok where nothing is; exit status 1."""
    here = str(place.world.state.parent)
    status, said, complained = await bot(
        place, "check", {name: value.replace("{here}", here) for name, value in changed.items()}, environment
    )
    lines = {line[5:].partition(":")[0]: line for line in said.splitlines()}

    assert "Traceback" not in said + complained
    assert set(SYSTEMS) == set(lines), said + complained
    assert set(words) == {name for name, line in lines.items() if line.startswith("FAIL")}, said
    missing = [(word, lines[name]) for name, wanted in words.items() for word in wanted if word not in lines[name]]
    assert [] == missing
    assert 1 == status


UNUSABLE = (
    (
        {"cluster.port": "70000", "cluster.host": '"a"\nspeed = 5', "zone": '"Bangkok"'},
        ("cluster.port", "65535", "cluster.speed: no such setting", "Asia/Bangkok"),
    ),
    ({"cluster.host": '"a'}, ("not valid TOML",)),
    ({"mlflow.tracking_uri": '"file:///somewhere"'}, ("mlflow.tracking_uri", "http(s)")),
    ({"database.url": '"mysql://somewhere"'}, ("database.url", "sqlite:///")),
    ({"discord.ca_file": '"/no/such/file"'}, ("discord.ca_file", "/no/such/file")),
)


@pytest.mark.parametrize(("changed", "words"), UNUSABLE, ids=[next(iter(changed)) for changed, _ in UNUSABLE])
async def test_a_config_that_cannot_be_used_is_told_in_a_sentence(
    place: Crew, changed: dict[str, str], words: tuple[str, ...]
) -> None:
    """No traceback: the setting, what is wrong with it, exit status 1."""
    status, said, complained = await bot(place, "check", changed)

    assert (1, "") == (status, said)
    assert complained.startswith("slipway: ")
    assert "Traceback" not in complained
    assert [] == [word for word in words if word not in complained], complained


async def test_a_start_with_a_wrong_token_ends_in_one_sentence(place: Crew) -> None:
    """Exit status 1, and the way out."""
    wrong = {TOKEN_VARIABLE: "MTEwMDAwMDAwMDAwMDAwMDAwMg.another"}

    status, said, complained = await bot(place, "run", {"database.url": f'"sqlite:///{place.database}"'}, wrong)

    assert 1 == status
    assert "Traceback" not in said + complained
    assert ["slipway: discord.token: Discord does not know this token; put the bot's present token"] == [
        line for line in complained.splitlines() if line.startswith("slipway:")
    ]


async def test_permissions_that_the_bot_lacks_are_named_by_channel(place: Crew) -> None:
    """As Discord reckons them from roles and overwrites, be they the bot's own or everyone's; and how to mend it."""
    await place.town.fault("forbid", channel="training", permission="attach_files", target=GUILD_ID)
    for channel, permission in (("audit", "send_messages"), ("audit", "read_message_history"), ("ops", "view_channel")):
        await place.town.fault("forbid", channel=channel, permission=permission)
    status, said, _ = await bot(place, "check")
    [told] = [line for line in said.splitlines() if line.startswith("FAIL")]
    await place.town.fault("lift")
    mended, _, _ = await bot(place, "check")

    assert told.startswith(
        "FAIL discord: discord: the bot lacks Attach Files in channels.training; "
        "Send Messages and Read Message History in channels.audit; View Channels in channels.ops; "
    )
    assert "Permissions" in told.partition("channels.ops; ")[2]
    assert (1, 0) == (status, mended)


async def test_a_forum_in_the_place_of_a_channel_is_named_by_the_check(place: Crew) -> None:
    """A forum takes posts and no messages, so no card could stand in it."""
    await place.town.admin("create_forum", channel="ideas")
    channels = (await place.town.get("/_client/state?as=nok"))["channels"]
    forum = next(one["id"] for one in channels if one["name"] == "ideas")

    status, said, _ = await bot(place, "check", {"discord.channels.audit": forum})

    assert "FAIL discord: discord: channels.audit can take no messages, as a forum cannot; put the id of a text" in said
    assert 1 == status


async def test_a_thread_in_the_place_of_a_channel_is_found_by_the_check(place: Crew) -> None:
    """A thread, or a post of a forum, can hold cards; it takes another permission, which this bot has not."""
    await place.town.admin("create_forum", channel="posts")
    post = await place.person("nok").open_post("posts", "Audits", "Here.")

    status, said, _ = await bot(place, "check", {"discord.channels.audit": post["channel_id"]})

    assert "FAIL discord: discord: the bot lacks Send Messages in Threads in channels.audit; allow it that" in said
    assert 1 == status


async def test_a_deleted_channel_is_named_by_the_check(place: Crew) -> None:
    """The setting that names it is told."""
    await place.town.admin("delete_channel", channel="monitoring")

    status, said, _ = await bot(place, "check")

    assert "FAIL discord: discord: not there: channels.monitoring; put ids of what exists" in said
    assert 1 == status


async def test_the_log_says_when_the_bot_came_and_went(place: Crew) -> None:
    """Who reads it at night sees whether it runs, which version, and whether Discord has it; nothing else is amiss."""
    told = ("slipway starts", "connected to discord", "slipway was stopped")
    await place.world.bot.stop()

    lines = place.world.bot.log.read_text(encoding="utf-8").splitlines()
    assert list(told) == [text for line in lines for text in told if text in line]
    assert f"version={__version__}" in lines[0]
    assert [] == [line for line in lines if "voice" in line]
    assert 0 == place.world.bot.process.returncode  # type: ignore[union-attr]
