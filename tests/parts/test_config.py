"""The config: complete example, typed values, and a clear sentence for whatever is wrong."""

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest
from pydantic import BaseModel

from bot.config import Secret, Settings, load
from bot.errors import Misconfigured
from tests.support.ports import EXAMPLE


def _names(model: type[BaseModel], before: str = "") -> Iterator[str]:
    for name, field in model.model_fields.items():
        inner = list(_tables(field.annotation))
        if not inner:
            yield f"{before}{name}"
        for one in inner:
            yield from _names(one, f"{before}{name}.")


def _tables(annotation: object) -> Iterator[type[BaseModel]]:
    """Yield the tables that a setting may hold, however it holds them."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel) and annotation is not Secret:
        yield annotation
    for part in get_args(annotation):
        yield from _tables(part)


def test_the_example_loads():
    """config.example.toml is a valid config."""
    assert load(EXAMPLE).zone == "Asia/Bangkok"


@pytest.mark.parametrize("name", dict.fromkeys(_names(Settings)))
def test_the_example_names_every_setting(name: str):
    """A setting that the example does not show, set or commented out, is a setting nobody finds."""
    lines = EXAMPLE.read_text(encoding="utf-8").splitlines()
    key = name.rpartition(".")[2]

    assert any(line.removeprefix("# ").startswith(f"{key} = ") for line in lines)


def _changed(tmp_path: Path, old: str, new: str) -> Path:
    text = EXAMPLE.read_text(encoding="utf-8")
    assert old in text
    path = tmp_path / "config.toml"
    path.write_text(text.replace(old, new), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("port = 22", "prot = 22", "cluster.prot: no such setting"),
        ("port = 22", "port = 70000", "cluster.port"),
        ("port = 22", 'port = "ssh"', "cluster.port"),
        ('zone = "Asia/Bangkok"', 'zone = "Bangkok"', "IANA"),
        ("guild = 1000000000000000000", "guild = 0", "discord.guild"),
        ('deployers = ["operator"]', 'deployers = ["boss"]', "policy.deployers"),
        ('endpoint_prefix = "slipway"', 'endpoint_prefix = "Slip way"', "azure.endpoint_prefix"),
        ('{ file = "/run/secrets/slipway_azure" }', '"hunter2"', "azure.client_secret"),
        ('{ file = "/run/secrets/slipway_azure" }', "{}", "either"),
        ('cron = "0 8 * * *"', 'cron = "99 25 * * *"', "monitoring.cron: .*0 8"),
        ('cron = "0 8 * * *"', 'cron = "0 0 30 2 *"', "monitoring.cron: .*day-of-month"),
        ('partitions = ["gpu"]', "partitions = []", "cluster.partitions"),
        ('partitions = ["gpu"]', 'partitions = ["gpu;id"]', "cluster.partitions.0"),
        ('directory = "/nfs/slipway"', 'directory = "slipway"', "cluster.directory: .*absolute"),
        ('gpu_type = "mi100"', 'gpu_type = "a b;c"', "cluster.gpu_type"),
        ("poll_interval_s = 3.0", "poll_interval_s = inf", "cluster.poll_interval_s"),
        ("window_h = 24.0", "window_h = nan", "monitoring.window_h"),
    ],
)
def test_a_wrong_setting_is_named(tmp_path: Path, old: str, new: str, said: str):
    """What cannot be used is refused with its name."""
    with pytest.raises(Misconfigured, match=said):
        load(_changed(tmp_path, old, new))


def test_a_file_that_is_not_there_or_not_toml_is_said_so(tmp_path: Path):
    """The sentence names the file."""
    torn = tmp_path / "torn.toml"
    torn.write_text("zone = ", encoding="utf-8")

    with pytest.raises(Misconfigured, match=r"nowhere\.toml cannot be read"):
        load(tmp_path / "nowhere.toml")
    with pytest.raises(Misconfigured, match=r"torn\.toml is not valid TOML"):
        load(torn)


def test_a_secret_is_read_when_it_is_used_and_never_printed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """It comes from a file or a variable; a missing or empty one is a sentence."""
    file = tmp_path / "token"
    file.write_text(" hunter2\n", encoding="utf-8")
    monkeypatch.setenv("SLIPWAY_TEST_TOKEN", "hunter3")

    assert Secret(file=file).reveal() == "hunter2"
    assert Secret(env="SLIPWAY_TEST_TOKEN").reveal() == "hunter3"
    assert repr(Secret(file=file)) == str(Secret(file=file)) == "***"
    with pytest.raises(Misconfigured, match="cannot be read"):
        Secret(file=tmp_path / "none").reveal()
    with pytest.raises(Misconfigured, match="SLIPWAY_TEST_NONE is empty or not set"):
        Secret(env="SLIPWAY_TEST_NONE").reveal()


def test_no_secret_stands_in_the_example():
    """Every secret of the example is a place, not a value."""
    table = tomllib.loads(EXAMPLE.read_text(encoding="utf-8"))

    assert {"file"} == set(table["discord"]["token"]) == set(table["azure"]["client_secret"])
