"""`python -m bot check` names what is wrong and the way to mend it; so does a start with a wrong token."""

import asyncio
import os
import sqlite3
import sys
from collections.abc import Collection, Mapping
from contextlib import closing
from pathlib import Path

import asyncssh
import pytest

from bot import checkup
from bot.config import load
from sandbox.town_config import TOKEN_VARIABLE
from tests.support.crew import Crew
from tests.support.settings import changed

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(900)]

SYSTEMS = ("config", "database", "cluster", "mlflow", "azure", "discord")
NOWHERE = "127.0.0.1:9"
"""Nobody listens on the discard port."""


@pytest.fixture(scope="module")
def here(world: Crew, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a few things that are not what they should be."""
    folder = tmp_path_factory.mktemp("check")
    other = asyncssh.generate_private_key("ssh-ed25519")
    known = f"[127.0.0.1]:{world.world.slurm['port']} {other.export_public_key().decode()}"
    (folder / "other_hosts").write_text(known)
    other.write_private_key(folder / "other_key")
    (folder / "torn_hosts").write_text("login-node")
    (folder / "other_secret").write_text("another")
    (folder / "no_database").write_text("a letter, by the look of it, and not a database at all\n" * 100)
    with closing(sqlite3.connect(folder / "empty.db")) as connection:
        connection.execute("CREATE TABLE something (else_ TEXT)")
    return folder


def _config(place: Crew, here: Path, settings: Mapping[str, str]) -> Path:
    """Write the world's config with these settings; `{here}` in them is the folder of wrong things."""
    text = place.world.config.read_text(encoding="utf-8")
    config = here / "config.toml"
    wrong = {name: value.replace("{here}", str(here)) for name, value in settings.items()}
    config.write_text(changed(text, wrong), encoding="utf-8")
    return config


async def bot(place: Crew, command: str, config: Path, environment: Mapping[str, str] = {}) -> tuple[int, str, str]:
    """Run one of the bot's commands, and return exit status, output and errors."""
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
    status, said, _ = await bot(place, "check", place.world.config)

    assert [f"ok   {name}" for name in SYSTEMS] == [line.partition(":")[0] for line in said.splitlines()]
    assert 0 == status


async def test_each_system_that_is_wrong_is_named_with_its_mend(place: Crew, here: Path) -> None:
    """A line for each, FAIL where something is wrong; exit status 1. What is wrong here needs no library to be seen."""
    wrong = {
        "database.url": '"sqlite:///{here}/nothing.db"',
        "cluster.known_hosts": '"{here}/other_hosts"',
        "mlflow.artifact_directory": '"{here}/no_database"',
        "azure.client_secret": '{ file = "{here}/no_secret" }',
    }
    secrets = {TOKEN_VARIABLE: "MTEwMDAwMDAwMDAwMDAwMDAwMg.another"}
    words = {
        "database": ("no database at", "nothing.db", "migrate"),
        "cluster": ("host key", "ask its admin", "other_hosts"),
        "mlflow": ("mlflow.artifact_directory", "no_database"),
        "azure": ("secret file", "no_secret", "cannot be read"),
        "discord": ("discord.token", "put the bot's present token"),
    }
    status, said, complained = await bot(place, "check", _config(place, here, wrong), secrets)
    lines = {line[5:].partition(":")[0]: line for line in said.splitlines()}

    assert "Traceback" not in said + complained
    assert set(SYSTEMS) == set(lines), said + complained
    assert set(words) == {name for name, line in lines.items() if line.startswith("FAIL")}, said
    missing = [(word, lines[name]) for name, wanted in words.items() for word in wanted if word not in lines[name]]
    assert [] == missing
    assert 1 == status


WRONG = (
    ("database", {"database.url": '"sqlite:///{here}/no_database"'}, ("not a SQLite database", "check database.url")),
    ("database", {"database.url": '"sqlite:///{here}/empty.db"'}, ("migrate",)),
    ("cluster", {"cluster.key_file": '"{here}/other_key"'}, ("refused the login", "authorized_keys")),
    ("cluster", {"cluster.directory": '"/nowhere/at/all"'}, ("/nowhere/at/all", "cluster.directory")),
    ("cluster", {"cluster.port": "9"}, (NOWHERE, "cannot be reached")),
    ("cluster", {"cluster.partitions": '["gpu", "night"]'}, ("night", "gpu, short")),
    ("cluster", {"cluster.known_hosts": '"{here}/torn_hosts"'}, ("torn_hosts", "cannot be understood")),
    ("cluster", {"cluster.key_file": '"{here}/no_key"'}, ("no_key", "cannot be read")),
    *(
        pytest.param(*row, marks=pytest.mark.repetition, id=f"{row[0]}.{row[2][0]}")
        for row in (
            ("mlflow", {"mlflow.tracking_uri": f'"http://{NOWHERE}"'}, ("mlflow.tracking_uri",)),
            (
                "mlflow",
                {"mlflow.tracking_uri": '"sqlite:///{here}/no_database"'},
                ("not a database", "mlflow"),
            ),
            (
                "azure",
                {"azure.client_secret": '{ file = "{here}/other_secret" }'},
                ("client_secret",),
            ),
            ("azure", {"azure.workspace": '"elsewhere"'}, ("workspace", "elsewhere")),
            ("azure", {"azure.https_proxy": f'"http://{NOWHERE}"'}, ("cannot be reached", "azure.https_proxy")),
            ("azure", {"azure.tenant": '"00000000-0000-0000-0000-000000000000"'}, ("AADSTS90002", "azure.tenant")),
        )
    ),
)
"""The last rows each need a worker of their own; the adapters' own tests prove the same in one that they share."""


def _word(value: str | Collection[str]) -> str:
    """Return the system, its setting, or the first word of what is said."""
    return value if isinstance(value, str) else next(iter(value))


@pytest.fixture
def secrets(place: Crew, monkeypatch: pytest.MonkeyPatch) -> None:
    """Put what the config's secrets are into this process's environment."""
    for name, secret in place.world.bot.environment.items():
        monkeypatch.setenv(name, secret)


@pytest.mark.usefixtures("secrets")
@pytest.mark.parametrize(("system", "settings", "words"), WRONG, ids=_word)
async def test_a_wrong_setting_is_named_with_its_mend(
    place: Crew,
    here: Path,
    system: str,
    settings: dict[str, str],
    words: tuple[str, ...],
) -> None:
    """Where only one system is looked at, its line is the only one beside the config's."""
    [config, finding] = await checkup.check(load(_config(place, here, settings)), only=(system,))

    assert ("config", True, system, False) == (config.name, config.is_well, finding.name, finding.is_well)
    assert [] == [word for word in words if word not in str(finding)], finding


async def test_a_start_with_a_wrong_token_ends_in_one_sentence(place: Crew, here: Path) -> None:
    """Exit status 1, and the way out. It has a copy of the database: that of the world has its bot."""
    wrong, copy = {TOKEN_VARIABLE: "MTEwMDAwMDAwMDAwMDAwMDAwMg.another"}, here / "copy.db"
    await place.settled()
    with closing(sqlite3.connect(place.database)) as connection:
        connection.execute("VACUUM INTO ?", (str(copy),))

    config = _config(place, here, {"database.url": f'"sqlite:///{copy}"'})
    status, said, complained = await bot(place, "run", config, wrong)

    assert 1 == status
    assert "Traceback" not in said + complained
    assert ["slipway: discord.token: Discord does not know this token; put the bot's present token"] == [
        line for line in complained.splitlines() if line.startswith("slipway:")
    ]
