"""A real PostgreSQL on a Unix socket in a temporary folder, for a whole test session."""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from urllib.parse import quote

import psycopg
from sqlalchemy import make_url

from bot.adapters.sql.migrate import migrate
from bot.config import DatabaseSettings
from tests.support.need import lacking

SETTINGS = (
    "-c listen_addresses='' -c fsync=off -c synchronous_commit=off -c full_page_writes=off "
    "-c max_connections=60 -c shared_buffers=32MB -c autovacuum=off"
)


@dataclass
class Postgres:
    """The server: makes databases, migrated ones by copying a template."""

    folder: Path
    _numbers: Iterator[int] = field(default_factory=count)
    _template: str | None = None

    def settings(self, database: str) -> DatabaseSettings:
        """Return the settings of a database."""
        return DatabaseSettings(url=f"postgresql://postgres@/{database}?host={quote(str(self.folder))}")

    def empty(self) -> DatabaseSettings:
        """Make a database without tables."""
        return self._create("template0")

    def migrated(self) -> DatabaseSettings:
        """Make a database with all tables."""
        if self._template is None:
            first = self.empty()
            migrate(first)
            self._template = str(make_url(first.url).database)
        return self._create(self._template)

    def execute(self, settings: DatabaseSettings, *statements: str) -> None:
        """Run statements as an operator would, past the bot."""
        with psycopg.connect(settings.url, autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement)

    def _create(self, template: str) -> DatabaseSettings:
        name = f"test_{next(self._numbers)}"
        self.execute(self.settings("postgres"), f"CREATE DATABASE {name} TEMPLATE {template}")
        return self.settings(name)


@contextmanager
def running_postgres() -> Iterator[Postgres]:
    """Bring up a server and take it down again; skips where PostgreSQL is not installed."""
    programs = _programs()
    folder = Path(
        tempfile.mkdtemp(prefix="slipway-pg-", dir="/tmp")
    )  # short: a socket's path has 107 characters at most
    data, user = folder / "data", _user()
    if user:
        shutil.chown(folder, user)
    try:
        _run(
            user,
            programs / "initdb",
            "-D",
            data,
            "-U",
            "postgres",
            "-A",
            "trust",
            "--no-sync",
            "-E",
            "UTF8",
            "--locale=C",
        )
        _run(
            user, programs / "pg_ctl", "-D", data, "-w", "-l", folder / "log", "-o", f"-k {folder} {SETTINGS}", "start"
        )
        try:
            yield Postgres(folder)
        finally:
            _run(user, programs / "pg_ctl", "-D", data, "-w", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _programs() -> Path:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    on_path = shutil.which("initdb")
    if found:
        return found[-1].parent
    if on_path:
        return Path(on_path).resolve().parent
    lacking("PostgreSQL's server programs (initdb, pg_ctl)")
    raise AssertionError


def _user() -> str | None:
    """Return whom to run the server as: PostgreSQL refuses root."""
    if os.geteuid() != 0:
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    return next(name for name in ("postgres", "nobody") if name in names)


def _run(user: str | None, *argv: str | Path) -> None:
    before = ["setpriv", f"--reuid={user}", f"--regid={pwd.getpwnam(user).pw_gid}", "--clear-groups"] if user else []
    done = subprocess.run(
        [*before, *map(str, argv)], cwd="/", stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{argv[0]}: {done.stdout}{done.stderr}"
