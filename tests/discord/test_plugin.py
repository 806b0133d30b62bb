"""A plugin as another team would bring it: an installed distribution, without a change to the bot."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from bot.core import plugin
from bot.errors import Misconfigured
from sandbox.text import text_of
from tests.support.bot_in_discord import bot_in_discord
from tests.support.databases import sqlite_database

SOURCE = Path(__file__).parents[1] / "support" / "plugin"
ROOT = Path(__file__).parents[2]
SAME = 'from bot.core.plugin import Plugin\nPLUGIN = Plugin(name="x")'
ROAD = """
import asyncio, json, sys
from pathlib import Path
from bot.adapters.sql.migrate import migrate
from bot.adapters.sql.store import SqlStore
from bot.config import DatabaseSettings
from bot.plugins import record_of
from bot.things.audit import decisions
from bot.things.audit.rules import AuditEvent
from tests.support.ports import deliver_due, place_in
from tests.support.road import KANYA, SOMCHAI, claimed, in_review, live
from bot.core.values import Kind, Ref
from bot.services import cards
from bot.things.monitor.decisions import call as call
from bot.suites.things import problems_of
from tickets.ticket import TICKET, Ticket

async def monitored() -> list[str]:
    async with place_in(Path(sys.argv[2])) as place:
        rollout = await live(place.app.record, (await claimed(place.app.record)).number)
        await call(place.app.record, 1, by=SOMCHAI)
        await deliver_due(place.app, "meter")
        face = await cards.face_for(place.app.store, Ref(Kind.MONITOR, 1))
        return list(face.card.paragraphs)

async def road() -> None:
    settings = DatabaseSettings(url=f"sqlite:///{sys.argv[1]}")
    migrate(settings)
    store = SqlStore.open(settings)
    record = record_of(store)
    audit = await in_review(record, (await claimed(record)).number)
    await decisions.decide(record, audit.number, AuditEvent.REJECTED, reason="No.", by=KANYA)
    async with store.reading() as tx:
        [ticket] = await tx.select(Ticket)
    await store.close()
    checks = [f"{one.name}: {one.evidence}" for one in audit.checks]
    told = {"checks": checks, "ticket": ticket.text, "problems": list(problems_of(TICKET))}
    print(json.dumps(told | {"monitor": await monitored()}))

asyncio.run(road())
"""


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the distribution and install it in a folder, as a team's own index would have it."""
    folder = tmp_path_factory.mktemp("plugin")
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", "--no-input"]
    source = folder / "source"
    subprocess.run(["cp", "-r", SOURCE, source], check=True)
    subprocess.run([*pip, "wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", folder, source], check=True)
    [wheel] = folder.glob("*.whl")
    subprocess.run([*pip, "install", "--no-deps", "--no-compile", "--target", folder / "site", wheel], check=True)
    return folder / "site"


def python(installed: Path, *arguments: str, at: Path = ROOT) -> subprocess.CompletedProcess[str]:
    """Run Python with the plugin installed."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(installed), str(ROOT)])}
    return subprocess.run(
        [sys.executable, *arguments], cwd=at, env=environment, capture_output=True, text=True, check=False
    )


async def test_its_command_its_card_and_its_job_work_in_discord(installed: Path, tmp_path: Path):
    """A command group, a kind with steps and a card, a schedule that moves it on."""
    async with bot_in_discord(tmp_path, plugins=installed) as up:
        malee = up.town.person("malee")
        await up.town.has_command("ticket open")
        waits = await malee.slash("ticket open", channel="requirements", text="Longer lists")
        closes = await malee.slash("ticket open", channel="requirements", text="done")
        opened = await malee.sees("requirements", "Longer lists")
        closed = await malee.sees("requirements", "Closed")
        thanked = await malee.sees("requirements", "TKT-2 is closed")
        refused = await up.town.person("anan").slash("ticket open", channel="requirements", text="x")
        config = str(tmp_path / "config.toml")
        checked = python(installed, "-m", "bot", "check", "database", "--config", config)

    assert ["TKT-1 is open.", "TKT-2 is open."] == [text_of(one.message or {}).strip() for one in (waits, closes)]
    assert "TKT-1 · Longer lists" in text_of(opened)
    assert "🎫 **Open**" in text_of(opened)
    assert "TKT-2 · done" in text_of(closed)
    assert "Thanks" in text_of(thanked)
    assert "needs the duty *analyst*" in text_of(refused.message or {})
    assert "ok   plugin tickets: version 1.4 of slipway-tickets" in checked.stdout


def test_its_check_its_measure_and_its_flow_are_beside_those_that_ship(installed: Path, tmp_path: Path):
    """On the audit, on the monitor, in the verdict's own transaction. The suite for authors finds nothing wrong."""
    (tmp_path / "monitored").mkdir()
    ran = python(installed, "-c", ROAD, str(tmp_path / "slipway.db"), str(tmp_path / "monitored"))
    assert 0 == ran.returncode, ran.stderr
    told: dict[str, Any] = json.loads(ran.stdout.splitlines()[-1])

    assert ["accuracy ≥ 0.9", "a thousand rows: 400 rows"] == [told["checks"][0].partition(":")[0], told["checks"][-1]]
    assert "AUD-1 was rejected" == told["ticket"]
    assert any("❌ asked often — 0 rows" in paragraph for paragraph in told["monitor"]), told["monitor"]
    assert [] == told["problems"]


def test_a_database_that_lacks_its_table_is_not_current(installed: Path, tmp_path: Path):
    """`migrate` makes it; before that the bot does not start."""
    database = sqlite_database(tmp_path / "slipway.db")
    ask = (
        "import sys; from bot.config import DatabaseSettings; from bot.adapters.sql.revision import schema_is_current;"
        f"print(schema_is_current(DatabaseSettings(url={database.settings.url!r})))"
    )

    without = subprocess.run([sys.executable, "-c", ask], cwd=ROOT, capture_output=True, text=True, check=True)

    assert "False" == python(installed, "-c", ask).stdout.strip()
    assert "True" == without.stdout.strip()


@pytest.mark.parametrize(
    ("points", "words"),
    [
        ({"broken": "import nothing_of_this_name"}, "plugin broken of broken 1.0 cannot be loaded: .*nothing_of_this"),
        ({"odd": "PLUGIN = 7"}, "plugin odd of odd 1.0 is a int and no Plugin"),
        ({"a": SAME, "b": SAME}, "two plugins are called x; the second is of b 1.0"),
    ],
    ids=["cannot be loaded", "no plugin", "a name twice"],
)
def test_what_is_wrong_with_a_plugin_stops_the_start_with_its_name(
    points: dict[str, str], words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """Before anything is connected."""
    for name, content in points.items():
        (tmp_path / f"of_{name}.py").write_text(content)
        told = tmp_path / f"{name}-1.0.dist-info"
        told.mkdir()
        (told / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        (told / "entry_points.txt").write_text(f"[{plugin.GROUP}]\n{name} = of_{name}:PLUGIN\n")
    monkeypatch.syspath_prepend(str(tmp_path))

    with pytest.raises(Misconfigured, match=words):
        plugin.installed()
