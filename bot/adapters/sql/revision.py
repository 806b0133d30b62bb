"""Which form a database has and which this version needs, told without Alembic, which only a migration imports."""

from pathlib import Path

from sqlalchemy import Connection, Engine, NullPool, create_engine, inspect, text

from bot.adapters.sql.engine import BUSY_TIMEOUT_MS, CONNECT_TIMEOUT_S, database_url, sqlite_path
from bot.adapters.sql.errors import translating
from bot.adapters.sql.tables import THING_TABLES
from bot.config import DatabaseSettings
from bot.lifecycle import INSTALLED

PLUGINS_TABLES = tuple(THING_TABLES[kind.kind].table for one in INSTALLED for kind in one.plugin.kinds)
SCRIPTS = Path(__file__).parent / "migrations"


def newest_revision(scripts: Path = SCRIPTS) -> str:
    """Return the revision that this version of Slipway needs: its file is named so, as in `r0001_first_tables.py`."""
    return max(script.name[1:].partition("_")[0] for script in (scripts / "versions").glob("r*.py"))


def present_revision(settings: DatabaseSettings) -> str | None:
    """Return the revision of the database, or None for one without our tables. A missing SQLite file is not created."""
    url = database_url(settings)
    if url.get_backend_name() == "sqlite" and not sqlite_path(url).exists():
        return None
    with translating(), blocking_engine(settings).connect() as connection:
        return revision(connection)


def schema_is_current(settings: DatabaseSettings) -> bool:
    """Tell whether the database has the tables that this version needs. Blocks shortly: not for the event loop."""
    return present_revision(settings) == newest_revision() and not missing_tables(settings)


def missing_tables(settings: DatabaseSettings) -> list[str]:
    """Return the tables of plugins' kinds that the database does not have yet."""
    if not PLUGINS_TABLES:
        return []
    with translating(), blocking_engine(settings).connect() as connection:
        there = set(inspect(connection).get_table_names())
    return [table.name for table in PLUGINS_TABLES if table.name not in there]


def blocking_engine(settings: DatabaseSettings) -> Engine:
    """Return what connects to the database, waiting for it and blocking."""
    url = database_url(settings)
    if url.get_backend_name() == "sqlite":
        wait = {"timeout": BUSY_TIMEOUT_MS / 1000, "isolation_level": None}
        return create_engine(url.set(drivername="sqlite+pysqlite"), poolclass=NullPool, connect_args=wait)
    wait = {"connect_timeout": CONNECT_TIMEOUT_S}
    return create_engine(url.set(drivername="postgresql+psycopg"), poolclass=NullPool, connect_args=wait)


def revision(connection: Connection) -> str | None:
    """Return the revision that Alembic has noted in the database, or None."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    noted: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return noted
