"""The list of chores that were done."""

from typing import Final

import sqlalchemy as sa
from alembic import op

from shared.database.migrations import grant_app

revision: Final = "0015"
down_revision: Final = "0014"
branch_labels: Final = None
depends_on: Final = None


def upgrade() -> None:
    """Keep a list of what was done, and when."""
    op.create_table(
        "housekeeping_run",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("chore", sa.String(), nullable=False),
        sa.Column("slot", sa.DateTime(timezone=True), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("rows", sa.BigInteger(), nullable=False),
        sa.Column("problem", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_housekeeping_run")),
    )
    op.create_index(
        "uq_housekeeping_run_done",
        "housekeeping_run",
        ["chore", "slot"],
        unique=True,
        postgresql_where=sa.text("problem IS NULL"),
    )
    op.create_index("ix_housekeeping_run_started_at", "housekeeping_run", ["started_at"])
    grant_app("evaluation")


def downgrade() -> None:
    """Forget the list; what was done stays done."""
    op.drop_table("housekeeping_run")
