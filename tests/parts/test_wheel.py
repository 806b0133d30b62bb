"""The built wheel has all that the bot needs of itself: no command looks for anything beside it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = ("bot", "cogs", "jobs", "pyproject.toml", "README.md", "LICENSE")


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the wheel, installed there and nowhere else, beside the locked libraries."""
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"
    source.mkdir()
    for name in SOURCES:  # a copy, for setuptools leaves its own files beside what it builds
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, source / name)
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", "--no-input"]
    subprocess.run([*pip, "wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", folder, source], check=True)
    [wheel] = folder.glob("*.whl")
    subprocess.run([*pip, "install", "--no-deps", "--no-compile", "--target", folder / "site", wheel], check=True)
    return folder / "site"


def bot(installed: Path, directory: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the installed bot in a directory with nothing but the example of a config."""
    environment = {**os.environ, "PYTHONPATH": str(installed), "PYTHONSAFEPATH": "1"}
    return subprocess.run(
        [sys.executable, "-m", "bot", *arguments],
        cwd=directory,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_it_migrates_a_database_and_checks_it(installed: Path, tmp_path: Path) -> None:
    """With its own migrations, cogs and jobs, by the commands of the operator's page."""
    shutil.copy(ROOT / "config.example.toml", tmp_path / "config.toml")
    secrets = tmp_path / "secrets"
    secrets.mkdir()
    config = (tmp_path / "config.toml").read_text(encoding="utf-8").replace("/run/secrets", str(secrets))
    (tmp_path / "config.toml").write_text(config, encoding="utf-8")
    for name in ("slipway_discord_token", "slipway_azure_secret"):
        (secrets / name).write_text("a-secret-word")
    made = bot(installed, tmp_path, "migrate")
    checked = bot(installed, tmp_path, "check", "database")

    assert 0 == made.returncode, made.stderr
    assert (tmp_path / "slipway.db").is_file()
    assert 0 == checked.returncode, checked.stdout + checked.stderr
    assert "database" in checked.stdout


def test_it_has_every_file_of_the_sources(installed: Path) -> None:
    """Also what is not Python: the recipes, the migrations."""
    kept = {
        path.relative_to(ROOT)
        for name in ("bot", "cogs", "jobs")
        for path in (ROOT / name).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }

    assert set() == {path for path in kept if not (installed / path).is_file()}
