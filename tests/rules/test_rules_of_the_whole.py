"""Rules that hold over the whole: size, first lines, words, waits, and that people can read of every command."""

import ast
import re
from pathlib import Path

import aiohttp
import pytest
from discord import app_commands

import cogs
from bot.client import Client
from bot.config import load
from bot.plugins import modules_of

ROOT = Path(__file__).resolve().parents[2]
PRODUCT = ("bot", "cogs", "jobs", "sandbox")
CODE = sorted(path for folder in (*PRODUCT, "tests") for path in (ROOT / folder).rglob("*.py"))
DOCS = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
TEXTS = sorted([*CODE, *DOCS, ROOT / "CHANGELOG.md", ROOT / "CONTRIBUTING.md", ROOT / "config.example.toml"])
MOST_LINES = 400
MAY_SLEEP = {
    "bot/adapters/sql/migrate.py": "a command that waits for another to finish, before any event loop",
}
EMPTY_NAMES = {"utils", "util", "helpers", "helper", "manager", "base", "common", "misc"}
UNFINISHED = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b(?! \(#\d+\))")
"""A note of work to come names its issue: `(#12)` right behind the word."""
OWN_PLACES = re.compile(r"(?<![\w.])/(root|Users|work|tmp/h)/|/home/(?!user\b|slipway\b)\w+/")
"""Folders that exist on somebody's machine and nobody else's."""
LINK = re.compile(r"\]\((?!\w+:)([^)#\s]+)[^)]*\)")
"""In Markdown, to a file beside the one it stands in."""


def name_of(path: Path) -> str:
    """Return the path as one writes it in the repository."""
    return path.relative_to(ROOT).as_posix()


def test_files_are_short():
    """A file of one idea has room on a few screens."""
    long = [name_of(path) for path in CODE if len(path.read_text(encoding="utf-8").splitlines()) > MOST_LINES]

    assert long == []


def test_every_file_says_its_idea_in_its_first_line():
    """One sentence or two, on the first line, ending in a full stop."""
    first = {
        name_of(path): (ast.get_docstring(ast.parse(path.read_text("utf-8"))) or "").split("\n")[0] for path in CODE
    }

    assert [] == [name for name, line in first.items() if not re.search(r"\w\S*[.]$", line)]


def test_no_module_is_named_after_nothing():
    """A name such as `utils` takes in everything."""
    assert [] == [name_of(path) for path in CODE if path.stem.strip("_") in EMPTY_NAMES]


@pytest.mark.parametrize("rule", [UNFINISHED, OWN_PLACES], ids=["unfinished", "own places"])
def test_nothing_is_left_lying_about(rule: re.Pattern[str]):
    """No note to oneself without an issue, and no path of the author's machine."""
    found = [
        f"{name_of(path)}:{number}"
        for path in TEXTS
        if path != Path(__file__)
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if rule.search(line)
    ]

    assert found == []


def test_every_link_of_the_papers_leads_to_a_file():
    """Links within the repository; what stands behind `#` is not looked at."""
    dead = [
        f"{name_of(path)}: {link}"
        for path in [*DOCS, ROOT / "CHANGELOG.md", ROOT / "CONTRIBUTING.md"]
        for link in LINK.findall(path.read_text(encoding="utf-8"))
        if not (path.parent / link).exists()
    ]

    assert dead == []


def test_the_event_loop_is_never_put_to_sleep():
    """`time.sleep` stands only where no event loop runs."""
    sleeping = {
        name_of(path)
        for path in CODE
        if path.relative_to(ROOT).parts[0] in ("bot", "cogs", "jobs")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute) and ast.unparse(node) == "time.sleep"
    }

    assert sleeping == set(MAY_SLEEP)


async def test_every_command_is_in_the_docs():
    """Whoever reads the page of their duty finds what they can type."""
    client = Client(load(ROOT / "config.example.toml").discord, cogs=(), connector=aiohttp.BaseConnector())
    for module in modules_of(cogs):
        await client.load_extension(module)
    commands = [one for one in client.tree.walk_commands() if isinstance(one, app_commands.Command)]
    await client.close()
    told = "\n".join(path.read_text(encoding="utf-8") for path in DOCS)
    named = {
        f"{group} {name}".strip()
        for group, names in re.findall(r"`/([a-z]+)(?: ([a-z|]+))?", told)
        for name in names.split("|")
    }

    assert commands
    assert [] == [one.qualified_name for one in commands if one.qualified_name not in named]
