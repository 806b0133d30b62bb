"""Cards count the attempts to draw them as they begin, as effects do, so that a crash in the middle counts too."""

from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Rename the column; what failed so far was begun."""
    op.execute("ALTER TABLE cards RENAME COLUMN failures TO attempts")


def downgrade() -> None:
    """Give it its former name."""
    op.execute("ALTER TABLE cards RENAME COLUMN attempts TO failures")
