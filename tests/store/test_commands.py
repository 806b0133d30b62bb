"""The bot's commands on a database and folders that are not as they should be: a sentence, and the exit status."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from bot.__main__ import main
from bot.adapters.sql.store import SqlStore
from bot.plugins import record_of
from tests.support.databases import Database
from tests.support.ports import EXAMPLE
from tests.support.road import claimed, filed

Command = Callable[..., tuple[int, str]]
FIELDS = "stage, title, problem, deployment_kind, value, targets, constraints, dataset, filed_by"
COPIED = f"INSERT INTO requirements (number, {FIELDS}) SELECT 4, {FIELDS} FROM requirements WHERE number = 3"


@pytest.fixture
def command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """Return what runs a command with these settings and returns its exit status and what it said."""

    def run(*words: str, database: Path, data: Path = tmp_path / "data") -> tuple[int, str]:
        text = EXAMPLE.read_text(encoding="utf-8")
        for name, value in (("url", f"sqlite:///{database}"), ("data_directory", data)):
            before = next(line for line in text.splitlines() if line.startswith(f"{name} = "))
            text = text.replace(before, f'{name} = "{value}"')
        config = tmp_path / "config.toml"
        config.write_text(text, encoding="utf-8")
        monkeypatch.setattr("sys.argv", ["bot", words[0], "--config", str(config), *words[1:]])
        monkeypatch.setattr("bot.logs.set_up", lambda _: None)  # it is for the whole process, which is the tests'
        status = main()
        said = capsys.readouterr()
        return status, said.out + said.err

    return run


@pytest.fixture
async def written(file_database: Database) -> Path:
    """Return a database with five facts, of three requirements, which its operator may change."""
    store = SqlStore.open(file_database.settings)
    record = record_of(store)
    for work in (claimed, claimed, filed):
        await work(record)
    await store.close()
    file_database.execute("DELETE FROM effects")
    file_database.unprotect_events()
    return file_database.path


@pytest.fixture
def pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the log read two facts at a time."""
    monkeypatch.setattr("bot.proof.PAGE", 2)


@pytest.mark.usefixtures("pages")
def test_a_whole_log_is_verified(written: Path, command: Command) -> None:
    """However many pages it has."""
    status, said = command("verify", database=written)

    assert (0, True) == (status, said.startswith("all 5 events are as they were written")), said


@pytest.mark.usefixtures("pages")
@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("DELETE FROM events WHERE sequence > 3", "cut off: it ends at event 3 of 5"),
        ("DELETE FROM events", "cut off: it ends at event 0 of 5"),
        ("UPDATE events SET by = 7 WHERE sequence = 4", "changed at event 4"),
        ("DELETE FROM events WHERE sequence = 2", "changed at event 2"),
        ("UPDATE chain SET sequence = 4", "cut off"),
    ],
)
def test_a_changed_log_is_told(written: Path, command: Command, change: str, words: str) -> None:
    """Also when its end was cut off, which the facts alone cannot show."""
    told(command, written, change, words)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("UPDATE requirements SET title = 'Forged' WHERE number = 2", 'REQ-2 was changed: its title is "Forged", and'),
        ("UPDATE requirements SET stage = 'fulfilled' WHERE number = 1", 'its facts say "claimed"'),
        ("UPDATE requirements SET claimed_by = 7 WHERE number = 1", "its claimed_by is 7, and its facts say 2"),
        ("UPDATE requirements SET budget_gpu_h = 1e9 WHERE number = 3", "REQ-3 was changed: its budget_gpu_h is"),
        ("UPDATE requirements SET targets = '{' WHERE number = 3", "the row of REQ-3 cannot be read"),
        ("UPDATE requirements SET stage = 'paid' WHERE number = 3", "the row of REQ-3 cannot be read"),
        ("DELETE FROM requirements WHERE number = 2", "the row of REQ-2 is gone"),
        ("UPDATE requirements SET number = 9 WHERE number = 2", "the row of REQ-2 is gone"),
        (COPIED, "of requirements there is 1 more than the facts know"),
        ("UPDATE events SET details = '{' WHERE sequence = 4", "cannot be read after event 0"),
        ("UPDATE events SET kind = 'XYZ' WHERE sequence = 4", "cannot be read after event 0"),
    ],
)
def test_a_forged_row_is_named(written: Path, command: Command, change: str, words: str) -> None:
    """The chain is whole: what it says is not what the row says. A sentence, whatever stands there."""
    told(command, written, change, words)


def test_a_log_that_was_written_anew_is_told_by_a_head_of_before(written: Path, command: Command) -> None:
    """Whoever writes it anew can make it whole; a head that was noted elsewhere tells, and so does one that is gone."""
    _, said = command("verify", database=written)
    head = said.split("head ")[1].strip()
    sequence, _, digest = head.partition(":")

    assert (0, True) == (command("verify", "--head", head, database=written)[0], sequence == "5")
    assert "written anew: event 3 had another hash" in command("verify", "--head", f"3:{digest}", database=written)[1]
    assert "event 6 was noted" in command("verify", "--head", f"6:{digest}", database=written)[1]


def told(command: Command, written: Path, change: str, words: str) -> None:
    """Check that verifying after the change fails with these words, and says what to do."""
    with closing(sqlite3.connect(written, isolation_level=None)) as connection:
        connection.execute("PRAGMA foreign_keys=OFF")
        connection.execute(change)
    status, said = command("verify", database=written)

    assert 1 == status
    assert words in said
    assert "restore a backup" in said


@pytest.mark.parametrize(
    ("words", "database", "data", "told"),
    [
        (("backup", "/nonexistent/copy.db"), "{written}", "{here}/data", "/nonexistent/copy.db cannot be"),
        (("backup", "{here}/file/copy.db"), "{written}", "{here}/data", "cannot be"),
        (("migrate",), "{here}/file/slipway.db", "{here}/data", "database.url"),
        (("check",), "{written}", "{here}/file/data", "data_directory"),
        (("run",), "{written}", "{here}/file", "data_directory"),
    ],
    ids=["backup to no folder", "backup below a file", "migrate below a file", "check", "run"],
)
def test_a_folder_that_cannot_be_used_is_told_in_a_sentence(  # noqa: PLR0917  # a row and two fixtures
    written: Path, command: Command, tmp_path: Path, words: tuple[str, ...], database: str, data: str, told: str
) -> None:
    """No traceback: what, which, what now; exit status 1."""
    (tmp_path / "file").write_text("no folder", encoding="utf-8")
    places = {"here": tmp_path, "written": written}
    filled = [word.format(**places) for word in words]
    status, said = command(*filled, database=Path(database.format(**places)), data=Path(data.format(**places)))

    assert 1 == status
    assert "slipway: " in said
    assert told in said
