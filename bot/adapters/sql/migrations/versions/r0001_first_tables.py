"""The first tables."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

TIME = sa.DateTime(timezone=True)
ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

FOR_EVER = {
    "sqlite": (
        (
            "CREATE TRIGGER events_no_update BEFORE UPDATE ON events "
            "BEGIN SELECT RAISE(ABORT, 'events are kept for ever'); END"
        ),
        (
            "CREATE TRIGGER events_no_delete BEFORE DELETE ON events "
            "BEGIN SELECT RAISE(ABORT, 'events are kept for ever'); END"
        ),
    ),
    "postgresql": (
        (
            "CREATE FUNCTION refuse_to_change_events() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION 'events are kept for ever'; END $$"
        ),
        (
            "CREATE TRIGGER events_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON events "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_to_change_events()"
        ),
    ),
}
"""Against mistakes. Whoever may drop a trigger is shown by the hash chain."""


def upgrade() -> None:
    """Create everything."""
    _requirements_and_runs()
    _audits_and_rollouts()
    _incidents()
    _monitors_and_recommendations()
    _events()
    _effects()
    _cards_and_readings()
    _schedules()
    chain = sa.table("chain", sa.column("id"), sa.column("sequence"), sa.column("hash"))
    for statement in FOR_EVER[op.get_bind().dialect.name]:
        op.execute(statement)
    op.bulk_insert(chain, [{"id": 1, "sequence": 0, "hash": "0" * 64}])


def downgrade() -> None:
    """Drop everything."""
    for table in (
        *("firings", "schedules", "readings", "cards", "effects", "chain", "events", "counters"),
        *("recommendations", "monitors", "incidents", "rollouts", "audits", "evaluations", "models"),
        *("runs", "sweeps", "requirements", "recipes"),
    ):
        op.drop_table(table)
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION refuse_to_change_events")


def _requirements_and_runs() -> None:
    _thing("recipes", _text("name"), _number("version"), _text("definition"), _number("registered_by"))
    _thing(
        "requirements",
        _text("title"),
        _text("problem"),
        _text("deployment_kind"),
        _text("value"),
        _text("targets"),
        _text("constraints"),
        _text("dataset"),
        _number("filed_by"),
        _number("claimed_by", nullable=True),
        sa.Column("budget_gpu_h", sa.Double),
        _text("reason", nullable=True),
    )
    _thing(
        "sweeps",
        *_pointer("requirement", "requirements"),
        _number("ordered_by"),
        _text("recipe"),
        _text("method"),
        _text("space"),
        _number("run_count"),
        _number("at_once"),
        _text("metric"),
        _text("job_id", nullable=True),
        _number("best_run", nullable=True),
        _text("cause"),
    )
    _thing(
        "runs",
        *_pointer("requirement", "requirements"),
        _number("ordered_by"),
        _text("recipe"),
        _text("dataset"),
        _text("parameters"),
        _number("seed"),
        _text("hypothesis"),
        _text("resources"),
        _number("attempt"),
        _text("job_id", nullable=True),
        _text("cause"),
        _text("failure", nullable=True),
        _text("node", nullable=True),
        _text("resume_from", nullable=True),
        *_pointer("sweep", "sweeps", nullable=True),
        _number("task", nullable=True),
        *_pointer("like", "runs", nullable=True),
        _text("conclusion", nullable=True),
        sa.Column("gpu_h", sa.Double, nullable=False),
        _text("fingerprint"),
        _text("metrics"),
        _text("model_digest", nullable=True),
        _text("model_version", nullable=True),
        _text("tracking_url", nullable=True),
    )


def _audits_and_rollouts() -> None:
    _thing(
        "models",
        *_pointer("requirement", "requirements"),
        *_pointer("run", "runs"),
        _text("digest"),
    )
    _thing(
        "evaluations",
        *_pointer("requirement", "requirements"),
        *_pointer("model", "models"),
        _text("figures"),
        _number("test_rows"),
    )
    _thing(
        "audits",
        *_pointer("requirement", "requirements"),
        *_pointer("model", "models"),
        *_pointer("evaluation", "evaluations"),
        *_pointer("run", "runs"),
        _text("model_digest"),
        _text("checks"),
        _number("decided_by", nullable=True),
        _text("reason", nullable=True),
        _text("cause"),
    )
    _thing(
        "rollouts",
        *_pointer("requirement", "requirements"),
        *_pointer("run", "runs"),
        *_pointer("audit", "audits"),
        _text("model_name"),
        _text("model_version"),
        _text("model_digest"),
        _text("endpoint"),
        _number("requested_by"),
        _text("reason"),
        _number("decided_by", nullable=True),
        _text("decision", nullable=True),
        _number("traffic_pct"),
        sa.Column("latency_ms", sa.Double),
        _text("cause"),
        sa.Column("is_cleared", sa.Boolean, nullable=False),
        sa.CheckConstraint("traffic_pct BETWEEN 0 AND 100", name="ck_rollouts_traffic_pct"),
    )


def _incidents() -> None:
    _thing(
        "incidents",
        _text("about_matter"),
        _text("about_code"),
        _text("about_kind", nullable=True),
        _number("about_number", nullable=True),
        _text("title"),
        _text("cause"),
        _text("log_tail"),
        _text("next_step"),
        _number("handled_by", nullable=True),
        _text("resolution"),
    )


def _monitors_and_recommendations() -> None:
    _thing(
        "monitors",
        *_pointer("requirement", "requirements"),
        *_pointer("rollout", "rollouts"),
        _text("endpoint"),
        _text("deployment"),
    )
    _thing(
        "recommendations",
        *_pointer("monitor", "monitors"),
        *_pointer("requirement", "requirements"),
        *_pointer("rollout", "rollouts"),
        _text("findings"),
        _number("decided_by", nullable=True),
        _text("reason", nullable=True),
        _text("cause"),
        *_pointer("run", "runs", nullable=True),
    )


def _events() -> None:
    op.create_table("counters", _text("kind"), _number("last"), sa.PrimaryKeyConstraint("kind", name="pk_counters"))
    op.create_table(
        "events",
        sa.Column("sequence", sa.BigInteger, autoincrement=False, nullable=False),
        _time("at"),
        _text("kind"),
        _number("number"),
        _text("event"),
        _number("by"),
        _text("details"),
        _text("changes"),
        _text("previous_hash"),
        _text("hash"),
        _text("deed", nullable=True),
        _number("place"),
        sa.PrimaryKeyConstraint("sequence", name="pk_events"),
        sa.UniqueConstraint("hash", name="uq_events_hash"),
        sa.UniqueConstraint("deed", "place", name="uq_events_deed_place"),
    )
    op.create_index("ix_events_kind_number_sequence", "events", ["kind", "number", "sequence"])
    op.create_table(
        "chain",
        sa.Column("id", sa.Integer, autoincrement=False, nullable=False),
        _number("sequence"),
        _text("hash"),
        sa.CheckConstraint("id = 1", name="ck_chain_one_row"),
        sa.PrimaryKeyConstraint("id", name="pk_chain"),
    )


def _effects() -> None:
    op.create_table(
        "effects",
        sa.Column("id", ROW_ID, nullable=False),
        _number("event"),
        _text("effect"),
        _text("kind"),
        _number("number"),
        _text("lane"),
        _text("details"),
        sa.Column("attempts", sa.Integer, nullable=False),
        _time("due_at"),
        _time("lease_until", nullable=True),
        _time("done_at", nullable=True),
        _time("given_up_at", nullable=True),
        _text("last_error", nullable=True),
        sa.CheckConstraint("done_at IS NULL OR given_up_at IS NULL", name="ck_effects_one_end"),
        sa.ForeignKeyConstraint(["event"], ["events.sequence"], name="fk_effects_event"),
        sa.PrimaryKeyConstraint("id", name="pk_effects"),
        sa.UniqueConstraint("event", "effect", name="uq_effects_event_effect"),
        sqlite_autoincrement=True,
    )
    unfinished = sa.text("done_at IS NULL AND given_up_at IS NULL")
    op.create_index(
        "ix_effects_unfinished",
        "effects",
        ["kind", "number", "lane", "id"],
        postgresql_where=unfinished,
        sqlite_where=unfinished,
    )


def _cards_and_readings() -> None:
    op.create_table(
        "cards",
        _text("kind"),
        _number("number"),
        _text("channel", nullable=True),
        _text("message", nullable=True),
        _text("drawn_digest", nullable=True),
        _number("due_version"),
        _number("drawn_version"),
        _time("not_before"),
        _time("paced_until", nullable=True),
        _time("lease_until", nullable=True),
        sa.Column("attempts", sa.Integer, nullable=False),
        _text("last_error", nullable=True),
        sa.PrimaryKeyConstraint("kind", "number", name="pk_cards"),
        sa.CheckConstraint("drawn_version <= due_version", name="ck_cards_not_ahead"),
    )
    op.create_index("ix_cards_message", "cards", ["message"])
    op.create_table(
        "readings",
        _text("kind"),
        _number("number"),
        _text("name"),
        _text("value"),
        _time("at"),
        sa.PrimaryKeyConstraint("kind", "number", "name", name="pk_readings"),
    )


def _schedules() -> None:
    op.create_table(
        "schedules",
        _text("name"),
        _text("job"),
        _text("cron"),
        _text("zone"),
        _text("arguments"),
        _time("next_at"),
        sa.PrimaryKeyConstraint("name", name="pk_schedules"),
    )
    op.create_index("ix_schedules_next_at", "schedules", ["next_at"])
    op.create_table(
        "firings",
        _text("schedule"),
        _time("fire_at"),
        _time("fired_at"),
        sa.PrimaryKeyConstraint("schedule", "fire_at", name="pk_firings"),
    )


def _thing(table: str, *parts: sa.schema.SchemaItem) -> None:
    """Create a kind's table with its number and stage, and an index on its stage and on each pointer."""
    number = sa.Column("number", sa.BigInteger, autoincrement=False, nullable=False)
    pointers = [part for part in parts if isinstance(part, sa.ForeignKeyConstraint)]
    names = [next(iter(pointer.column_keys)) for pointer in pointers]
    for pointer, name in zip(pointers, names, strict=True):
        pointer.name = f"fk_{table}_{name}"
    op.create_table(
        table,
        number,
        _text("stage"),
        *parts,
        sa.CheckConstraint("number > 0", name=f"ck_{table}_number"),
        sa.PrimaryKeyConstraint("number", name=f"pk_{table}"),
    )
    for name in ("stage", *names):
        op.create_index(f"ix_{table}_{name}", table, [name])


def _pointer(name: str, table: str, *, nullable: bool = False) -> tuple[sa.schema.SchemaItem, ...]:
    return _number(name, nullable=nullable), sa.ForeignKeyConstraint([name], [f"{table}.number"])


def _text(name: str, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=nullable)


def _number(name: str, *, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, nullable=nullable)


def _time(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, TIME, nullable=nullable)
