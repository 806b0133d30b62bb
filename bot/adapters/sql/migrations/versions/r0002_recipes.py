"""Recipes that are registered by command."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "recipes",
        sa.Column("number", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("stage", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("definition", sa.Text, nullable=False),
        sa.Column("registered_by", sa.BigInteger, nullable=False),
        sa.CheckConstraint("number > 0", name="ck_recipes_number"),
        sa.PrimaryKeyConstraint("number", name="pk_recipes"),
    )
    op.create_index("ix_recipes_stage", "recipes", ["stage"])


def downgrade() -> None:
    """Drop the table."""
    op.drop_table("recipes")
