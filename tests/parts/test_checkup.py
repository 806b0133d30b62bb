"""`python -m bot` with a config that cannot be used: a sentence, and the exit status."""

from pathlib import Path

import pytest

from bot.__main__ import main
from tests.support.ports import EXAMPLE
from tests.support.settings import changed

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


@pytest.mark.parametrize(("settings", "words"), UNUSABLE, ids=[next(iter(settings)) for settings, _ in UNUSABLE])
def test_a_config_that_cannot_be_used_is_told_in_a_sentence(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    settings: dict[str, str],
    words: tuple[str, ...],
) -> None:
    """No traceback: the setting, what is wrong with it, exit status 1."""
    monkeypatch.chdir(tmp_path)  # relative paths of the example begin there
    config = tmp_path / "config.toml"
    text = EXAMPLE.read_text(encoding="utf-8").replace("# connect_to", "connect_to", 1)
    text = text.replace("# ca_file", "ca_file", 1)
    config.write_text(changed(text, settings), encoding="utf-8")
    monkeypatch.setattr("sys.argv", ["bot", "check", "--config", str(config)])

    status = main()
    said = capsys.readouterr()

    assert (1, "") == (status, said.out)
    assert said.err.startswith("slipway: ")
    assert "Traceback" not in said.err
    assert [] == [word for word in words if word not in said.err], said.err


def test_a_system_that_there_is_not_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whoever mistypes which system to try sees which there are."""
    monkeypatch.setattr("sys.argv", ["bot", "check", "slurm"])

    with pytest.raises(SystemExit) as ended:
        main()

    assert 2 == ended.value.code
    assert "there is no 'slurm' to try; there are database, cluster, mlflow, azure, discord" in capsys.readouterr().err
