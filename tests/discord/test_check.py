"""The check of Discord: what the config names and what the bot may there, with the way to mend it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bot import checkup
from bot.config import load
from sandbox.discord.town import GUILD_ID
from sandbox.person import Town
from sandbox.town_config import TOKEN_VARIABLE, write_config
from tests.support.discord_town import discord_sandbox
from tests.support.settings import changed

SLURM = dict.fromkeys(("host", "user", "key_file", "known_hosts", "python"), "x")
AZURE = dict.fromkeys(("tenant", "client_id", "subscription", "resource_group", "workspace"), "x")
"""What nobody asks for here."""


@pytest.fixture
def described(tmp_path: Path) -> Iterator[dict[str, Any]]:
    """Run a sandbox of the test's own, which may delete what others need."""
    with discord_sandbox(tmp_path / "discord") as facts:
        yield facts


async def said_of(
    described: dict[str, Any], folder: Path, monkeypatch: pytest.MonkeyPatch, **settings: str
) -> tuple[bool, str]:
    """Check Discord with these settings; return whether it is well and what is said."""
    config = folder / "config.toml"
    slurm = {**SLURM, "directory": "/shared", "port": 22, "partitions": ["gpu"]}
    azure = {**AZURE, "proxy": "http://127.0.0.1:9", "ca_file": described["ca_file"]}
    url = f"sqlite:///{folder}/slipway.db"
    write_config(config, discord=described, slurm=slurm, azure=azure, state=folder, database_url=url)
    config.write_text(changed(config.read_text(), settings))
    monkeypatch.setenv(TOKEN_VARIABLE, described["token"])
    [_, finding] = await checkup.check(load(config), only=("discord",))
    return finding.is_well, str(finding)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"discord.guild": "42"}, ("discord.guild", "42", "invite the bot")),
        (
            {"discord.channels.training": "43", "discord.roles.auditor": "[44]"},
            ("channels.training", "roles.auditor", "put ids of what exists"),
        ),
        ({"discord.token": '{ env = "NOT_SET_ANYWHERE" }'}, ("NOT_SET_ANYWHERE", "put the secret there")),
        ({"discord.connect_to": '"127.0.0.1:9"'}, ("cannot be reached",)),
    ],
    ids=lambda value: next(iter(value)),
)
async def test_a_wrong_setting_is_named_with_its_mend(
    described: dict[str, Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    settings: dict[str, str],
    words: tuple[str, ...],
) -> None:
    """What the setting leads to is not there."""
    is_well, said = await said_of(described, tmp_path, monkeypatch, **settings)

    assert not is_well
    assert [] == [word for word in words if word not in said], said


async def test_permissions_that_the_bot_lacks_are_named_by_channel(
    described: dict[str, Any], town: Town, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As Discord reckons them from roles and overwrites, be they the bot's own or everyone's; and how to mend it."""
    await town.fault("forbid", channel="training", permission="attach_files", target=GUILD_ID)
    for channel, permission in (("audit", "send_messages"), ("audit", "read_message_history"), ("ops", "view_channel")):
        await town.fault("forbid", channel=channel, permission=permission)
    _, told = await said_of(described, tmp_path, monkeypatch)
    await town.fault("lift")
    mended = await said_of(described, tmp_path, monkeypatch)

    assert told.startswith(
        "FAIL discord: discord: the bot lacks Attach Files in channels.training; "
        "Send Messages and Read Message History in channels.audit; View Channels in channels.ops; "
    )
    assert "Permissions" in told.partition("channels.ops; ")[2]
    assert mended[0], mended


async def test_a_forum_in_the_place_of_a_channel_is_named(
    described: dict[str, Any], town: Town, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A forum takes posts and no messages, so no card could stand in it."""
    await town.admin("create_forum", channel="ideas")
    channels = (await town.get("/_client/state?as=nok"))["channels"]
    forum = next(one["id"] for one in channels if one["name"] == "ideas")

    is_well, said = await said_of(described, tmp_path, monkeypatch, **{"discord.channels.audit": forum})

    assert "FAIL discord: discord: channels.audit can take no messages, as a forum cannot; put the id of a text" in said
    assert not is_well


async def test_a_thread_in_the_place_of_a_channel_is_found(
    described: dict[str, Any], town: Town, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A thread, or a post of a forum, can hold cards; it takes another permission, which this bot has not."""
    await town.admin("create_forum", channel="posts")
    post = await town.person("nok").open_post("posts", "Audits", "Here.")
    settings = {"discord.channels.audit": post["channel_id"]}

    is_well, said = await said_of(described, tmp_path, monkeypatch, **settings)

    assert "FAIL discord: discord: the bot lacks Send Messages in Threads in channels.audit; allow it that" in said
    assert not is_well


async def test_a_deleted_channel_is_named(
    described: dict[str, Any], town: Town, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The setting that names it is told."""
    await town.admin("delete_channel", channel="monitoring")

    is_well, said = await said_of(described, tmp_path, monkeypatch)

    assert "FAIL discord: discord: not there: channels.monitoring; put ids of what exists" in said
    assert not is_well
